/** One call of the sandbox wiki's API: who asks for what, how it may fail, the rights of groups and who may write where. */
import type { Journal } from './sandbox-wiki-journal';
import type { Page, User, WikiState } from './sandbox-wiki-state';
import { readTitle } from './sandbox-wiki-title';

export type Params = Record<string, string | undefined>;

export interface ApiSession {
  user?: User;
  loginToken: string;
  editToken: string;
}

export interface ApiCall {
  journal: Journal;
  wiki: WikiState;
  params: Params;
  session: ApiSession;
  settings: WikiSettings;
  origin: string;
}

/** Turned by /_control. */
export interface WikiSettings {
  lagSeconds: number;
  readOnly: string;
  linter: boolean;
  accountsPerDay: number;
}

export interface ApiAnswer {
  json: Record<string, unknown>;
  headers?: Record<string, string>;
  /** The page that was changed. */
  page?: Page;
}

export class ApiFailure extends Error {
  constructor(readonly code: string, readonly text: string, readonly data?: Record<string, unknown>, readonly headers: Record<string, string> = {}) {
    super(code);
  }
}

export const hasRight = (user: User | undefined, right: string): boolean => rightsOf(user).has(right);

/** The rights of one set of groups are worked out once: every edit asks for them. */
export function rightsOf(user: User | undefined): ReadonlySet<string> {
  const key = user ? user.groups.join() : '*';
  let rights = known.get(key);
  if (!rights) known.set(key, (rights = new Set(user ? [...anyone, 'autoconfirmed', 'editsemiprotected', 'sendemail', ...user.groups.flatMap((group) => groupRights[group] ?? [])] : anyone)));
  return rights;
}

const known = new Map<string, ReadonlySet<string>>();
const anyone = ['read', 'edit', 'createpage', 'createtalk', 'writeapi'];
const groupRights: Record<string, string[]> = {
  bot: ['bot', 'apihighlimits', 'nominornewtalk', 'noratelimit'],
  sysop: ['sysop', 'editprotected', 'apihighlimits', 'protect', 'delete', 'block', 'noratelimit'],
};

export function mayEdit(user: User | undefined, page: Page | undefined, there: boolean): void {
  if (user?.blocked) {
    const { reason, partial } = user.blocked;
    throw new ApiFailure('blocked', 'You have been blocked from editing.', { blockinfo: { blockid: 1, blockedby: 'Admin', blockreason: reason, blockpartial: partial } });
  }
  const level = page?.protection?.[there ? 'edit' : 'create'];
  if (level && level !== 'all' && !hasRight(user, level === 'sysop' ? 'editprotected' : level)) {
    throw new ApiFailure('protectedpage', 'This page has been protected to prevent editing or other actions.');
  }
}

export function titleOf(text: string | undefined): { ns: number; full: string } {
  const title = readTitle(text ?? '');
  if (title.invalid || title.interwiki) throw new ApiFailure('invalidtitle', `Bad title "${text}".`);
  return title;
}

export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
export const maxArticleBytes = 2_097_152;
