import { get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { noteOn } from '../../db/note';
import { sealOnce } from '../../db/seal';
import { noteCheck, verifyAudit } from '../../db/verify';
import { system } from '../../policies/actor';
import { testApi, type Script } from '../support/api';
import { allBut } from '../support/timers';

const api = testApi();
let sender: Script;
let approver: Script;
let auditor: Script;
let operator: Script;
let stranger: Script;
let id: number;
let draftId: number;
beforeAll(async () => {
  await api.wiki('en.example.org');
  sender = await api.script(await api.person('Sender'));
  approver = await api.script(await api.person('Approver', ['deliveryApprover']));
  auditor = await api.script(await api.person('Auditor', ['auditor']));
  operator = await api.script(await api.person('Operator', ['operator']));
  stranger = await api.script(await api.person('Stranger'));
  const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  const draft = () => sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Secret subject', body: 'Secret body' });
  draftId = (await draft()).body.id;
  id = (await draft()).body.id;
  await sender.post(`/api/deliveries/${id}/submit`);
  await approver.post(`/api/deliveries/${id}/reject`, { reason: 'words of the approver' }).set('X-Request-Id', 'request-7');
  await sender.post(`/api/deliveries/${id}/revise`);
  await sender.post(`/api/deliveries/${id}/submit`);
  await approver.post(`/api/deliveries/${id}/approve`);
  await sealOnce(api.api.kernel.pool);
});
const ofDelivery = async (script: Script) => (await script.get(`/api/log?noun=delivery&entity=${id}`)).body.items;

describe('the log', () => {
  test('is whole and in the order of its seal for who may read all of it', async () => {
    const seen: { position: number }[] = [];
    for (let path = '/api/log?limit=7'; ; ) {
      const { body } = await auditor.get(path);
      seen.push(...body.items);
      if (!body.next) break;
      path = `/api/log?limit=7&cursor=${body.next}`;
    }
    const [{ n }] = await api.sql('select count(*)::int as n from audit');
    expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
    expect((await auditor.get('/api/log?after=5&limit=1')).body.items[0].position).toBe(6);
  });

  test('is gone through from its end, forth and back, and cut to a period', async () => {
    const read = async (query: string) => (await auditor.get(`/api/log?${query}`)).body as { items: { position: number; at: string }[]; next?: string; prev?: string };
    const places = ({ items }: { items: { position: number }[] }) => items.map(({ position }) => position);
    const all = await read('limit=1000');
    const n = all.items.length;
    const first = await read('limit=3&sort=-createdAt');
    const second = await read(`limit=3&sort=-createdAt&cursor=${first.next}`);
    expect([places(first), first.prev, places(second)]).toEqual([[n, n - 1, n - 2], undefined, [n - 3, n - 4, n - 5]]);
    const back = await read(`limit=3&sort=-createdAt&cursor=${second.prev}`);
    expect([places(back), back.prev, places(await read(`limit=3&sort=-createdAt&cursor=${back.next}`))]).toEqual([places(first), undefined, places(second)]);
    expect((await auditor.get(`/api/log?limit=3&cursor=${first.next}`)).status).toBe(422); // another order
    const at = all.items[4]!.at;
    const [before, since] = [await read(`limit=1000&until=${at}`), await read(`limit=1000&from=${at}`)];
    expect(places(since)).toEqual(all.items.filter((one) => one.at >= at).map(({ position }) => position));
    expect([...places(before), ...places(since)].sort((a, b) => a - b)).toEqual(places(all));
    expect(places(await read('from=2099-01-01T00:00:00Z'))).toEqual([]);
  });

  test('names the doers to auditors, to who reads accounts, and to the one whose thing it is; not to operators', async () => {
    const admin = await api.script(await api.person('Admin', ['admin']));
    const names = async (script: Script) => new Set((await ofDelivery(script)).map(({ actorName }: { actorName: string | null }) => actorName));
    for (const script of [sender, auditor, admin]) expect(await names(script)).toEqual(new Set(['Sender', 'Approver', null]));
    expect(await names(operator)).toEqual(new Set([null]));
    await sealOnce(api.api.kernel.pool); // those made here
  });

  test('says who did what to which thing, from what to what', async () => {
    const rows = await ofDelivery(auditor);
    expect(rows.map((row: { verb: string; from: string; to: string }) => `${row.verb} ${row.from} ${row.to}`)).toEqual([
      'new null draft', 'submit draft requested', 'reject requested rejected', 'revise rejected draft', 'submit draft requested', 'approve requested approved', 'xstate.after.untilSend.delivery.approved approved expanding',
    ]);
    expect(rows[2]).toMatchObject({ noun: 'delivery', entity: id, version: 3, actor: expect.stringMatching(/^user\/\d+\/key\/\d+$/), reason: 'words of the approver', requestId: 'request-7', at: expect.any(String), hidden: [] });
    expect(rows[6].actor).toBe('system');
  });

  test('holds no name, no subject, no text', async () => {
    expect(JSON.stringify((await operator.get('/api/log?limit=1000')).body)).not.toMatch(/Secret|Sender|Approver|words of/);
  });

  test('shows a reason to auditors and to whom it concerns, and nobody else', async () => {
    const reason = async (script: Script) => (await ofDelivery(script))[2].reason as string | undefined;
    expect(await Promise.all([auditor, sender, operator, stranger].map(reason))).toEqual(['words of the approver', 'words of the approver', undefined, undefined]);
    expect((await ofDelivery(stranger))[1].hidden).toEqual(['requestId', 'reason']);
  });

  test('says who approved and who rejected to those alone who read of a delivery who its approver was', async () => {
    const reader = await api.script(await api.person('Other approver', ['deliveryApprover']));
    const decided = async (script: Script, query: string) => (await script.get(`/api/log?noun=delivery${query}`)).body.items.filter(({ verb }: { verb: string }) => /^(approve|reject)$/.test(verb)).map(({ actor, hidden }: { actor: string; hidden: string[] }) => [actor === 'somebody', hidden.includes('actor')]);
    const [told, kept] = [[[false, false], [false, false]], [[true, true], [true, true]]];
    for (const script of [sender, reader, auditor]) expect(await decided(script, `&entity=${id}`)).toEqual(told);
    expect([await decided(stranger, `&entity=${id}`), await decided(stranger, ''), await decided(reader, '')]).toEqual([kept, kept, told]);
    await sealOnce(api.api.kernel.pool); // who was made here
  });

  test('of one thing is for who may read the thing', async () => {
    expect((await stranger.get(`/api/log?noun=delivery&entity=${draftId}`)).status).toBe(404);
    expect((await sender.get(`/api/log?noun=delivery&entity=${draftId}`)).body.items).toHaveLength(1);
  });

  test('asks who may not read all of it to name a thing', async () => {
    for (const query of ['', '?entity=1', '?verb=new']) expect((await stranger.get(`/api/log${query}`)).status).toBe(403);
    expect((await stranger.get(`/api/log?noun=delivery&entity=${id}&actor=user/1`)).body.errors).toMatchObject([{ pointer: '?actor' }]);
    expect((await request(api.app).get('/api/log')).status).toBe(401);
  });

  test('of one noun holds that of the things that one may read', async () => {
    const entities = async (script: Script) => new Set((await script.get('/api/log?noun=delivery')).body.items.map(({ entity }: { entity: number }) => entity));
    expect(await entities(stranger)).toEqual(new Set([id]));
    expect(await entities(sender)).toEqual(new Set([id, draftId]));
    expect((await stranger.get('/api/log?noun=targetList')).body.items.length).toBeGreaterThan(0); // what was sent to is public
    expect((await stranger.get('/api/log?noun=operation')).body.items).toEqual([]);
  });

  test('is searched by noun, verb and actor, with a person\'s keys', async () => {
    const { body } = await auditor.get('/api/log?noun=delivery&verb=reject');
    expect(body.items).toHaveLength(1);
    const actor = (body.items[0].actor as string).split('/key/')[0]!;
    const verbs = (await auditor.get(`/api/log?actor=${actor}`)).body.items.map(({ verb }: { verb: string }) => verb);
    expect(verbs).toEqual(['reject', 'approve']);
    const { items } = (await auditor.get('/api/log?actor=approver')).body; // a person by name
    expect(items.map(({ verb }: { verb: string }) => verb)).toEqual(['reject', 'approve']);
    expect((await auditor.get('/api/log?actor=Nobody')).body).toMatchObject({ status: 422, errors: [{ pointer: '?actor', detail: expect.stringContaining('Nobody here is called so') }] });
  });

  test('tells which verbs can stand in it, and finds each entry by one of them', async () => {
    const known = new Map<string, string[]>((await stranger.get('/api/log/verbs')).body.items.map(({ noun, verbs }: { noun: string; verbs: string[] }) => [noun, verbs]));
    const { items } = (await auditor.get('/api/log?limit=1000')).body as { items: { noun: string; verb: string }[] };
    expect(items.filter(({ noun, verb }) => !known.get(noun)!.includes(verb.startsWith('xstate.') ? 'byTime' : verb))).toEqual([]);
    expect((await auditor.get(`/api/log?noun=delivery&entity=${id}&verb=byTime`)).body.items).toMatchObject([{ verb: 'xstate.after.untilSend.delivery.approved' }]);
  });

  test.each([['after=-1', '?after'], ['noun=ticket', '?noun'], ['entity=x', '?entity'], ['entity=99999999999', '?entity']])('with ?%s names %s', async (query, pointer) => {
    expect((await auditor.get(`/api/log?${query}`)).body.errors).toMatchObject([{ pointer }]);
  });
});

test('the log says when it was last proved, how far, and what was found', async () => {
  const verified = async (script: Script) => (await script.get('/api/log?noun=delivery&limit=1')).body.verified;
  expect(await verified(auditor)).toBeNull();
  await sealOnce(api.api.kernel.pool);
  const proof = await verifyAudit(api.api.kernel.pool);
  await noteCheck(api.api.kernel, proof);
  expect(await verified(stranger)).toEqual({ at: expect.any(String), position: proof.sealed, findings: 0 });
  await noteCheck(api.api.kernel, { ...proof, findings: [{ code: 'row.changed' }] });
  expect((await verified(auditor)).findings).toBe(1); // the last one counts
  await expect(api.sql('update audit_check set findings = 0')).rejects.toThrow(/permission denied/);
});

describe('the log for people', () => {
  test('is given the newest first, page by page, each entry once', async () => {
    const all = (await auditor.get('/api/log?limit=1000')).body.items.map(({ position }: { position: number }) => position);
    const found: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { body } = await auditor.get(`/api/log?sort=-createdAt&limit=3${cursor && `&cursor=${cursor}`}`);
      found.push(...body.items.map(({ position }: { position: number }) => position));
      cursor = body.next;
    }
    expect(found).toEqual([...all].reverse());
  });

  test('is given for a period, its end left out', async () => {
    const { items } = (await auditor.get('/api/log?limit=1000')).body as { items: { position: number; at: string }[] };
    const [from, to] = [items[2]!.at, items.at(-1)!.at];
    const { body } = await auditor.get(`/api/log?limit=1000&from=${from}&until=${to}`);
    expect(body.items.map(({ position }: { position: number }) => position)).toEqual(items.filter(({ at }) => at >= from && at < to).map(({ position }) => position));
  });

  test('is given whole as CSV, to whom it is given at all', async () => {
    const { items } = (await auditor.get('/api/log?limit=1000&noun=wiki')).body;
    const { text } = await auditor.get('/api/log.csv?noun=wiki').expect('Content-Type', /^text\/csv/);
    expect(text.trim().split('\r\n')).toHaveLength(items.length + 1);
    await stranger.get('/api/log.csv').expect(403);
  });

  test('ends as CSV with the right to read it, also where it is half read', async () => {
    const { kernel } = api.api;
    const reader = await api.person('Reader', ['auditor']);
    for (let i = 0; i < 1_000; i++) await noteOn(kernel, { actor: system, noun: 'user', id: reader.id, verb: 'search' }, async () => true);
    const script = await api.script(reader);
    await sealOnce(kernel.pool);
    const { pool } = kernel;
    const read = jest.spyOn(pool, 'query').mockImplementation((async (...asked: Parameters<typeof pool.query>) => {
      const found = await pool.constructor.prototype.query.apply(pool, asked);
      if (String(asked[0]).includes('s.position > $1')) await api.sql(`update membership set state = 'ended' where user_id = $1`, [reader.id]);
      return found;
    }) as never);
    const fate = await script.get('/api/log.csv').then(({ text }) => text.split('\r\n').length, () => 'cut off');
    read.mockRestore();
    expect(fate).toBe('cut off');
  });
});

describe('the log as an event stream', () => {
  let server: Server;
  beforeAll(() => void (server = api.app.listen(0)));
  afterAll(() => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  }));

  const follow = (query: string, script: Script, more: Record<string, string> = {}) => {
    const entries: { position: number; verb: string; entity: number }[] = [];
    const beats: string[] = [];
    let wake = (): void => {};
    const asked = get({ port: (server.address() as AddressInfo).port, path: `/api/log${query}`, headers: { authorization: `Bearer ${script.key}`, accept: 'text/event-stream', ...more } }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        rest += text;
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(rest.slice(0, end))?.[1];
          const data = field('data');
          if (field('event') === 'beat') beats.push(field('id')!);
          else if (data) entries.push(...JSON.parse(data).items);
          rest = rest.slice(end + 2);
        }
        wake();
      });
    });
    const until = async (count: number) => {
      while (entries.length < count) await new Promise<void>((done) => (wake = done));
      return entries;
    };
    const beat = async () => {
      while (!beats.length) await new Promise<void>((done) => (wake = done));
      return beats;
    };
    return { entries, until, beat, close: () => asked.destroy() };
  };

  test('gives what stands after a position, then what is sealed, each entry once', async () => {
    const stream = follow('?after=5', auditor);
    const [{ n }] = await api.sql('select max(position)::int as n from seal');
    await stream.until(n - 5);
    await approver.post(`/api/deliveries/${id}/pause`).expect(409);
    await sender.post('/api/target-lists', { name: 'New', wiki: 'en.example.org', content: '' });
    await sealOnce(api.api.kernel.pool);
    const entries = await stream.until(n - 4);
    expect(entries.map(({ position }) => position)).toEqual(Array.from({ length: n - 4 }, (_, i) => i + 6));
    stream.close();
  });

  test('begins where a broken one ended, and without either, now', async () => {
    const [{ n }] = await api.sql('select max(position)::int as n from seal');
    const again = follow('', auditor, { 'last-event-id': String(n - 2) });
    const fresh = follow('', auditor);
    expect((await again.until(2)).map(({ position }) => position)).toEqual([n - 1, n]);
    await new Promise((done) => setTimeout(done, 1_500));
    expect(fresh.entries).toEqual([]);
    again.close();
    fresh.close();
  });

  test('beats every 15 seconds, and a beat keeps the place where a broken stream goes on', async () => {
    jest.useFakeTimers({ doNotFake: allBut('setInterval', 'clearInterval') });
    try {
      const [{ n }] = await api.sql('select max(position)::int as n from seal');
      const stream = follow(`?after=${n - 1}`, auditor);
      await stream.until(1);
      jest.advanceTimersByTime(15_000);
      expect(await stream.beat()).toEqual([String(n)]);
      stream.close();
    } finally {
      jest.useRealTimers();
    }
  });

  test('holds of a noun only what the reader may see', async () => {
    const stream = follow('?noun=delivery&after=0', stranger);
    await stream.until(1);
    await new Promise((done) => setTimeout(done, 300));
    expect(new Set(stream.entries.map(({ entity }) => entity))).toEqual(new Set([id]));
    stream.close();
  });
});
