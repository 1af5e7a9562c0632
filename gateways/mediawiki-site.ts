/** What a wiki says about itself: read once per process and wiki by gateways/mediawiki.ts. */
import { badReply } from './mediawiki-error';
import { listIn, type Session } from './mediawiki-session';

export interface Namespace {
  id: number;
  name: string;
  /** All that may stand before the colon: local name, canonical name, aliases. */
  names: string[];
  /** Whether a title's first letter matters. */
  case: 'first-letter' | 'case-sensitive';
  content: boolean;
}

export interface SiteInfo {
  /** As the wiki names itself, with the port if it has one; a wiki behind a proxy may name another than is called. */
  host: string;
  siteName: string;
  language: string;
  dir: 'ltr' | 'rtl';
  /** `MediaWiki 1.39.17` → `1.39.17`. */
  version: string;
  namespaces: Map<number, Namespace>;
  /** All that may stand before the colon of a user's page or talk page, in lower case. */
  userPrefixes: ReadonlySet<string>;
  /** Characters that a title may hold, as the inside of a regular expression's class. */
  legalTitleChars: string;
  maxTitleBytes: 255;
  maxArticleBytes: number;
  /** Extensions by name, such as `AbuseFilter` or `Linter`. */
  extensions: ReadonlySet<string>;
  /** Whether a name is that of a temporary account. */
  isTemporary: (name: string) => boolean;
  /** Path of a page for a browser, `$1` standing for the title. */
  articleUrl: string;
  readOnly: boolean;
  /** The licence of what is written there, as the wiki names it, and where it can be read; empty where it does not say. */
  licence: { text: string; url: string };
}

export async function readSiteInfo(session: Session, signal?: AbortSignal): Promise<SiteInfo> {
  const reply = await session.call('action=query&meta=siteinfo&siprop=general%7Cnamespaces%7Cnamespacealiases%7Cextensions%7Cautocreatetempuser%7Crightsinfo', { signal });
  const { general, namespaces, autocreatetempuser, rightsinfo } = reply.query ?? {};
  const [aliases, extensions] = [listIn(reply, 'namespacealiases'), listIn(reply, 'extensions')];
  if (!general || !namespaces?.[2]?.name || !namespaces[3]?.name) throw badReply(); // it is kept for the life of the process
  const found = new Map<number, Namespace>();
  for (const one of Object.values<Record<string, any>>(namespaces)) {
    const names = [one.name, one.canonical].filter((name, index, all) => typeof name === 'string' && all.indexOf(name) === index);
    found.set(one.id, { id: one.id, name: one.name ?? '', names, case: one.case === 'case-sensitive' ? 'case-sensitive' : 'first-letter', content: one.content === true });
  }
  for (const { id, alias } of aliases) found.get(id)?.names.push(alias);
  const server = String(general.server ?? '').replace(/^\/\//, 'https://');
  return {
    host: URL.canParse(server) ? new URL(server).host : '',
    siteName: String(general.sitename ?? ''),
    language: String(general.lang ?? 'en'),
    dir: general.rtl === true ? 'rtl' : 'ltr',
    version: String(general.generator ?? '').replace(/^MediaWiki /, ''),
    namespaces: found,
    userPrefixes: new Set([2, 3].flatMap((id) => found.get(id)?.names ?? []).map((name) => name.toLowerCase())),
    legalTitleChars: String(general.legaltitlechars ?? ''),
    maxTitleBytes: 255,
    maxArticleBytes: Number(general.maxarticlesize) || 2_097_152,
    extensions: new Set(extensions.map(({ name }) => String(name))),
    isTemporary: temporary(autocreatetempuser),
    articleUrl: server + String(general.articlepath ?? '/wiki/$1'),
    readOnly: general.readonly === true,
    licence: { text: String(rightsinfo?.text ?? ''), url: webAddress(String(rightsinfo?.url ?? '')) },
  };
}

/** Shown as a link: nothing but http and https. */
const webAddress = (url: string): string => {
  const full = url.replace(/^\/\//, 'https://');
  return /^https?:\/\//i.test(full) && URL.canParse(full) ? full : '';
};

/** Patterns such as `~2$1`, also where new ones are no longer given out; wikis older than temporary accounts have none. */
function temporary(config: { matchPatterns?: unknown } | undefined): (name: string) => boolean {
  const patterns = Array.isArray(config?.matchPatterns) ? config.matchPatterns.filter((one) => typeof one === 'string') : [];
  const tests = patterns.map((pattern) => new RegExp(`^${pattern.split('$1').map(literal).join('.+')}$`));
  return (name) => tests.some((test) => test.test(name));
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
