/**
 * A list as communities have them, sent on a real MediaWiki by the whole platform, whose worker is killed in the middle.
 * The same with 2,000 lines: `npm run chaos -- r0`.
 */
import { copiesOnWiki, makeCrowd, seedCrowd, type Crowd, type Fate } from '../support/mediawiki-crowd';
import { startPlatform, type Person, type Platform } from '../support/platform';
import { until, type Delivery } from './community';

const LINES = 400;
const HOST = 'real.example.org';

jest.setTimeout(240_000);

let platform: Platform;
let sender: Person;
let crowd: Crowd;
let list: { id: number; targets: number; problemCount: number; problems: { code: string }[] };
let delivery: Delivery;

beforeAll(async () => {
  platform = await startPlatform({}, ['--no-demo', '--with-mediawiki']);
  crowd = makeCrowd(LINES, HOST);
  sender = await platform.person('globalSender');
  const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
  await seedCrowd(platform, crowd);
  await platform.admin.post('/wikis', { host: HOST, apiUrl, botUser, botPassword, editsPerMinute: 60_000, inFlight: 3 });
}, 300_000);
afterAll(() => platform?.stop());

const byPage = (a: Fate, b: Fate): number => (`${a.page} ${a.outcome}` < `${b.page} ${b.outcome}` ? -1 : 1);

test('the list takes what could be a title, once each, and names the lines that could not', async () => {
  list = await sender.api.post('/target-lists', { name: 'Everybody', wiki: HOST, content: crowd.lines.join('\n') });
  const problems: Record<string, number> = {};
  for (const { code } of list.problems) problems[code] = (problems[code] ?? 0) + 1;
  expect({ targets: list.targets, problems }).toEqual({ targets: crowd.fates.length, problems: crowd.problems });
});

test('the delivery ends by itself, although its worker is killed in the middle', async () => {
  const draft = await sender.api.post('/deliveries', { wiki: HOST, listIds: [list.id], subject: 'Apples', body: 'Come and see. ~~~~' });
  await sender.api.post(`/deliveries/${draft.id}/submit`);
  const read = (): Promise<Delivery> => sender.api.get(`/deliveries/${draft.id}`);
  await until(read, ({ counts, state }) => counts.sent > LINES / 4 || state === 'finished');
  platform.kill('worker');
  delivery = await until(read, ({ state }) => state === 'finished', 200_000);
  const [total, sent] = [crowd.fates.length, crowd.fates.filter(({ outcome }) => outcome === 'sent').length];
  expect(delivery.counts).toMatchObject({ total, sent, pending: 0, unknown: 0 });
});

test('every page that takes messages has exactly one, by the wiki\'s own word, and no other page has any', async () => {
  const { apiUrl, botUser } = platform.run().mediawiki!;
  const copies = await copiesOnWiki(apiUrl, botUser.replace(/@.*/, ''), delivery.marker);
  const sent = crowd.fates.filter(({ outcome }) => outcome === 'sent').map(({ page }): [string, number] => [page, 1]);
  expect(new Map([...copies].sort())).toEqual(new Map(sent.sort()));
});

test('every skip and failure stands in the ledger with its code, under the name that the wiki gives the page', async () => {
  const found: Fate[] = [];
  for await (const { page, outcome, code } of sender.api.list(`/deliveries/${delivery.id}/targets`)) found.push({ page, outcome, code });
  expect(found.sort(byPage)).toEqual([...crowd.fates].sort(byPage));
});
