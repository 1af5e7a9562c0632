/**
 * /_control of the sandbox wiki: what tests, benches and the demo turn and count. JSON in, JSON out; `wiki` names one of
 * the process's wikis, the default being ''.
 *   GET  stats · marks?marker=&prefix=&list=1 · mails · accounts · faults     POST ''(settings) · seed · faults · archive · logout · reset     DELETE faults
 *   POST oauth (settings of demo/sandbox-wiki-oauth.ts) · revoke · block · unblock · rename   of `user`
 */
import { type Fault, faultNames, type FaultRule, type Faults } from './sandbox-wiki-faults';
import type { Journal } from './sandbox-wiki-journal';
import type { SandboxOAuth } from './sandbox-wiki-oauth';
import { type Board, exists, type NewUser, type Operation, type Page, textOf } from './sandbox-wiki-state';
import { readTitle } from './sandbox-wiki-title';

/** What POST /_control sets. */
export interface ControlSettings {
  latencyMs: number;
  /** Replication lag that the wiki pretends, in seconds. */
  lagSeconds: number;
  /** The reason, for as long as the wiki is read-only; empty when it is not. */
  readOnly: string;
  /** Whether it has the extension Linter. */
  linter: boolean;
  /** How many accounts one address may make in 24 hours; 0 = as many as it likes. */
  accountsPerDay: number;
}

export interface Control {
  journal: Journal;
  faults: Faults;
  oauth: SandboxOAuth;
  settings: ControlSettings;
  counts: { requests: number; edits: number; inFlight: number; peakInFlight: number; actions: Record<string, number> };
  /** Signs everybody out, but for one account if need be. */
  forgetSessions: (except?: string) => void;
}

/** What a page must look like to be seeded: a title, or a generator's form. */
export interface Seed {
  wiki?: string;
  users?: (string | { name: string; groups?: string[]; password?: string; mailless?: boolean } | { prefix: string; count: number; from?: number })[];
  /** Made by somebody, and in the log of new users; now where no instant is given. */
  accounts?: (Pick<NewUser, 'name' | 'by'> & Partial<NewUser>)[];
  pages?: ({ title: string; text?: string; user?: string; protection?: Record<string, string>; language?: string; board?: Board } | { prefix: string; suffix?: string; count: number; from?: number; text?: string })[];
}

export interface MarkSummary {
  /** Pages looked at: those whose title begins with `prefix`. */
  pages: number;
  /** How often the marker was ever posted on a page, whatever became of it since. */
  exactlyOne: number;
  none: number;
  more: number;
  posted: number;
  /** How often it can be read there now. */
  shown: number;
  titles?: Record<string, number>;
}

/** @returns undefined for an address that does not exist. */
export function runControl(control: Control, method: string, path: string, query: URLSearchParams, body: Record<string, unknown>): unknown {
  const { journal, faults, oauth, settings, counts } = control;
  const [wiki, user] = [String(body.wiki ?? ''), String(body.user ?? '')];
  switch (`${method} ${path}`) {
    case 'GET stats':
      return { ...counts, faults: faults.counts, wikis: [...journal.wikis.values()].map((wiki) => ({ name: wiki.name, pages: wiki.pages.size, users: wiki.users.size, revisions: wiki.lastRevision })) };
    case 'GET marks':
      return marks(journal.wiki(query.get('wiki') ?? '').pages.values(), query.get('marker') ?? '', query.get('prefix') ?? '', query.has('list'));
    case 'GET accounts':
      return journal.wiki(query.get('wiki') ?? '').newUsers;
    case 'GET mails':
      return journal.wiki(query.get('wiki') ?? '').mails;
    case 'GET faults':
      return { rules: faults.rules };
    case 'POST faults':
      return { rules: addRule(faults, body) };
    case 'DELETE faults':
      faults.rules = [];
      return { rules: [] };
    case 'POST ':
      if (typeof body.seed === 'number') faults.seed(body.seed);
      return set(settings, body);
    case 'POST oauth':
      return set(oauth.settings, body);
    case 'POST revoke':
      oauth.revoke(wiki, user);
      return {};
    case 'POST block':
      journal.apply({ op: 'block', wiki, name: user, reason: String(body.reason ?? ''), partial: false });
      return {};
    case 'POST unblock':
      journal.apply({ op: 'unblock', wiki, name: user });
      return {};
    case 'POST rename':
      journal.apply({ op: 'rename', wiki, from: user, to: String(body.to) });
      oauth.rename(wiki, user, String(body.to));
      return {};
    case 'POST seed':
      return seed(journal, body as Seed);
    case 'POST archive':
      return { archived: archive(journal, wiki, String(body.title ?? ''), String(body.marker ?? '')) };
    case 'POST logout':
      control.forgetSessions(typeof body.except === 'string' ? body.except : undefined);
      return {};
    case 'POST reset':
      journal.reset();
      oauth.reset();
      control.forgetSessions();
      faults.rules = [];
      Object.assign(settings, { lagSeconds: 0, readOnly: '', linter: false, accountsPerDay: 0 });
      Object.assign(counts, { requests: 0, edits: 0, peakInFlight: 0, actions: {} });
      return {};
    default:
      return undefined;
  }
}

/** Of what is given, what there is, in its own type. */
const set = <T extends object>(settings: T, given: Record<string, unknown>): T =>
  Object.assign(settings, Object.fromEntries(Object.entries(given).filter(([name, value]) => name in settings && typeof value === typeof settings[name as keyof T])));

/** A user takes the last message that holds the marker off the page, as archiving bots do. */
export function archive(journal: Journal, wiki: string, asked: string, marker: string): boolean {
  const title = readTitle(asked).full;
  const page = journal.wiki(wiki).pages.get(title);
  const message = page?.revisions.findLast(({ added, user }) => added !== undefined && user !== 'Archiver' && added.includes(marker))?.added;
  const text = textOf(page);
  const at = message === undefined ? -1 : text.lastIndexOf(message);
  if (at < 0 || message === undefined) return false;
  journal.apply({ op: 'edit', wiki, title, atMs: Date.now(), user: 'Archiver', summary: 'Archived', text: text.slice(0, at) + text.slice(at + message.length) });
  return true;
}

function marks(pages: Iterable<Page>, marker: string, prefix: string, withTitles: boolean): MarkSummary {
  const summary: MarkSummary = { pages: 0, exactlyOne: 0, none: 0, more: 0, posted: 0, shown: 0, ...(withTitles && { titles: {} }) };
  for (const page of pages) {
    if (!exists(page) || !page.title.startsWith(prefix)) continue;
    const topics = page.topics?.filter(({ text }) => text.includes(marker)).length ?? 0;
    const posted = page.revisions.filter(({ added, summary: said }) => added !== undefined && (added.includes(marker) || said.includes(marker))).length + topics;
    summary.pages += 1;
    summary.posted += posted;
    summary.shown += posted ? textOf(page).split(marker).length - 1 + topics : 0;
    summary[posted === 0 ? 'none' : posted === 1 ? 'exactlyOne' : 'more'] += 1;
    if (summary.titles) summary.titles[page.title] = posted;
  }
  return summary;
}

function addRule(faults: Faults, body: Record<string, unknown>): FaultRule[] {
  const rule = body as Partial<FaultRule>;
  if (!faultNames.includes(rule.fault as Fault)) throw new Error(`no such fault; there are ${faultNames.join(' ')}`);
  faults.rules.push({ ...rule, fault: rule.fault as Fault, ...(rule.titles && { titles: rule.titles.map((title) => readTitle(title).full) }) });
  return faults.rules;
}

function seed(journal: Journal, { wiki = '', users = [], accounts = [], pages = [] }: Seed): { users: number; pages: number } {
  const does = (operation: Operation): unknown => journal.apply(operation);
  for (const user of users) {
    if (typeof user === 'string') does({ op: 'user', wiki, name: user });
    else if ('prefix' in user) does({ op: 'users', wiki, prefix: user.prefix, from: user.from ?? 1, to: (user.from ?? 1) + user.count - 1 });
    else does({ op: 'user', wiki, ...user });
  }
  for (const account of accounts) does({ op: 'account', wiki, atMs: Date.now(), reason: '', ...account });
  for (const page of pages) {
    if ('prefix' in page) {
      does({ op: 'pages', wiki, prefix: page.prefix, suffix: page.suffix, from: page.from ?? 1, to: (page.from ?? 1) + page.count - 1, text: page.text ?? '', atMs: Date.now() });
      continue;
    }
    const { full, invalid } = readTitle(page.title);
    if (invalid) throw new Error(`${page.title}: ${invalid}`);
    if (page.text !== undefined) does({ op: 'edit', wiki, title: full, atMs: Date.now(), user: page.user ?? 'Seeder', summary: '', text: page.text });
    if (page.board) does({ op: 'board', wiki, title: full, board: page.board });
    if (page.language) does({ op: 'language', wiki, title: full, language: page.language });
    if (page.protection) does({ op: 'protect', wiki, title: full, levels: page.protection });
  }
  const state = journal.wiki(wiki);
  return { users: state.users.size, pages: state.pages.size };
}
