import fc from 'fast-check';
import { apply, applyDue } from '../../db/apply';
import { create } from '../../db/create';
import { ReeveError } from '../../config/errors';
import { sealOnce } from '../../db/seal';
import { verifyAudit } from '../../db/verify';
import { system, temporal, type Actor } from '../../policies/actor';
import { specified, type MachineNoun } from '../machines/spec';
import { plain } from '../support/arbitraries';
import { makeEvent, makeRequest, onWall } from '../support/house';
import { aDelivery, aUser, MINUTE_MS, NOON_MS, person, testKernel } from '../support/kernel';

interface Act {
  /** Any verb, by anybody; null = one that the state takes, by somebody who may. */
  verb: string | null;
  pick: number;
  who: 'owner' | 'admin' | 'system' | 'temporal' | 'stranger';
  input: Record<string, unknown>;
  waitMs: number;
  /** Sent this many times at the same moment, under one command id or under as many. */
  times: number;
  sameCommand: boolean;
}

describe('the state of every thing', () => {
  const house = testKernel();
  let actors: Record<Act['who'], Actor & { userId?: number | null }>;
  beforeAll(async () => {
    actors = { owner: await aUser(house, 'organizer'), admin: await aUser(house, 'admin'), system, temporal, stranger: person(987_654) };
  });

  const soon = fc.option(fc.integer({ min: -5, max: 120 }).map((minutes) => NOON_MS + minutes * MINUTE_MS));
  const inputs: Record<MachineNoun, fc.Arbitrary<Record<string, unknown>>> = {
    delivery: fc.record({ sendAtMs: soon, target: fc.integer({ min: 0, max: 2 }), as: fc.constantFrom('sent', 'failed', 'pending') }),
    event: fc.record({ startsAt: soon.map((atMs) => onWall(atMs ?? NOON_MS)), endsAt: soon.map((atMs) => onWall((atMs ?? NOON_MS) + 30 * MINUTE_MS)) }),
    request: fc.record({
      to: fc.constantFrom('1', '2', '3'), queue: fc.constantFrom('default', 'events', 'event', 'flagged'), outcome: fc.constantFrom('created', 'not-created', 'none'), text: fc.constantFrom('Well.', 'Write to a@example.org.'), visibility: fc.constantFrom('user', 'admin'), mode: fc.constant('bot'),
    }),
    queue: fc.constant({}),
    form: fc.constant({}),
    ban: fc.record({ untilMs: soon }),
    membership: fc.record({ role: fc.constantFrom('organizer', 'sender', 'toolUser'), untilMs: soon }),
    key: fc.constant({}),
    operation: fc.constant({}),
  };
  const someAct = (noun: MachineNoun): fc.Arbitrary<Act> =>
    fc.record({
      verb: fc.option(fc.constantFrom(...new Set(Object.values(specified[noun]).flatMap((verbs) => Object.keys(verbs))), 'nonsense', 'new', 'edit'), { freq: 2 }),
      pick: fc.nat(100),
      who: fc.constantFrom('owner', 'owner', 'admin', 'admin', 'admin', 'system', 'temporal', 'stranger'),
      input: inputs[noun],
      waitMs: fc.constantFrom(0, 0, 0, 1, MINUTE_MS, 45 * MINUTE_MS),
      times: fc.constantFrom(1, 1, 1, 3),
      sameCommand: fc.boolean(),
    });

  const begin: Record<MachineNoun, (untilMs: number | null) => Promise<number>> = {
    async delivery(sendAtMs) {
      const { id, wikiId } = await aDelivery(house, actors.owner, { sendAtMs });
      await house.app.query('insert into delivery_wiki (delivery_id, wiki_id, total, unknown) values ($1, $2, 3, 3)', [id, wikiId]);
      await house.app.query(`insert into target (delivery_id, wiki_id, page, outcome) select $1, $2, 'User talk:' || n, 'unknown' from generate_series(1, 3) n`, [id, wikiId]);
      return id;
    },
    async event(startsAtMs) {
      const startMs = startsAtMs ?? NOON_MS + 60 * MINUTE_MS;
      return (await makeEvent(house.kernel, actors.owner as Actor & { userId: number }, [onWall(startMs), onWall(startMs + 90 * MINUTE_MS)])).id;
    },
    async request(expiresAtMs) {
      return (await makeRequest(house.kernel, { expiresAtMs: expiresAtMs ?? NOON_MS + 60 * MINUTE_MS, warnAtMs: NOON_MS + 90 * MINUTE_MS, closeByMs: NOON_MS + 240 * MINUTE_MS })).id;
    },
    async queue() {
      return (await create(house.kernel, { noun: 'queue', values: { key: `queue-${++keys}`, languages: [], names: [], priority: 0, timeZone: 'UTC', hours: [], holidays: [] }, actor: actors.admin })).row.id;
    },
    async form() {
      return (await create(house.kernel, { noun: 'form', values: { name: 'A form', ownerId: actors.admin.userId!, shared: true, draft: { intro: { en: 'Welcome' }, texts: {}, fields: [] }, content: null }, actor: actors.admin })).row.id;
    },
    async ban(untilMs) {
      const { row } = await create(house.kernel, { noun: 'ban', values: { target: 'name', pattern: '^Sock', action: 'drop', reason: 'Spades.', seenBy: 'admin', untilMs }, actor: actors.admin });
      return row.id;
    },
    async membership(untilMs) {
      const { userId } = await aUser(house);
      return (await create(house.kernel, { noun: 'membership', values: { userId, role: 'sender', wikiId: null, untilMs }, actor: system })).row.id;
    },
    async key(expiresAtMs) {
      const hash = Buffer.from(`key ${keys++}`);
      return (await create(house.kernel, { noun: 'key', values: { userId: actors.owner.userId!, hash, scopes: ['all'], expiresAtMs }, actor: system })).row.id;
    },
    async operation(odd) {
      const values = { workflowId: 'delivery/1', runId: 'r', seq: ++keys, kind: 'wikiDelivery', entity: 'delivery/1', wiki: null, code: 'wiki.blocked', attempts: 5, skippable: odd === null, detail: null };
      return (await create(house.kernel, { noun: 'operation', values, actor: system })).row.id;
    },
  };
  let keys = 0;

  /** A verb that the state takes; cancel is left to chance, or every walk would end there. */
  async function fitting(noun: MachineNoun, id: number, pick: number): Promise<[verb: string, who: Act['who']]> {
    const { rows } = await house.app.query<{ state: string }>(`select state from "${noun}" where id = $1`, [id]);
    const verbs = Object.keys(specified[noun][rows[0]!.state]!).filter((verb) => !verb.startsWith('xstate.') && verb !== 'cancel');
    const verb = verbs[pick % verbs.length] ?? 'cancel';
    const bySystem = ['expanded', 'finish', 'settled', 'confirm', 'created', 'creationFailed', 'askSignIn', 'signedIn', 'purge', 'confirmAddress'].includes(verb);
    return [verb, bySystem ? 'system' : ['submit', 'revise'].includes(verb) ? 'owner' : 'admin'];
  }

  async function act(noun: MachineNoun, id: number, { verb: wild, who: anybody, pick, input, waitMs, times, sameCommand }: Act, place: string): Promise<void> {
    house.clock.advance(waitMs);
    const [verb, who] = wild === null ? await fitting(noun, id, pick) : [wild, anybody];
    const { rows } = await house.app.query<{ id: number }>('select id from target where delivery_id = $1 order by id', [noun === 'delivery' ? id : 0]);
    const real = rows.length ? { ...input, target: rows[input.target as number]!.id } : input;
    const once = (n: number) => apply(house.kernel, { noun, id, verb, input: real, actor: actors[who], commandId: `${place}/${sameCommand ? 0 : n}`, reason: 'because' });
    for (const result of await Promise.allSettled(Array.from({ length: times }, (_, n) => once(n))))
      if (result.status === 'rejected' && !(result.reason instanceof ReeveError)) throw result.reason as Error;
    if (waitMs) await applyDue(house.kernel, noun, id, system);
  }

  async function check(noun: MachineNoun, id: number): Promise<string> {
    const { rows: [row] } = await house.app.query(`select * from "${noun}" where id = $1`, [id]);
    const { rows: audit } = await house.app.query('select version, verb, from_state as "from", to_state as "to" from audit where noun = $1 and entity = $2 order by version', [noun, id]);
    let folded: string | null = null;
    for (const [place, step] of audit.entries()) {
      expect(step).toMatchObject({ version: place + 1, from: folded });
      if (place) expect(specified[noun][step.from]![step.verb] ?? []).toContain(step.to);
      folded = step.to;
    }
    expect({ state: row.state, version: row.version }).toEqual({ state: folded, version: audit.length });
    // Timers belong to the state that set them; the earliest is the indexed one; what was sent last is what stands.
    for (const timer of Object.keys(row.timers)) expect(timer.endsWith(`.${noun}.${row.state}`)).toBe(true);
    const instants = Object.values<number>(row.timers);
    expect(row.due_at_ms).toBe(instants.length ? Math.min(...instants) : null);
    const { rows: sent } = await house.app.query(`select params->'timers' as timers from outbox where noun = $1 and entity = $2 and effect = 'setTimers' order by id desc limit 1`, [noun, id]);
    expect(sent[0]?.timers ?? {}).toEqual(row.timers);
    if (noun === 'delivery') {
      const counts = await house.app.query(
        `select (select unknown from delivery_wiki where delivery_id = $1) as counted, count(*) filter (where outcome = 'unknown')::int as is from target where delivery_id = $1`, [id]);
      expect(counts.rows[0].counted).toBe(counts.rows[0].is);
    }
    return row.state as string;
  }

  test.each(Object.keys(specified) as MachineNoun[])('of %s is the fold of its audit log, whatever is asked of it by whom, when and how often', async (noun) => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(soon, fc.array(someAct(noun), { minLength: 1, maxLength: 14 }), async (untilMs, acts) => {
        house.clock.atMs = NOON_MS;
        const id = await begin[noun](untilMs);
        for (const [place, one] of plain(acts).entries()) await act(noun, id, one, `${noun}/${id}/${place}`);
        seen.add(await check(noun, id));
      }),
      { numRuns: 60 },
    );
    expect(seen.size).toBeGreaterThan(1); // the control: the walks went somewhere
  });

  test('and every chain holds afterwards', async () => {
    await sealOnce(house.app);
    const { findings, rows } = await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY });
    expect(findings).toEqual([]);
    expect(rows).toBeGreaterThan(500);
  });
});
