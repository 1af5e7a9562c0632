/** Titles in a wiki's own words: in lists, in the name of its category of opt-outs, in its allowed pages. */
import type { Message } from '../../activities/message';
import { describePages } from '../../activities/pages';
import type { OpenWiki } from '../../activities/wikis';
import type { Wiki } from '../../db/entities/wiki';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { createMediaWiki, type MediaWiki } from '../../gateways/mediawiki';

let sandbox: SandboxWiki;
let gateway: MediaWiki;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  gateway = createMediaWiki({ apiUrl: sandbox.apiUrl, as: sandboxAccounts.bot, userAgent: 'ReeveTest/1', allowPrivateHosts: true });
});
afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const seed = (pages: Record<string, string>) => sandbox.control('POST', 'seed', { users: ['Ada', 'Bob', 'Cid'], pages: Object.entries(pages).map(([title, text]) => ({ title, text })) });
const look = (titles: string[], row: Partial<Wiki> = {}, channel: Message['channel'] = 'page') =>
  describePages({ gateway, skewMs: 0, row: { allowedNamespaces: [], allowedPages: [], optOutCategory: 'Out', ...row } } as OpenWiki, titles, { channel, languages: 0 } as Message, new AbortController().signal);
const queries = (): number => sandbox.control('GET', 'stats').actions.query;

test('a user page in any of the wiki\'s words is the talk page before anything else, so what it redirects to changes nothing, and one question is enough', async () => {
  seed({ 'User:Ada': '#REDIRECT [[wikipedia:User:Ada]]', 'User:Bob': '#REDIRECT [[User:Ada]]', 'User:Bob/desk': '#REDIRECT [[Project:Desk]]' });
  await look(['Talk:A']);
  const before = queries();
  const pages = await look(['Benutzer:Ada', 'benutzer : bob', 'User:Bob/desk', 'Benutzer_Diskussion:Ada', 'Talk:A']);
  expect(pages.map(({ title, problem, redirect }) => [title, problem, redirect])).toEqual(['Ada', 'Bob', 'Bob/desk', 'Ada'].map((name) => [`User talk:${name}`, null, null]).concat([['Talk:A', null, null]]));
  expect(pages.map(({ user }) => user?.name)).toEqual(['Ada', 'Bob', 'Bob', 'Ada', undefined]);
  expect(queries() - before).toBe(1);
  expect(await look(['Benutzer:Bob/desk'], {}, 'email')).toMatchObject([{ title: 'User talk:Bob', user: { name: 'Bob', emailable: true } }]);
});

test('a redirect to a user\'s page ends at the talk page, and is told', async () => {
  seed({ 'User talk:Old name': '#REDIRECT [[User:Cid]]' });
  expect(await look(['Benutzer Diskussion:Old name'])).toMatchObject([{ title: 'User talk:Cid', redirect: { from: 'User talk:Old name' }, user: { name: 'Cid' } }]);
});

test.each(['No messages', 'Category:No messages', 'kategorie:_no messages', ':Category:No_messages'])('who has opted out is known where the category is called %j', async (optOutCategory) => {
  seed({ 'User talk:Ada': '[[Category:No messages]]', 'User talk:Bob': '[[Category:Messages]]' });
  expect((await look(['User talk:Ada', 'User talk:Bob'], { optOutCategory })).map(({ optedOut }) => optedOut)).toEqual([true, false]);
});

test('talk pages take messages, and what is allowed by its namespace or by its title, however that is typed', async () => {
  const row = { allowedNamespaces: [12], allowedPages: ['Bulletin', 'sandbox:village_pump', ' project : small  talk', 'notice board'] };
  const taking = ['Talk:A', 'Help:A', 'Bulletin', 'Project:Village pump', 'Project:Small talk', 'Notice board'];
  const pages = await look([...taking, 'Village pump', 'Article', 'Project:Bulletin', 'Special:Version'], row);
  expect(pages.filter(({ takesMessages }) => takesMessages).map(({ title }) => title)).toEqual(taking);
});
