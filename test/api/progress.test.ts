import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import { testApi, type Script } from '../support/api';
import { allBut } from '../support/timers';

const api = testApi();
let server: Server;
let sender: Script;
let wikiId: number;
beforeAll(async () => {
  server = api.app.listen(0);
  wikiId = (await api.wiki('en.example.org')).id;
  sender = await api.script(await api.person('Sender', ['sender']));
});
afterAll(() => new Promise((done) => {
  server.close(done);
  server.closeAllConnections();
}));

const running = async () => {
  const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  const { body } = await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Hello', body: 'World' });
  await sender.post(`/api/deliveries/${body.id}/submit`);
  await api.sql("update delivery set state = 'running', timers = '{}', due_at_ms = null where id = $1", [body.id]);
  await api.sql('insert into delivery_wiki (delivery_id, wiki_id, total) values ($1, $2, 10)', [body.id, wikiId]);
  return body.id as number;
};

interface Stream {
  events: { event: string; data: any; atMs: number }[];  
  headers: IncomingMessage['headers'];
  ended: Promise<void>;
  until(event: string): Promise<any>;  
  close(): void;
}
const follow = (id: number, headers: Record<string, string>): Promise<Stream> =>
  new Promise((done, fail) => {
    const asked = get({ port: (server.address() as AddressInfo).port, path: `/api/deliveries/${id}/progress`, headers }, (response) => {
      const events: Stream['events'] = [];
      let rest = '';
      let wake = (): void => {};
      response.setEncoding('utf8').on('data', (text: string) => {
        rest += text;
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(rest.slice(0, end))?.[1];
          if (field('data')) events.push({ event: field('event')!, data: JSON.parse(field('data')!), atMs: performance.now() });
          rest = rest.slice(end + 2);
        }
        wake();
      });
      let seen = 0;
      const until = async (event: string) => {
        for (;;) {
          for (; seen < events.length; ) if (events[seen++]!.event === event) return events[seen - 1]!.data;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      done({ events, headers: response.headers, ended: new Promise((resolve) => response.on('close', () => resolve())), until, close: () => asked.destroy() });
    });
    asked.on('error', fail);
  });
const withKey = (script: Script) => ({ authorization: `Bearer ${script.key}` });

describe('live progress', () => {
  test('begins with the whole delivery, then tells counts as they change, then that its state did', async () => {
    const id = await running();
    const stream = await follow(id, withKey(sender));
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(await stream.until('snapshot')).toMatchObject({ id, state: 'running', counts: { total: 10, pending: 10 }, actions: expect.any(Array) });
    await api.sql('update delivery_wiki set sent = 3, failed = 1 where delivery_id = $1', [id]);
    expect(await stream.until('progress')).toMatchObject({ state: 'running', counts: { total: 10, pending: 6, sent: 3, failed: 1 }, wikis: [{ host: 'en.example.org', sent: 3 }] });
    await sender.post(`/api/deliveries/${id}/pause`);
    expect(await stream.until('changed')).toEqual({ state: 'paused', version: expect.any(Number) });
    stream.close();
  });

  test('tells that nothing moves any more: a wiki in trouble keeps no rate of before', async () => {
    const id = await running();
    const stream = await follow(id, withKey(sender));
    await stream.until('snapshot');
    await api.sql('update delivery_wiki set sent = 1 where delivery_id = $1', [id]);
    await stream.until('progress'); // whatever comes now is more than was seen at first
    await api.sql('update delivery_wiki set sent = 3 where delivery_id = $1', [id]);
    const rates: number[] = [];
    while (rates.length < 3) rates.push(...[(await stream.until('progress')).perMinute].filter((rate) => rate !== null));
    expect(rates[2]).toBeLessThan(Math.max(...rates));
    stream.close();
  });

  test('says when something begins to need attention, and when it does no more', async () => {
    const id = await running();
    const stream = await follow(id, withKey(sender));
    await stream.until('snapshot');
    const { row } = await create(api.api.kernel, {
      noun: 'operation', actor: system,
      values: { workflowId: `delivery/${id}/en.example.org`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${id}`, wiki: 'en.example.org', code: 'wiki.readonly', attempts: 5, skippable: false, detail: null },
    });
    await stream.until('changed');
    expect((await sender.get(`/api/deliveries/${id}`)).body.attention).toMatchObject([{ operation: row.id, code: 'wiki.readonly' }]);
    await api.sql("update operation set state = 'retrying' where id = $1", [row.id]);
    await stream.until('changed');
    stream.close();
  });

  test('tells a visitor, too, of what is public, and gives the actions of nobody', async () => {
    const stream = await follow(await running(), {});
    expect((await stream.until('snapshot')).actions).toEqual([]);
    stream.close();
  });

  test('says no more than four things a second, however much happens, and asks Postgres once for all who listen', async () => {
    const id = await running();
    const streams = await Promise.all(Array.from({ length: 5 }, () => follow(id, withKey(sender))));
    const { pool } = api.api.kernel;
    const asked = jest.spyOn(pool, 'query');
    const begun = performance.now();
    const heard = () => streams.every(({ events }) => events.filter(({ event }) => event !== 'snapshot').length > 4);
    for (let i = 1; performance.now() - begun < 3_000 || !heard(); i++) {
      await api.sql('update delivery_wiki set sent = $2 where delivery_id = $1', [id, i % 10]);
      await api.sql('update delivery set version = version + 1 where id = $1', [id]);
      await new Promise((done) => setTimeout(done, 20));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const polls = asked.mock.calls.filter(([query]) => (query as { name?: string }).name === 'delivery-progress').length;
    asked.mockRestore();
    for (const { events, close } of streams) {
      const later = events.filter(({ event }) => event !== 'snapshot');
      for (const { atMs } of later) expect(later.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1_000).length).toBeLessThanOrEqual(4);
      close();
    }
    expect(polls).toBeLessThanOrEqual(2 * seconds + 2);
  });

  test('goes on for who is slow to read a long message', async () => {
    const id = await running();
    await api.sql(`update delivery set body = repeat('"', 6000000) where id = $1`, [id]);
    const socket = connect((server.address() as AddressInfo).port).on('error', () => {});
    socket.write(`GET /api/deliveries/${id}/progress HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${sender.key}\r\n\r\n`);
    await once(socket, 'readable'); // and no further: as much waits as the kernel does not take
    for (let i = 1; i <= 3; i++) {
      await api.sql('update delivery_wiki set sent = $2 where delivery_id = $1', [id, i]);
      await new Promise((done) => setTimeout(done, 700));
    }
    let read = '';
    for await (const text of socket.setEncoding('utf8')) if ((read = read.slice(-500) + String(text)).includes('"sent":3')) break;
    expect(read).toContain('event:progress');
  });

  test('ends when the key is revoked', async () => {
    const id = await running();
    const bea = await api.script(await api.person('Bea'));
    const stream = await follow(id, withKey(bea));
    await stream.until('snapshot');
    await bea.post(`/api/keys/${bea.id}/revoke`);
    await api.sql('update delivery set version = version + 1 where id = $1', [id]); // else at the next beat, 15 s on
    await expect(stream.ended).resolves.toBeUndefined();
  });

  test('ends when the session is signed out, and when the delivery is nobody\'s to see any more', async () => {
    const [id, hidden] = [await running(), await running()];
    const browser = await api.browser(await api.person('Cleo'));
    const cookie = /reeve=[^;]+/.exec(String((await browser.agent.get('/api/me')).request.cookies))![0];
    const [one, two] = [await follow(id, { cookie }), await follow(hidden, { cookie })];
    await api.sql("update delivery set version = version + 1, state = 'draft' where id = $1", [hidden]);
    await expect(two.ended).resolves.toBeUndefined();
    await browser.delete('/api/sessions/current');
    await api.sql('update delivery set version = version + 1 where id = $1', [id]);
    await expect(one.ended).resolves.toBeUndefined();
  });

  test('goes on while it may: the control of the two above', async () => {
    const id = await running();
    const stream = await follow(id, withKey(sender));
    for (let i = 0; i < 2; i++) {
      await api.sql('update delivery set version = version + 1 where id = $1', [id]);
      expect(await stream.until('changed')).toMatchObject({ state: 'running' });
    }
    stream.close();
  });

  test('beats every 15 seconds while nothing happens, so that a page knows that it is still live', async () => {
    jest.useFakeTimers({ doNotFake: allBut('setInterval', 'clearInterval') });
    try {
      const stream = await follow(await running(), withKey(sender));
      await stream.until('snapshot');
      jest.advanceTimersByTime(14_000);
      await api.sql('update delivery_wiki set sent = sent + 1');
      await stream.until('progress');
      expect(stream.events.map(({ event }) => event)).not.toContain('beat');
      jest.advanceTimersByTime(1_000);
      expect(await stream.until('beat')).toBeNull();
      stream.close();
    } finally {
      jest.useRealTimers();
    }
  });

  test.each(['the delivery', 'the log'])('ends at once for who asks for its head alone, so that no connection is left behind: %s', async (what) => {
    const id = await running();
    const path = what === 'the log' ? `/api/log?noun=delivery&entity=${id}` : `/api/deliveries/${id}/progress`;
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method: 'HEAD', headers: { ...withKey(sender), accept: 'text/event-stream' }, signal: AbortSignal.timeout(2_000) });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/event-stream')]);
  });

  test('is a problem, and no stream, for what one may not see', async () => {
    const stream = await follow(987_654, withKey(sender));
    expect(stream.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});
