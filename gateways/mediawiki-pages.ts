/**
 * One query for many titles: revision, protection, opt-out, redirect, and the accounts behind user pages.
 * Called by gateways/mediawiki.ts. Answers come back matched to the titles as they were asked.
 */
import { isIP } from 'node:net';
import { badReply } from './mediawiki-error';
import { answersTo, type ApiReply, encode, type Session } from './mediawiki-session';
import { capital, type SiteInfo, splitTitle } from './mediawiki-site';

export interface WikiPage {
  /** As it was asked. */
  asked: string;
  /** As the wiki writes it, redirects followed. */
  title: string;
  namespace: number;
  exists: boolean;
  /** Null for a page that does not exist. */
  revisionId: number | null;
  bytes: number;
  contentModel: string;
  /** It takes topics, not sections: by its content model, or by the page property of LiquidThreads. */
  board: Board | null;
  /** Code of the language that the page is in; empty where there is no page to ask about. */
  language: string;
  /** The page that was asked leads elsewhere on the same wiki: `from` is its own title. */
  redirect: { from: string } | null;
  /**
   * Why nothing can be posted there, whoever asks: `invalid` (then `reason` is the wiki's code), `interwiki`, `special`,
   * `circular` (redirects in a ring), `redirect-elsewhere` (to another wiki or a special page).
   */
  problem: 'invalid' | 'interwiki' | 'special' | 'circular' | 'redirect-elsewhere' | null;
  reason?: string;
  /** Right or group that editing (or creating) asks for, cascades included; the highest one; null if unprotected. */
  editProtection: string | null;
  optedOut: boolean;
  /** The account whose page (in User or User talk) this is, or would be. */
  user: { name: string; exists: boolean; anonymous: boolean; temporary: boolean; emailable?: boolean } | null;
}
export type Board = 'flow' | 'liquidthreads';

export interface PagesOptions {
  /** A full title, such as `Category:Opted-out of message delivery`. */
  optOutCategory?: string;
  /** Also whether each account takes mail through the wiki: `user.emailable`. */
  emailable?: boolean;
  signal?: AbortSignal;
}

type User = NonNullable<WikiPage['user']>;
type Raw = Record<string, any>;

/** `titles`: no more than the wiki takes at once. */
export async function queryPages(session: Session, site: SiteInfo, titles: readonly string[], options: PagesOptions): Promise<WikiPage[]> {
  const sent = titles.map((title) => (isSendable(title) ? composed(title) : undefined));
  const asked = sent.filter((title) => title !== undefined);
  const owners = new Map(asked.map((title) => [title, userOf(title, site)]));
  const names = new Set([...owners.values()].filter((name) => name !== undefined));
  const answers = asked.length ? await ask(session, site, asked, names, options) : noAnswers();
  const unknown = new Set<string>();
  const pages = titles.map((title, i) => {
    const page = sent[i] === undefined ? unsendable(title) : build(title, sent[i], answers);
    const { title: now } = page;
    if (!page.problem && !owners.has(now)) owners.set(now, userOf(now, site));
    const name = page.problem ? undefined : owners.get(now);
    if (name !== undefined && !answers.users.has(name)) unknown.add(name);
    return page;
  });
  checkWhole(pages, answers);
  // Redirects (and names that the wiki writes otherwise) lead to accounts that nobody could ask for beforehand.
  if (unknown.size) for (const [name, user] of (await ask(session, site, [], unknown, options)).users) answers.users.set(name, user);
  for (const page of pages) {
    const name = page.problem ? undefined : owners.get(page.title);
    if (name !== undefined) page.user = describe(name, answers.users.get(name), site);
  }
  return pages;
}

interface Answers {
  normalized: Map<string, string>;
  redirects: Map<string, { to: string; elsewhere: boolean }>;
  interwiki: Set<string>;
  pages: Map<string, Raw>;
  users: Map<string, Raw>;
}

const noAnswers = (): Answers => ({ normalized: new Map(), redirects: new Map(), interwiki: new Set(), pages: new Map(), users: new Map() });

async function ask(session: Session, site: SiteInfo, titles: readonly string[], names: ReadonlySet<string>, { optOutCategory, emailable, signal }: PagesOptions): Promise<Answers> {
  const form = ['action=query'];
  const threads = site.extensions.has('Liquid Threads');
  if (titles.length) form.push(`prop=info${optOutCategory ? '%7Ccategories' : ''}${threads ? '%7Cpageprops' : ''}&inprop=protection&redirects=1&titles=${values(titles)}`);
  if (titles.length && optOutCategory) form.push(`clcategories=${encode(optOutCategory)}&cllimit=max`);
  if (titles.length && threads) form.push(`ppprop=${LIQUID_THREADS}`);
  if (names.size) form.push(`list=users&ususers=${values([...names])}${emailable ? '&usprop=emailable' : ''}`);
  const answers = noAnswers();
  // It goes on only past cllimit: one category per page never gets there on a sound wiki.
  for await (const reply of answersTo(session, form.join('&'), signal)) collect(reply, answers);
  const { normalized, redirects, interwiki, pages, users } = answers;
  if ((titles.length && !(pages.size || redirects.size || interwiki.size || normalized.size)) || (names.size && !users.size)) throw badReply();
  return answers;
}

/** A title that the wiki answers under a name that cannot be matched is at fault itself; an answer that leaves one out is none. @throws WikiError */
function checkWhole(pages: WikiPage[], answers: Answers): void {
  const left = pages.filter(({ reason }) => reason === NO_ANSWER).length;
  if (!left) return;
  const known = new Set(pages.map(({ title }) => title));
  if (left > [...answers.pages.keys()].filter((title) => !known.has(title)).length) throw badReply();
}

function collect({ query = {} }: ApiReply, answers: Answers): void {
  for (const { from, to, fromencoded } of query.normalized ?? []) answers.normalized.set(fromencoded ? decodeURIComponent(from) : from, to);
  for (const { from, to, tointerwiki } of query.redirects ?? []) answers.redirects.set(from, { to, elsewhere: Boolean(tointerwiki) });
  for (const { title } of query.interwiki ?? []) answers.interwiki.add(title);
  for (const page of query.pages ?? []) {
    const known = answers.pages.get(page.title);
    answers.pages.set(page.title, known ? { ...known, ...page } : page);
  }
  for (const user of query.users ?? []) answers.users.set(user.name, user);
}

/** @param sent the title as it was sent */
function build(asked: string, sent: string, { normalized, redirects, interwiki, pages }: Answers): WikiPage {
  const own = normalized.get(sent) ?? sent;
  const none = empty(asked, own);
  if (own === '') return { ...none, problem: 'invalid', reason: 'title-invalid-empty' }; // a mere `#section`
  if (interwiki.has(sent) || interwiki.has(own)) return { ...none, problem: 'interwiki' };
  const seen = new Set([own]);
  let title = own;
  for (let hop = redirects.get(title); hop; hop = redirects.get(title)) {
    title = hop.to;
    if (hop.elsewhere) return { ...none, problem: 'redirect-elsewhere' };
    if (seen.has(title)) return { ...none, problem: 'circular' };
    seen.add(title);
  }
  const redirect = title === own ? null : { from: own };
  const page = pages.get(title);
  if (!page) return { ...none, problem: redirect ? 'redirect-elsewhere' : 'invalid', reason: redirect ? undefined : NO_ANSWER };
  if (page.invalid) return { ...none, problem: 'invalid', reason: String(page.invalidreason?.code ?? 'invalidtitle') };
  if (page.special || page.ns < 0) return { ...none, namespace: page.ns, problem: redirect ? 'redirect-elsewhere' : 'special' };
  if (!page.missing && !Number.isInteger(page.lastrevid)) throw badReply(); // nothing would guard an edit
  return Object.assign(none, {
    title: page.title,
    namespace: page.ns,
    exists: !page.missing,
    revisionId: page.missing ? null : page.lastrevid,
    bytes: page.length ?? 0,
    contentModel: page.contentmodel ?? 'wikitext',
    board: boardOf(page),
    language: page.pagelanguage ?? '',
    redirect,
    editProtection: protection(page),
    optedOut: (page.categories ?? []).length > 0,
  });
}

const boardOf = ({ contentmodel, pageprops }: Raw): Board | null =>
  (contentmodel === 'flow-board' ? 'flow' : Number(pageprops?.[LIQUID_THREADS]) ? 'liquidthreads' : null);

const LIQUID_THREADS = 'use-liquid-threads';

/** The strictest level: anything beyond `autoconfirmed` weighs more than it. */
function protection(page: Raw): string | null {
  const type = page.missing ? 'create' : 'edit';
  if (!page.protection?.length) return null;
  const levels: string[] = page.protection.filter((one: Raw) => one.type === type || (one.source && one.type === 'edit')).map((one: Raw) => one.level);
  return levels.find((level) => level && level !== 'autoconfirmed') ?? levels.find(Boolean) ?? null;
}

/** The account's name for a title in User or User talk, as the wiki would write it; subpages belong to their user. */
function userOf(title: string, site: SiteInfo): string | undefined {
  const { namespace, name } = splitTitle(site, title);
  if (namespace !== 2 && namespace !== 3) return undefined;
  const end = name.search(/[#/]/);
  return capital(end < 0 ? name : name.slice(0, end).trimEnd()) || undefined;
}

function describe(name: string, raw: Raw | undefined, site: SiteInfo): User {
  const anonymous = isIP(name) !== 0;
  return { name, exists: !anonymous && Number.isInteger(raw?.userid), anonymous, temporary: raw?.temp === true || site.isTemporary(name), ...(raw?.emailable !== undefined && { emailable: raw.emailable === true }) };
}

const NO_ANSWER = 'no-answer';

/** Control characters and lone surrogates are no title anywhere, and would break the list they travel in; blanks alone would be no list. */
const isSendable = (title: string): boolean => /[^\s_]/.test(title) && title.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(title);

/** As MediaWiki reads every input, so that its answer names the title that was sent. */
const composed = (title: string): string => title.normalize('NFC');

const unsendable = (asked: string): WikiPage => ({ ...empty(asked, asked), problem: 'invalid', reason: /[^\s_]/.test(asked) ? 'title-invalid-characters' : 'title-invalid-empty' });

const empty = (asked: string, title: string): WikiPage => ({
  asked, title, namespace: 0, exists: false, revisionId: null, bytes: 0, contentModel: 'wikitext', board: null, language: '',
  redirect: null, problem: null, editProtection: null, optedOut: false, user: null,
});

/** A value that holds the usual separator asks for the other one. */
const values = (all: readonly string[]): string =>
  (all.some((one) => one.includes('|')) ? all.map((one) => `%1F${encode(one)}`).join('') : all.map(encode).join('%7C'));
