/**
 * What a sandbox wiki holds: pages as lists of revisions, accounts, contributions. Every change is one operation, which
 * the journal of demo/sandbox-wiki-journal.ts writes down and plays again; nothing changes but by `apply`.
 */
import { capital, readTitle } from './sandbox-wiki-title';

export interface Revision {
  id: number;
  parent: number;
  atMs: number;
  user: string;
  summary: string;
  /** What it added at the end, or else the whole text: one message on 100,000 pages is kept once. */
  added?: string;
  text?: string;
  bytes: number;
  tags: readonly string[];
  bot: boolean;
  /** An admin has hidden the summary. */
  hidden?: boolean;
}

export interface Page {
  id: number;
  ns: number;
  title: string;
  revisions: Revision[];
  protection?: Record<string, string>;
  /** Where it is not the wiki's own. */
  language?: string;
  /** A page that is a board holds topics beside its text. */
  board?: Board;
  topics?: Topic[];
}

export type Board = 'flow' | 'liquidthreads';

export interface Topic {
  atMs: number;
  user: string;
  subject: string;
  text: string;
}

/** What the wiki has sent to one of its accounts. */
export interface Mail {
  to: string;
  from: string;
  atMs: number;
  subject: string;
  text: string;
}

export interface User {
  id: number;
  name: string;
  groups: string[];
  password?: string;
  blocked?: { reason: string; partial: boolean };
  /** Takes no mail through the wiki. */
  mailless?: boolean;
}

export interface NewUser {
  name: string;
  /** Who made it. */
  by: string;
  atMs: number;
  reason: string;
  /** An admin has hidden the name. */
  hidden?: boolean;
}

export type Operation =
  | { op: 'edit'; wiki: string; title: string; atMs: number; user: string; summary: string; added?: string; text?: string; tags?: string[]; bot?: boolean }
  | { op: 'user'; wiki: string; name: string; groups?: string[]; password?: string; mailless?: boolean }
  | ({ op: 'account'; wiki: string } & NewUser)
  | ({ op: 'topic'; wiki: string; title: string } & Topic)
  | ({ op: 'mail'; wiki: string } & Mail)
  | { op: 'board'; wiki: string; title: string; board: Board }
  | { op: 'users'; wiki: string; prefix: string; from: number; to: number }
  | { op: 'pages'; wiki: string; prefix: string; suffix?: string; from: number; to: number; text: string; atMs: number }
  | { op: 'protect'; wiki: string; title: string; levels: Record<string, string> }
  | { op: 'language'; wiki: string; title: string; language: string }
  | { op: 'delete'; wiki: string; title: string }
  | { op: 'hide'; wiki: string; title: string; revision: number }
  | { op: 'block'; wiki: string; name: string; reason: string; partial: boolean }
  | { op: 'unblock'; wiki: string; name: string }
  | { op: 'rename'; wiki: string; from: string; to: string };

export class WikiState {
  readonly pages = new Map<string, Page>();
  readonly users = new Map<string, User>();
  /** Each account's edits, oldest first. */
  readonly contributions = new Map<string, { page: Page; revision: Revision }[]>();
  /** In the order sent. */
  readonly mails: Mail[] = [];
  /** The log of new users, oldest first. */
  readonly newUsers: NewUser[] = [];
  /** When somebody who is counted has tried to make an account. */
  readonly accountTries: number[] = [];
  /** Which of the extensions that make boards it has: those that it has a board of. */
  readonly boards = new Set<Board>();
  lastRevision = 0;
  private lastPage = 0;
  private lastUser = 0;

  constructor(readonly name: string) {
    this.addUser('Admin', ['sysop'], sandboxAccounts.admin.password);
    this.addUser('ReeveBot', ['bot'], sandboxAccounts.bot.password);
  }

  /** @returns the page and revision of an edit. */
  apply(operation: Operation): { page: Page; revision: Revision } | undefined {
    switch (operation.op) {
      case 'edit':
        return this.edit(operation);
      case 'user':
        this.addUser(operation.name, operation.groups, operation.password);
        if (operation.mailless !== undefined) this.addUser(operation.name).mailless = operation.mailless;
        return undefined;
      case 'users':
        for (let n = operation.from; n <= operation.to; n += 1) this.addUser(`${operation.prefix}${n}`);
        return undefined;
      case 'pages':
        for (let n = operation.from; n <= operation.to; n += 1) {
          const title = readTitle(`${operation.prefix}${n}${operation.suffix ?? ''}`).full;
          this.edit({ title, atMs: operation.atMs, user: 'Seeder', summary: '', text: operation.text });
        }
        return undefined;
      case 'protect': {
        const page = this.pageAt(operation.title);
        page.protection = { ...page.protection, ...operation.levels };
        return undefined;
      }
      case 'account': {
        const { name, by, atMs, reason, hidden } = operation;
        this.newUsers.push({ name: this.addUser(name).name, by, atMs, reason, ...(hidden && { hidden }) });
        return undefined;
      }
      case 'board':
        this.boards.add(operation.board);
        this.pageAt(operation.title).board = operation.board;
        return undefined;
      case 'topic': {
        const { atMs, user, subject, text } = operation;
        (this.pageAt(operation.title).topics ??= []).push({ atMs, user, subject, text });
        return undefined;
      }
      case 'mail': {
        const { to, from, atMs, subject, text } = operation;
        this.mails.push({ to, from, atMs, subject, text });
        return undefined;
      }
      case 'language':
        this.pageAt(operation.title).language = operation.language;
        return undefined;
      case 'delete': {
        const page = this.pages.get(operation.title);
        this.pages.delete(operation.title);
        for (const edits of this.contributions.values()) {
          for (let at = edits.length - 1; page && at >= 0; at -= 1) if (edits[at]!.page === page) edits.splice(at, 1);
        }
        return undefined;
      }
      case 'hide': {
        const revision = this.pages.get(operation.title)?.revisions.find(({ id }) => id === operation.revision);
        if (revision) revision.hidden = true;
        return undefined;
      }
      case 'block':
        this.addUser(operation.name).blocked = { reason: operation.reason, partial: operation.partial };
        return undefined;
      case 'unblock':
        delete this.addUser(operation.name).blocked;
        return undefined;
      case 'rename': {
        const user = this.addUser(operation.from);
        this.users.delete(user.name);
        user.name = capital(operation.to);
        this.users.set(user.name, user);
        return undefined;
      }
    }
  }

  userNamed(name: string): User | undefined {
    return this.users.get(capital(name.replaceAll('_', ' ').trim()));
  }

  private edit({ title, atMs, user, summary, added, text, tags, bot }: Omit<Extract<Operation, { op: 'edit' }>, 'op' | 'wiki'>): { page: Page; revision: Revision } {
    const page = this.pageAt(title);
    const last = page.revisions.at(-1);
    const bytes = text !== undefined ? Buffer.byteLength(text) : (last?.bytes ?? 0) + sizeOf(added ?? '');
    const revision: Revision = {
      id: (this.lastRevision += 1), parent: last?.id ?? 0, atMs, user, summary, bytes, tags: tags ?? none, bot: bot ?? false,
      ...(text !== undefined ? { text } : { added: added ?? '' }),
    };
    page.revisions.push(revision);
    let edits = this.contributions.get(user);
    if (!edits) this.contributions.set(user, (edits = []));
    edits.push({ page, revision });
    return { page, revision };
  }

  private pageAt(title: string): Page {
    let page = this.pages.get(title);
    if (!page) this.pages.set(title, (page = { id: (this.lastPage += 1), ns: readTitle(title).ns, title, revisions: [] }));
    return page;
  }

  private addUser(given: string, groups: string[] = [], password?: string): User {
    const name = capital(given.replaceAll('_', ' ').trim());
    let user = this.users.get(name);
    if (!user) this.users.set(name, (user = { id: (this.lastUser += 1), name, groups: [] }));
    if (groups.length) user.groups = groups;
    if (password !== undefined) user.password = password;
    return user;
  }
}

/** The accounts that every sandbox wiki has. */
export const sandboxAccounts = {
  bot: { user: 'ReeveBot@reeve', name: 'ReeveBot', password: 'sandbox-bot-password' },
  admin: { user: 'Admin', name: 'Admin', password: 'sandbox-admin-password' },
  oauth: { clientId: 'reeve-of-the-sandbox', clientSecret: 'sandbox-oauth-secret' },
};

/** A protected title without revisions is not a page that exists. */
export const exists = (page: Page | undefined): page is Page => page !== undefined && page.revisions.length > 0;

/** The text as of a revision, by default the latest. */
export function textOf(page: Page | undefined, revisionId = Infinity): string {
  const parts: string[] = [];
  for (let at = (page?.revisions.length ?? 0) - 1; page && at >= 0; at -= 1) {
    const revision = page.revisions[at]!;
    if (revision.id > revisionId) continue;
    if (revision.text !== undefined) {
      parts.push(revision.text);
      break;
    }
    parts.push(revision.added ?? '');
  }
  return parts.reverse().join('');
}

const none: readonly string[] = [];
let sizedText = '';
let sizedBytes = 0;
const sizeOf = (text: string): number => {
  if (text !== sizedText) [sizedText, sizedBytes] = [text, Buffer.byteLength(text)];
  return sizedBytes;
};
