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
  /** All that may stand before a title's colon, in lower case, to the number of the namespace. */
  prefixes: ReadonlyMap<string, number>;
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
    prefixes: new Map([...found.values()].flatMap(({ id, names }) => names.map((name) => [name.toLowerCase(), id] as const))),
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

type Titles = Pick<SiteInfo, 'namespaces' | 'prefixes'>;

/** The namespace that a title is in, by whichever of the wiki's words for it, and its name in there. */
export function splitTitle({ prefixes }: Titles, given: string): { namespace: number; name: string } {
  const title = spaced(given).replace(/^: ?/, '');
  const colon = title.indexOf(':');
  const namespace = colon < 1 ? undefined : prefixes.get(title.slice(0, colon).trimEnd().toLowerCase());
  return namespace === undefined ? { namespace: 0, name: title } : { namespace, name: title.slice(colon + 1).trimStart() };
}

/** As the wiki itself writes it. */
export function titleIn({ namespaces }: Titles, namespace: number, name: string): string {
  const { name: prefix = '', case: kind } = namespaces.get(namespace) ?? {};
  const own = kind === 'case-sensitive' ? name : capital(name);
  return prefix ? `${prefix}:${own}` : own;
}

/** A user's page becomes the talk page; any other title stays as it is. */
export function talkTitle(site: Titles, title: string): string {
  const { namespace, name } = splitTitle(site, title);
  return namespace === 2 ? titleIn(site, 3, name) : title;
}

/** The full title of a category that is given with any of the wiki's words for one, or without. */
export function categoryTitle(site: Titles, given: string): string {
  const { namespace, name } = splitTitle(site, given);
  return titleIn(site, 14, namespace === 14 ? name : given);
}

/** As a wiki writes it: single spaces, none at the ends. */
const spaced = (text: string): string => (/[^\S ]|_| {2}|^ | $/.test(text) ? text.replace(/[\s_]+/g, ' ').trim() : text);

/** A first letter as wikis write it. */
export const capital = (name: string): string => {
  const [first = ''] = name;
  const upper = first.toUpperCase(); // some letters become two, and a wiki leaves those alone
  return upper.length === first.length ? upper + name.slice(first.length) : name;
};

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
