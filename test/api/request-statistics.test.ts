import request from 'supertest';
import { apply } from '../../db/apply';
import { system } from '../../policies/actor';
import { DAY_MS, HOUR_MS, MORNING_MS, testDesk } from '../support/desk';
import type { Script } from '../support/api';
import { makeRequest } from '../support/house';

describe('the statistics of account requests', () => {
  const desk = testDesk();
  const PATH = '/api/requests/statistics';
  const ask = async (by: Script, query = '') => (await by.get(`${PATH}${query}`)).body;
  const named = (all: { user: { name: string } | null; count: number }[]) => all.map(({ user, count }) => [user?.name ?? null, count]);

  beforeAll(async () => {
    const { kernel } = desk.api.api;
    desk.clock.atMs = MORNING_MS;
    const at = (ms: number): void => void (desk.clock.atMs = MORNING_MS + ms);
    const untagged = [await desk.open(), await desk.open(), await desk.open(), await desk.open()];
    const tagged = [await desk.tagged(), await desk.tagged(), await desk.tagged(), await desk.tagged()];
    await makeRequest(kernel, { eventId: desk.event.id });
    await makeRequest(kernel);
    // 10, 20 and 60 minutes until the answer; one is made by the bot.
    at(600_000);
    await desk.verb(desk.tom, untagged[0]!.id, 'close', { outcome: 'not-created' });
    await desk.verb(desk.ada, tagged[0]!.id, 'create');
    await desk.verb(desk.bo, tagged[2]!.id, 'escalate');
    at(1_200_000);
    await apply(kernel, { noun: 'request', id: tagged[0]!.id, verb: 'created', actor: system });
    await desk.verb(desk.tom, tagged[1]!.id, 'close', { outcome: 'created' });
    await desk.verb(desk.tess, untagged[2]!.id, 'create'); // and waits for the wiki
    at(HOUR_MS);
    await desk.verb(desk.tom, untagged[1]!.id, 'drop');
    at(2 * HOUR_MS);
  });
  beforeEach(() => void (desk.clock.atMs = MORNING_MS + 2 * HOUR_MS));

  it('tell the account team of all of them', async () => {
    expect(await ask(desk.max)).toMatchObject({
      filed: 10, states: { unconfirmed: 2, open: 3, creating: 1, closed: 4 }, queues: { flagged: 1, event: 1, default: 2 }, outcomes: { 'not-created': 1, created: 2, dropped: 1 },
      closed: { count: 4, medianMs: 1_200_000, p90Ms: 2_880_000 },
    });
    const { closers, creators, held } = await ask(desk.tom);
    expect(named(closers)).toEqual([['Tom', 3], [null, 1]]); // Reeve closed what it made
    expect(named(creators)).toEqual([['Ada', 1], ['Tom', 1]]);
    expect(held).toEqual([{ request: expect.any(Number), user: 'Tess', since: new Date(MORNING_MS + 1_200_000).toISOString() }]);
  });

  it('tell an organizer of those of their own events alone, of what the account team has that it is there, and name nobody but the organizers', async () => {
    expect(await ask(desk.ada)).toEqual({
      from: expect.any(String), to: expect.any(String), filed: 5, states: { unconfirmed: 1, open: 2, closed: 2 }, queues: { flagged: 1, event: 1 }, outcomes: { created: 2 }, closed: { count: 2, medianMs: 1_200_000, p90Ms: 1_200_000 },
      closers: [{ user: null, count: 2 }], creators: [{ user: null, count: 1 }, { user: { id: desk.ids.ada, name: 'Ada' }, count: 1 }].sort((a, b) => (a.user === null ? 1 : 0) - (b.user === null ? 1 : 0)), held: [],
    });
    expect(await ask(desk.cy)).toMatchObject({ filed: 0, states: {}, closers: [], closed: { count: 0, medianMs: null, p90Ms: null } });
  });

  it('are nobody\'s who looks after no request', async () => {
    expect((await desk.ulla.get(PATH)).status).toBe(403);
    expect((await request(desk.api.app).get(PATH)).status).toBe(401);
    expect((await (await desk.api.script({ id: desk.ids.tom, name: 'Tom' }, ['delivery:read'])).get(PATH)).status).toBe(403);
    expect((await desk.kim.get(PATH)).status).toBe(200);
  });

  it('are of a period, by the instant of filing, and of a year at most', async () => {
    const iso = (ms: number): string => new Date(MORNING_MS + ms).toISOString();
    expect(await ask(desk.max, `?from=${iso(1)}`)).toMatchObject({ filed: 0 });
    expect(await ask(desk.max, `?from=${iso(-DAY_MS)}&to=${iso(0)}`)).toMatchObject({ filed: 0, to: iso(0) }); // its end is left out
    expect(await ask(desk.max, `?from=${iso(0)}&to=${iso(1)}`)).toMatchObject({ filed: 10 });
    expect(await ask(desk.max, `?to=${iso(DAY_MS)}`)).toMatchObject({ to: iso(2 * HOUR_MS) }); // nothing is filed later than now
    for (const [query, pointer] of [[`?from=${iso(DAY_MS)}`, '?from'], [`?from=${iso(-367 * DAY_MS)}`, '?from'], ['?from=soon', '?from'], ['?wiki=1', '?wiki']])
      expect(await ask(desk.max, query)).toMatchObject({ status: 422, errors: [{ pointer }] });
  });

  it('stand in /metrics by state alone', async () => {
    const { text } = await request(desk.api.app).get('/metrics');
    expect(text).toContain('reeve_requests{state="closed"} 4');
    expect(text.split('\n').filter((line) => line.startsWith('reeve_requests{'))).toHaveLength(4);
  });

  it('keep what an organizer may not know out of the figures once it is escalated', async () => {
    const { id } = await desk.tagged();
    await desk.verb(desk.ada, id, 'reserve');
    desk.clock.advance(30 * 60_000);
    await desk.verb(desk.ada, id, 'escalate');
    const before = await ask(desk.ada);
    await desk.verb(desk.tom, id, 'close', { outcome: 'not-created' });
    const after = await ask(desk.ada);
    expect([after.outcomes, after.closers, after.closed]).toEqual([before.outcomes, before.closers, before.closed]);
    expect(after.states.closed).toBe(before.states.closed + 1); // that it stands so it says itself
  });
});
