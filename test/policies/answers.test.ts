/** No answer of the API shows what its asker may not read. `npm run chaos -- r20` looks at 10,000 of them. */
import { privateValues } from '../support/histories';
import { testDatabase } from '../support/database';
import { openAnswers, type Answers, type Ask, type Leak } from './answers';
import type { Asker } from './community';
import { isByMark } from './secrets';
import { openHouse } from '../support/house';

const database = testDatabase();
let answers: Answers;
beforeAll(async () => (answers = await openAnswers(database.url)));
afterAll(() => answers.close());

const routeOf = ({ method, path }: Ask): string => `${method} ${path.split('?')[0]!.replace(/\d+/g, ':id')}`;

/** Each way to read meets half of all askers, each way to change something a sixth; the same each time. */
function sample(): [Asker, Ask][] {
  const routes = new Map<string, Ask[]>();
  for (const ask of answers.asks) routes.set(routeOf(ask), [...(routes.get(routeOf(ask)) ?? []), ask]);
  return [...routes.values()].flatMap((asks, r) => answers.askers.flatMap((asker, a): [Asker, Ask][] => ((r + a) % (asks[0]!.method === 'GET' ? 2 : 6) === 0 ? [[asker, asks[(7 * r + a) % asks.length]!]] : [])));
}
const MINUTES_8 = 8 * 60_000; // for a machine that does much else
/** Streams wait for what comes: others are asked meanwhile. */
const AT_ONCE = 8;

test('the book of secrets has a line for every private column, and every private value its own mark', async () => {
  const house = await openHouse(database.url);
  const values = await privateValues(house.kernel);
  await house.close();
  const known = new Set(answers.secrets.map(({ where }) => where.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  expect([...new Set(values.map(({ where }) => where))].filter((where) => !known.has(where))).toEqual([]);
  const marks = answers.secrets.filter(isByMark).map(({ mark }) => mark);
  expect(values.filter(({ where, value }) => where !== 'key.hash' && !marks.some((mark) => value.includes(mark)))).toEqual([]);
});

test('no answer to anybody holds a value that its asker may not read', async () => {
  const leaks: Leak[] = [];
  const statuses: Record<number, number> = {};
  let seen = 0;
  const asks = sample();
  for (let at = 0; at < asks.length; at += AT_ONCE)
    for (const found of await Promise.all(asks.slice(at, at + AT_ONCE).map(([asker, ask]) => answers.ask(asker, ask)))) {
      leaks.push(...found.leaks);
      seen += found.seen;
      statuses[found.status] = (statuses[found.status] ?? 0) + 1;
    }
  expect([...new Set(leaks.map((leak) => `${leak.where} to ${leak.asker} by ${leak.ask}`))]).toEqual([]);
  expect(seen).toBeGreaterThan(1_000); // the control: private values are in answers, to those who may read them
  for (const status of [200, 401, 403, 404, 412, 422]) expect([status, statuses[status]]).toEqual([status, expect.any(Number)]);
  expect(Object.keys(statuses).filter((status) => Number(status) >= 500 && status !== '503')).toEqual([]);
}, MINUTES_8);

test('a value that is put where others read it is found', async () => {
  const draft = answers.secrets.find(({ where }) => where === 'delivery.body')!;
  const [sender] = answers.askers.filter(({ actor }) => draft.mayRead(actor) && !actor.grants.some(({ role }) => role === 'admin'));
  const stranger = answers.askers.find(({ name }) => name === 'nobody')!;
  await answers.sql('update wiki set opt_out_category = $1', [draft.mark]);
  expect((await answers.ask(sender!, { method: 'GET', path: '/api/wikis' })).leaks).toEqual([]);
  expect((await answers.ask(stranger, { method: 'GET', path: '/api/wikis' })).leaks).toEqual([{ asker: 'nobody', ask: 'GET /api/wikis', where: 'delivery.body' }]);
});
