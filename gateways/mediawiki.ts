/**
 * The one way to a MediaWiki: what Reeve reads before it writes, one append, and what the bot has written.
 * Called by activities (and, for reading only, by the API). It retries nothing but a stale session, once: what to do
 * about `busy`, `conflict` and `lost` is the caller's (WikiError in gateways/mediawiki-error.ts says what each means).
 *
 * After a lost answer ask in this order: `pages` first, `contributions` second. Where a lagging replica hides the edit
 * from both, the base revision is old too, and the wiki answers with a conflict instead of a second copy.
 */
import { askAccount, createAccount, createdBy, loggedAccounts, type AccountName, type LoggedAccount, type LogPeriod, type NewAccount } from './mediawiki-accounts';
import { badReply, editFailure, WikiError } from './mediawiki-error';
import { LanguageBook, type Languages } from './mediawiki-languages';
import { lintText } from './mediawiki-lint';
import { sendEmail, type Email } from './mediawiki-email';
import { readMembers, readText, type PageText } from './mediawiki-lists';
import { queryPages, type PagesOptions, type WikiPage } from './mediawiki-pages';
import { renderText, type Rendered } from './mediawiki-parse';
import { type Account, answersTo, type ApiReply, encode, listIn, Session, type SessionOptions } from './mediawiki-session';
import { readSiteInfo, type SiteInfo } from './mediawiki-site';
import { postTopic, type Topic } from './mediawiki-topics';
import { readTranslations } from './mediawiki-translations';

export interface Append {
  title: string;
  /** Wikitext put after what the page holds, heading and leading blank line included. */
  text: string;
  /** The revision that was read; any other is a `conflict`, a page deleted meanwhile too. Leave out for a new page. */
  baseRevisionId?: number;
  /** The page must not exist yet; else `conflict` with the code `articleexists`. */
  createOnly?: boolean;
  /** At most 500 characters. */
  summary: string;
  tags?: string[];
  /** Hides the edit from recent changes; only sent where the account has the right. */
  bot?: boolean;
  signal?: AbortSignal;
}

export interface Contribution {
  revisionId: number;
  /** Where the revision stands now: a page that was moved away took it along, so look for your marker, not for the title. */
  title: string;
  atMs: number;
  /** Undefined where an admin has hidden it: then nobody can say whose it was. */
  summary?: string;
}

export interface MediaWiki {
  siteInfo(signal?: AbortSignal): Promise<SiteInfo>;
  whoAmI(signal?: AbortSignal): Promise<Account>;
  /** Titles per request: 500 with the right apihighlimits, else 50. */
  maxTitles(signal?: AbortSignal): Promise<number>;
  /**
   * What a sender must know about each title, in the order asked: one request per `maxTitles`, and one more where
   * redirects led to other users' pages.
   * @throws WikiError
   */
  pages(titles: readonly string[], options?: PagesOptions): Promise<WikiPage[]>;
  /**
   * Appends once. Not idempotent by itself: that is what base revision, `createOnly` and the caller's marker are for.
   * @throws WikiError
   */
  append(edit: Append): Promise<{ revisionId: number }>;
  /**
   * Begins a topic on a board, once. Nothing guards it against a second one: never repeat it after `lost`.
   * @throws WikiError
   */
  newTopic(topic: Topic): Promise<void>;
  /**
   * Sends a user a mail through the wiki, once. Nothing guards it against a second one: never repeat it after `lost`.
   * @throws WikiError; its code is `nomail` where the user takes none.
   */
  email(mail: Email): Promise<void>;
  /** Whether an account of this name is there, or could be. @throws WikiError */
  account(name: string, signal?: AbortSignal): Promise<AccountName>;
  /**
   * Makes an account, to whose address the wiki mails a password. After `lost` ask `createdBy`.
   * @throws WikiError; `busy` with the code acct_creation_throttle_hit where the wiki takes no more today.
   */
  createAccount(account: NewAccount): Promise<void>;
  /** When one of these accounts made one of this name, by our clock, newest first. @throws WikiError */
  createdBy(name: string, creators: readonly string[], signal?: AbortSignal): Promise<number[]>;
  /** What the log of new users says that one account has made for others, newest first, in pieces as the wiki gives them. @throws WikiError */
  loggedAccounts(period: LogPeriod): AsyncIterable<LoggedAccount[]>;
  /** The bot's own edits since an instant of our clock, newest first, and those of other `bots`; the reader stops when it has found its marker. */
  contributions(since: { sinceMs: number; bots?: string[]; signal?: AbortSignal }): AsyncIterable<Contribution>;
  /** Shows a text as it would stand on a page, and saves nothing. @throws WikiError */
  render(title: string, text: string, signal?: AbortSignal): Promise<Rendered>;
  /** The newest text of a page, redirects followed; null where there is none to read. @throws WikiError */
  text(title: string, signal?: AbortSignal): Promise<PageText | null>;
  /** Subpages of a page that are named by a language, as the Translate extension makes them, each in its language. @throws WikiError */
  translations(page: PageText, signal?: AbortSignal): Promise<PageText[]>;
  /** Those of these codes that the wiki knows as languages. @throws WikiError */
  languages(codes: Iterable<string>, signal?: AbortSignal): Promise<Languages>;
  /** Kinds of lint errors in a text, where the wiki has Linter and can say; else none. */
  lint(text: string, signal?: AbortSignal): Promise<string[]>;
  /** Full titles of everything in a category, in pieces as the wiki gives them. @throws WikiError */
  members(category: string, options?: { atOnce?: number; signal?: AbortSignal }): AsyncIterable<string[]>;
  close(): Promise<void>;
}

export function createMediaWiki(options: SessionOptions): MediaWiki {
  const session = new Session(options);
  const refusedTags = new Set<string>();
  const encodeText = remembering(encode);
  const encodeSummary = remembering(encode);
  const siteOnce = once((signal) => readSiteInfo(session, signal));
  const book = new LanguageBook(session);

  const maxTitles = async (signal?: AbortSignal): Promise<number> =>
    ((await session.ready(signal)).rights.includes('apihighlimits') ? 500 : 50);

  const write = (form: string, signal?: AbortSignal): Promise<ApiReply> =>
    session.call(form, { write: true, signal }).catch((error: unknown) => refused(error, signal));
  /** @throws WikiError; `blocked` where it is not this page's fault: the account (or its bot password) may edit nowhere. */
  const refused = async (error: unknown, signal?: AbortSignal): Promise<never> => {
    if (error instanceof WikiError && error.code === 'permissiondenied' && !(await session.ready(signal)).rights.includes('edit')) throw new WikiError('blocked', error.code, error.detail);
    throw error;
  };

  return {
    siteInfo: siteOnce,
    languages: (codes, signal) => book.find(codes, signal),
    maxTitles,
    whoAmI: (signal) => session.ready(signal),
    async pages(titles, options = {}) {
      const [site, limit] = [await siteOnce(options.signal), await maxTitles(options.signal)];
      const found: WikiPage[] = [];
      for (let at = 0; at < titles.length; at += limit) {
        found.push(...await queryPages(session, site, titles.slice(at, at + limit), options));
      }
      return found;
    },
    append({ title, text, baseRevisionId, createOnly, summary, tags = [], bot, signal }) {
      if ((baseRevisionId === undefined) === !createOnly) return Promise.reject(new RangeError('append needs a base revision or createOnly'));
      // The wiki would cut the end off, and with it the marker by which the edit must be found again.
      if (summary.length > MAX_SUMMARY && [...summary].length > MAX_SUMMARY) return Promise.reject(new RangeError(`a summary has at most ${MAX_SUMMARY} characters`));
      // nocreate: MediaWiki ignores the base revision of a page that is gone, and would create it.
      const guard = createOnly ? '&createonly=1' : `&nocreate=1&baserevid=${baseRevisionId}`;
      const form = `action=edit&title=${encode(title)}&appendtext=${encodeText(text)}&summary=${encodeSummary(summary)}${guard}${bot ? '&bot=1' : ''}&watchlist=nochange`;
      const label = tags.join('|');
      const labelled = label && !refusedTags.has(label) ? `${form}&tags=${encode(label)}` : form;
      return session.call(labelled, { write: true, signal }).then(editResult, (error: unknown) => {
        if (!label || !(error instanceof WikiError) || !tagCodes.has(error.code)) return refused(error, signal);
        refusedTags.add(label); // this wiki has no such tag, or not for us: the message matters more
        return write(form, signal).then(editResult);
      });
    },
    newTopic: (topic) => postTopic(write, topic),
    email: (mail) => sendEmail(session, mail),
    account: (name, signal) => askAccount(session, name, signal),
    createAccount: (account) => createAccount(session, account),
    createdBy: (name, creators, signal) => createdBy(session, name, creators, signal),
    loggedAccounts: (period) => loggedAccounts(session, period),
    async *contributions({ sinceMs, bots = [], signal }) {
      const { name, clockOffsetMs } = await session.ready(signal);
      const until = new Date(sinceMs + clockOffsetMs - 60_000).toISOString(); // whole seconds, and clocks drift
      const form = `action=query&list=usercontribs&ucuser=${[...new Set([name, ...bots])].map(encode).join('%7C')}&ucprop=ids%7Ctitle%7Ctimestamp%7Ccomment&uclimit=max&ucdir=older&ucend=${until}`;
      for await (const reply of answersTo(session, form, signal))
        for (const { revid, title, timestamp, comment, commenthidden } of listIn(reply, 'usercontribs')) {
          if (!Number.isInteger(revid)) throw badReply();
          yield { revisionId: revid, title, atMs: Date.parse(timestamp), summary: commenthidden ? undefined : comment };
        }
    },
    render: (title, text, signal) => renderText(session, title, text, signal),
    text: (title, signal) => readText(session, title, signal),
    translations: (page, signal) => readTranslations(session, book, page, signal),
    lint: async (text, signal) => ((await siteOnce(signal)).extensions.has('Linter') ? lintText(session, text, signal) : []),
    members: (category, options) => readMembers(session, category, options),
    close: () => session.close(),
  };
}

const tagCodes = new Set(['badtags', 'tags-apply-not-allowed-one', 'tags-apply-not-allowed-multi', 'tags-apply-no-permission', 'tags-apply-blocked', 'permissiondenied-tags']);

const MAX_SUMMARY = 500;

function editResult({ edit }: ApiReply): { revisionId: number } {
  if (edit?.result === 'Success') {
    if (edit.nochange) throw new WikiError('conflict', 'nochange');
    if (Number.isInteger(edit.newrevid)) return { revisionId: edit.newrevid };
  }
  if (edit?.result === 'Failure') throw editFailure(edit);
  throw badReply(true);
}

/** What a wiki says of itself is asked once per process; a failure is not kept. */
function once<T>(read: (signal?: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let known: Promise<T> | undefined;
  return (signal) =>
    (known ??= read(signal).catch((error: unknown) => {
      known = undefined;
      throw error;
    }));
}

/** A send writes one text thousands of times: encode it once. */
function remembering(work: (text: string) => string): (text: string) => string {
  let last: string | undefined;
  let result = '';
  return (text) => {
    if (text !== last) [last, result] = [text, work(text)];
    return result;
  };
}
