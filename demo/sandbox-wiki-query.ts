/** action=query of the sandbox wiki: what it is, who asks, pages, accounts, contributions, members of a category. */
import { isIP } from 'node:net';
import { accountToken, newUsers, unmakeable } from './sandbox-wiki-accounts';
import { type ApiCall, ApiFailure, hasRight, isoSeconds, maxArticleBytes, rightsOf } from './sandbox-wiki-call';
import { exists, type Page, type Revision, textOf } from './sandbox-wiki-state';
import { languageOf, languages } from './sandbox-wiki-languages';
import { namespaces, readTitle } from './sandbox-wiki-title';

type Json = Record<string, unknown>;

/** @throws ApiFailure */
export function runQuery(call: ApiCall): Json {
  const { params } = call;
  const query: Json = {};
  const more: Record<string, string> = {};
  const lists = new Set(words(params.list));
  const metas = new Set(words(params.meta));
  if (metas.has('siteinfo')) Object.assign(query, siteInfo(call));
  if (metas.has('languageinfo')) query.languageinfo = Object.fromEntries(values(call, 'licode').flatMap((code) => (languages.has(code) ? [[code, languages.get(code)]] : [])));
  if (metas.has('tokens')) query.tokens = tokens(call);
  if (metas.has('userinfo')) query.userinfo = userInfo(call);
  if (params.titles !== undefined) Object.assign(query, pages(call));
  if (lists.has('users')) query.users = users(call);
  if (lists.has('logevents')) query.logevents = newUsers(call, limitOf(call, params.lelimit), more);
  if (lists.has('usercontribs')) query.usercontribs = contributions(call, more);
  if (lists.has('allpages')) query.allpages = subpages(call, more);
  if (lists.has('categorymembers')) query.categorymembers = members(call, more);
  return {
    batchcomplete: true,
    ...(params.curtimestamp !== undefined && { curtimestamp: isoSeconds(Date.now()) }),
    ...(Object.keys(more).length && { continue: { ...more, continue: '-||' } }),
    query,
  };
}

const words = (text: string | undefined): string[] => (text ? text.split('|') : []);

/** A list of values under MediaWiki's limits; U+001F in front makes it the separator. */
function values(call: ApiCall, name: string): string[] {
  const text = call.params[name] ?? '';
  const all = text.startsWith('\u001f') ? text.slice(1).split('\u001f') : text.split('|');
  const limit = highLimits(call) ? 500 : 50;
  if (all.length > limit) throw new ApiFailure('toomanyvalues', `Too many values supplied for parameter "${name}". The limit is ${limit}.`, { limit, lowlimit: 50, highlimit: 500 });
  return [...new Set(all)];
}

const highLimits = ({ session }: ApiCall): boolean => hasRight(session.user, 'apihighlimits');

function siteInfo({ wiki, origin, settings, params }: ApiCall): Json {
  const path = wiki.name ? `/${wiki.name}` : '';
  const wanted = new Set(words(params.siprop ?? 'general'));
  const all: Json = {
    general: {
      mainpage: 'Main Page', base: `${origin}${path}/wiki/Main_Page`, sitename: `Sandbox${wiki.name && ` ${wiki.name}`}`, generator: 'MediaWiki 1.39.99-sandbox',
      legaltitlechars: ' %!"$&\'()*,\\-.\\/0-9:;=?@A-Z\\\\^_`a-z~\\x80-\\xFF+', case: 'first-letter', lang: 'en', rtl: false, readonly: settings.readOnly !== '',
      maxarticlesize: maxArticleBytes, articlepath: `${path}/wiki/$1`, script: `${path}/index.php`, server: origin, servername: new URL(origin).hostname,
      wikiid: wiki.name || 'sandbox', time: isoSeconds(Date.now()),
    },
    namespaces: Object.fromEntries(namespaces.map(([id, name]) => [id, { id, case: 'first-letter', name, canonical: name, content: id === 0, subpages: id > 0, nonincludable: false }])),
    namespacealiases: namespaces.flatMap(([id, , others]) => others.map((alias) => ({ id, alias }))),
    extensions: [{ type: 'antispam', name: 'Abuse Filter' }, { type: 'antispam', name: 'TitleBlacklist' }, ...(settings.linter ? [{ type: 'other', name: 'Linter' }] : []),
      ...[...wiki.boards].map((board) => ({ type: 'other', name: { flow: 'Flow', liquidthreads: 'Liquid Threads' }[board] }))],
    rightsinfo: { url: 'https://creativecommons.org/licenses/by-sa/4.0/', text: 'Creative Commons Attribution-ShareAlike 4.0' },
    autocreatetempuser: { enabled: true, matchPatterns: ['~2$1'] },
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));
}

function tokens({ session, params }: ApiCall): Json {
  const kinds = words(params.type ?? 'csrf');
  return { ...(kinds.includes('csrf') && { csrftoken: session.user ? session.editToken : '+\\' }), ...(kinds.includes('createaccount') && { createaccounttoken: accountToken(session) }), ...(kinds.includes('login') && { logintoken: session.loginToken }) };
}

function userInfo({ session: { user }, params }: ApiCall): Json {
  const wanted = new Set(words(params.uiprop));
  return {
    ...(user ? { id: user.id, name: user.name } : { id: 0, name: '127.0.0.1', anon: true }),
    ...(wanted.has('groups') && { groups: [...(user?.groups ?? []), '*', ...(user ? ['user', 'autoconfirmed'] : [])] }),
    ...(wanted.has('rights') && { rights: [...rightsOf(user)] }),
    ...(wanted.has('blockinfo') && user?.blocked && { blockid: 1, blockreason: user.blocked.reason, blockpartial: user.blocked.partial }),
  };
}

function pages(call: ApiCall): Json {
  const { wiki, params } = call;
  const normalized: Json[] = [];
  const redirects: Json[] = [];
  const interwiki: Json[] = [];
  const found = new Map<string, Json>();
  const props = new Set(words(params.prop));
  const protection = props.has('info') && words(params.inprop).includes('protection');
  const categories = params.clcategories === undefined ? undefined : new Set(words(params.clcategories).map((one) => readTitle(one).full));
  for (const text of values(call, 'titles')) {
    let title = readTitle(text);
    if (title.interwiki) {
      interwiki.push({ title: text, iw: title.interwiki });
      continue;
    }
    if (title.invalid) {
      found.set(text, { title: text, invalidreason: { code: title.invalid, text: 'The requested page title is invalid.' }, invalid: true });
      continue;
    }
    if (title.full !== text) normalized.push({ fromencoded: false, from: text, to: title.full });
    const seen = new Set<string>();
    let lost = false;
    while (params.redirects !== undefined && !lost) {
      const target = redirectOf(wiki.pages.get(title.full));
      if (target === undefined) break;
      const next = readTitle(target);
      if (!redirects.some(({ from }) => from === title.full)) redirects.push({ from: title.full, to: next.interwiki ? target : next.full, ...(next.interwiki && { tointerwiki: next.interwiki }) });
      seen.add(title.full);
      lost = Boolean(next.interwiki) || next.ns < 0 || seen.has(next.full);
      title = next;
    }
    if (!lost) found.set(title.full, describe(call, title.full, title.ns, { props, protection, categories }));
  }
  return { ...(normalized.length && { normalized }), ...(interwiki.length && { interwiki }), ...(redirects.length && { redirects }), pages: [...found.values()] };
}

/** `categories`: those that are asked about; undefined for all. */
interface Asked {
  props: Set<string>;
  protection: boolean;
  categories: Set<string> | undefined;
}

function describe({ wiki, params }: ApiCall, title: string, ns: number, { props, protection, categories }: Asked): Json {
  if (ns < 0) return { ns, title, special: true, missing: true };
  const page = wiki.pages.get(title);
  const there = exists(page);
  const last = there ? page.revisions.at(-1)! : undefined;
  const answer: Json = there ? { pageid: page.id, ns, title } : { ns, title, missing: true };
  if (props.has('info')) {
    answer.contentmodel = modelOf(page ?? { ns, title });
    Object.assign(answer, languageOf(page));
    if (last) Object.assign(answer, { touched: isoSeconds(last.atMs), lastrevid: last.id, length: last.bytes });
    if (protection) {
      const kinds = there ? ['edit', 'move'] : ['create'];
      answer.protection = page?.protection ? Object.entries(page.protection).filter(([type]) => kinds.includes(type)).map(([type, level]) => ({ type, level, expiry: 'infinity' })) : [];
      answer.restrictiontypes = kinds;
    }
  }
  if (props.has('categories') && there) {
    const inside = categoriesOf(page).filter((one) => !categories || categories.has(one));
    if (inside.length) answer.categories = inside.map((one) => ({ ns: 14, title: one }));
  }
  if (props.has('pageprops') && page?.board === 'liquidthreads') answer.pageprops = { 'use-liquid-threads': '1' };
  if (props.has('revisions') && there) {
    const limit = Math.min(Number(params.rvlimit ?? 1) || 500, 500);
    const wanted = page.revisions.filter(({ user }) => params.rvuser === undefined || user === params.rvuser).slice(-limit).reverse();
    answer.revisions = wanted.map((revision) => revisionJson(page, revision, new Set(words(params.rvprop ?? 'ids|timestamp|flags|comment|user'))));
  }
  return answer;
}

function revisionJson(page: Page, revision: Revision, props: Set<string>): Json {
  const { id, parent, atMs, user, bytes, tags } = revision;
  return {
    ...(props.has('ids') && { revid: id, parentid: parent }),
    ...(props.has('user') && { user }),
    ...(props.has('timestamp') && { timestamp: isoSeconds(atMs) }),
    ...(props.has('size') && { size: bytes }),
    ...(props.has('comment') && said(revision)),
    ...(props.has('tags') && { tags }),
    ...(props.has('content') && { slots: { main: { contentmodel: modelOf(page), contentformat: modelOf(page) === 'json' ? 'application/json' : 'text/x-wiki', content: textOf(page, id) } } }),
  };
}

/** MediaWiki takes .json pages of users and of its own namespace for JSON. */
const modelOf = ({ ns, title, board }: Pick<Page, 'ns' | 'title' | 'board'>): string => board === 'flow' ? 'flow-board' : ((ns === 8 || (ns === 2 && title.includes('/'))) && title.endsWith('.json') ? 'json' : 'wikitext');

const said = ({ summary, hidden }: Revision): Json => (hidden ? { commenthidden: true } : { comment: summary });

function users(call: ApiCall): Json[] {
  const emailable = words(call.params.usprop).includes('emailable');
  const creatable = words(call.params.usprop).includes('cancreate');
  return values(call, 'ususers').map((name) => {
    if (isIP(name) || /[#<>[\]|{}/@:]/.test(name) || name === '') return { name, invalid: true };
    const user = call.wiki.userNamed(name);
    return user ? { userid: user.id, name: user.name, ...(emailable && { emailable: !user.mailless }) } : { name: readTitle(`User:${name}`).rest, missing: true, ...(creatable && mayBeMade(name)) };
  });
}

function mayBeMade(name: string): Json {
  const code = unmakeable(name);
  return code ? { cancreate: false, cancreateerror: [{ code, message: code, params: [], type: 'error' }] } : { cancreate: true };
}

/** By position in the account's list: an edit made meanwhile comes after it and shifts nothing. Of several accounts all at once, one after the other. */
function contributions(call: ApiCall, more: Record<string, string>): Json[] {
  const { wiki, params } = call;
  const users = values(call, 'ucuser');
  if (users.length > 1) return users.flatMap((ucuser) => contributions({ ...call, params: { ...params, ucuser, uclimit: '500' } }, {}));
  const edits = wiki.contributions.get(wiki.userNamed(users[0]!)?.name ?? '') ?? [];
  const limit = limitOf(call, params.uclimit);
  const newer = params.ucdir === 'newer';
  const [start, end] = [instant(params.ucstart), instant(params.ucend)];
  const props = new Set(words(params.ucprop ?? 'ids|title|timestamp|comment|size|flags'));
  const found: Json[] = [];
  let at = params.uccontinue === undefined ? (newer ? 0 : edits.length - 1) : Number(params.uccontinue.split('|')[1]);
  for (; newer ? at < edits.length : at >= 0; at += newer ? 1 : -1) {
    const { page, revision } = edits[at]!;
    const second = Math.floor(revision.atMs / 1000) * 1000;
    if (start !== undefined && (newer ? second < start : second > start)) continue;
    if (end !== undefined && (newer ? second > end : second < end)) break;
    if (found.length === limit) {
      more.uccontinue = `${isoSeconds(revision.atMs).replace(/\D/g, '')}|${at}`;
      break;
    }
    found.push({ userid: 1, user: revision.user, pageid: page.id, ...(props.has('ids') && { revid: revision.id, parentid: revision.parent }), ns: page.ns,
      ...(props.has('title') && { title: page.title }), ...(props.has('timestamp') && { timestamp: isoSeconds(revision.atMs) }), ...(props.has('comment') && said(revision)) });
  }
  return found;
}

function subpages(call: ApiCall, more: Record<string, string>): Json[] {
  const [ns, prefix] = [Number(call.params.apnamespace ?? 0), call.params.apprefix ?? ''];
  const all = [...call.wiki.pages.values()]
    .filter((page) => exists(page) && page.ns === ns && (ns ? page.title.slice(page.title.indexOf(':') + 1) : page.title).startsWith(prefix) && redirectOf(page) === undefined)
    .sort((a, b) => (a.title < b.title ? -1 : 1));
  const from = Number(call.params.apcontinue ?? 0);
  const limit = limitOf(call, call.params.aplimit);
  if (all.length > from + limit) more.apcontinue = String(from + limit);
  return all.slice(from, from + limit).map(({ id, ns, title }) => ({ pageid: id, ns, title }));
}

function members(call: ApiCall, more: Record<string, string>): Json[] {
  const { full: category, ns, invalid } = readTitle(call.params.cmtitle ?? '');
  if (invalid) throw new ApiFailure('invalidtitle', `Bad title "${call.params.cmtitle}".`);
  if (ns !== 14) throw new ApiFailure('invalidcategory', 'The category name you entered is not valid.');
  const all = [...call.wiki.pages.values()].filter((page) => exists(page) && categoriesOf(page).includes(category));
  const from = Number(call.params.cmcontinue ?? 0);
  const limit = limitOf(call, call.params.cmlimit);
  if (all.length > from + limit) more.cmcontinue = String(from + limit);
  return all.slice(from, from + limit).map(({ id, ns, title }) => ({ pageid: id, ns, title }));
}

const limitOf = (call: ApiCall, text: string | undefined): number => {
  const most = highLimits(call) ? 5000 : 500;
  return text === 'max' ? most : Math.min(Number(text ?? 10) || 10, most);
};
const instant = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));

const redirectOf = (page: Page | undefined): string | undefined =>
  (exists(page) ? /^\s*#redirect\s*:?\s*\[\[([^\]|]+)/i.exec(firstText(page))?.[1] : undefined);
/** A redirect stands in the first words: no need to join a page for it that was appended to many times. */
const firstText = (page: Page): string => {
  const first = page.revisions.findLast(({ text }) => text !== undefined) ?? page.revisions[0]!;
  const text = first.text ?? first.added ?? '';
  return text.trim() ? text : textOf(page);
};
const categoriesOf = (page: Page): string[] => {
  const text = textOf(page);
  return text.includes('[[Category:') ? [...text.matchAll(/\[\[(Category:[^\]|]+)/g)].map(([, name]) => readTitle(name!).full) : [];
};
