import { apply } from '../../db/apply';
import { gatherer } from '../../db/gather';
import { readRow } from '../../db/read';
import { verifyAudit } from '../../db/verify';
import { type Actor } from '../../policies/actor';
import { aDelivery, aUser, aWiki, sealAll, testKernel } from '../support/kernel';

describe('many who come at once', () => {
  const house = testKernel();
  let sender: Actor;
  let approver: Actor;
  let wikiId: number;
  beforeAll(async () => {
    sender = await aUser(house);
    approver = await aUser(house, 'deliveryApprover');
    wikiId = await aWiki(house);
  });
  const requested = async () => (await apply(house.kernel, { noun: 'delivery', id: (await aDelivery(house, sender, { wikiId })).id, verb: 'submit', actor: sender })).row.id;
  /** A verb that is written together with others: no notice, at most one row for the outbox. */
  const cancel = (id: number, commandId?: string) => apply(house.kernel, { noun: 'delivery', id, verb: 'cancel', actor: sender, commandId });
  const make = (count: number) => Promise.all(Array.from({ length: count }, requested));
  const statesOf = async (ids: number[]) => (await house.app.query('select state, version from delivery where id = any($1) order by id', [ids])).rows;

  test('are each written once, whole and chained, however many share a statement', async () => {
    const ids = await make(40);
    const done = await Promise.all(ids.map((id) => cancel(id)));
    expect(done.every(({ changed, row }) => changed && row.state === 'cancelled' && row.version === 3)).toBe(true);
    expect(await statesOf(ids)).toEqual(ids.map(() => ({ state: 'cancelled', version: 3 })));
    await sealAll(house);
    expect((await verifyAudit(house.app, { lateMs: Number.POSITIVE_INFINITY })).findings).toEqual([]);
  });

  test('share statements: forty take far fewer than eighty', async () => {
    const ids = await make(40);
    let statements = 0;
    const pool = Object.create(house.app, { query: { value: (...args: Parameters<typeof house.app.query>) => (statements++, house.app.query(...args)) } }) as typeof house.app;
    const kernel = { ...house.kernel, pool };
    await Promise.all(ids.map((id) => apply(kernel, { noun: 'delivery', id, verb: 'cancel', actor: sender })));
    expect(statements).toBeLessThan(20);
  });

  test('do not disturb one another: whose command was used before is refused, the others are written', async () => {
    const [first, ...others] = await make(8);
    await cancel(first!, 'used');
    const [reused, ...done] = await Promise.allSettled([cancel(others[0]!, 'used'), ...others.slice(1).map((id) => cancel(id))]);
    expect(reused).toMatchObject({ status: 'rejected', reason: { code: 'idempotency.reused' } });
    expect(done.every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  test('with one new command id for two things: one is written, the other refused, the rest written', async () => {
    const [one, two, ...others] = await make(8);
    const results = await Promise.allSettled([cancel(one!, 'same'), cancel(two!, 'same'), ...others.map((id) => cancel(id))]);
    expect(results.slice(0, 2).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'idempotency.reused' } });
    expect(results.slice(2).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  test('do not wait for one whose row somebody holds', async () => {
    const [held, ...others] = await make(6);
    const client = await house.owner.connect();
    try {
      await client.query('begin');
      await client.query('select from delivery where id = $1 for update', [held]);
      let written = false;
      const waiting = cancel(held!).then((done) => ((written = true), done));
      expect(await Promise.all(others.map((id) => cancel(id)))).toHaveLength(5);
      expect(written).toBe(false);
      await client.query('rollback');
      expect(await waiting).toMatchObject({ changed: true });
    } finally {
      client.release();
    }
  });

  test('to the same thing come one after the other', async () => {
    const [id] = await make(1);
    const move = (minutes: number) => apply(house.kernel, { noun: 'delivery', id: id!, verb: 'reschedule', actor: sender, input: { sendAtMs: house.clock.atMs + minutes * 60_000 } });
    const done = await Promise.all([1, 2, 3, 4, 5].map(move));
    expect(done.map(({ row }) => row.version).sort()).toEqual([3, 4, 5, 6, 7]);
  });

  test('read each its own: there or gone, with a command or without, twice the same', async () => {
    const ids = await make(5);
    await cancel(ids[0]!, 'read-me');
    const asked = [...ids, ids[0]!, 2_000_000_000, -1, 3_000_000_000, 1.5];
    const read = await Promise.all(asked.map((id, place) => readRow(house.kernel, 'delivery', id, place === 5 ? 'read-me' : undefined)));
    expect(read.map(({ row }) => row?.id ?? null)).toEqual([...ids, ids[0], null, null, null, null]);
    expect(read[0]!.row).not.toBe(read[5]!.row);
    expect(read.map(({ done }) => done !== null)).toEqual(asked.map((_, place) => place === 5));
    expect(read[0]!.nowMs).toBe(house.clock.atMs);
  });

  test('all hear of it when the database does not answer', async () => {
    const [id] = await make(1);
    const dead = { ...house.kernel, pool: { query: () => Promise.reject(new Error('no database')) } as unknown as typeof house.app };
    const results = await Promise.allSettled([1, 2, 3].map(() => apply(dead, { noun: 'delivery', id: id!, verb: 'cancel', actor: sender })));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await apply(house.kernel, { noun: 'delivery', id: id!, verb: 'reject', actor: approver })).toMatchObject({ changed: true });
  });
});

describe('gathering', () => {
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  function gather(largest = 16) {
    const sent: number[][] = [];
    const answers: (() => void)[] = [];
    const ask = gatherer<number>((asked) => (sent.push(asked), new Promise((resolve) => answers.push(resolve))), largest);
    return { sent, ask, answer: () => answers.shift()!() };
  }

  test('sends whoever comes alone at once, and those of one turn together', async () => {
    const { sent, ask } = gather();
    [1, 2, 3].forEach(ask);
    await turn();
    expect(sent).toEqual([[1, 2, 3]]);
  });

  test('keeps those who come meanwhile until the answer is there, and sends them together', async () => {
    const { sent, ask, answer } = gather();
    ask(1);
    await turn();
    ask(2);
    ask(3);
    answer();
    await turn();
    await turn();
    expect(sent).toEqual([[1], [2, 3]]);
  });

  test('does not keep them longer than a moment when no answer comes', async () => {
    const { sent, ask } = gather();
    ask(1);
    await turn();
    ask(2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(sent).toEqual([[1], [2]]);
  });

  test('sends no more than the largest together, and forgets nobody', async () => {
    const { sent, ask } = gather(4);
    for (let n = 1; n <= 10; n++) ask(n);
    for (let n = 0; n < 20; n++) await turn();
    expect(sent.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(sent.every(({ length }) => length <= 4)).toBe(true);
  });
});
