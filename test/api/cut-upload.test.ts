/** A list that is sent as a stream and cut off in the middle: nothing of it stands, and nothing of it is kept. */
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { testApi, type Script } from '../support/api';
import { eventually } from '../support/eventually';
import { collectGarbage } from '../support/heap';

const api = testApi();
let sender: Script;
let server: Server;
/** Every upload, as long as anything holds on to it. */
const requests: WeakRef<IncomingMessage>[] = [];
beforeAll(async () => {
  await api.wiki('en.example.org');
  sender = await api.script(await api.person('Sender', ['sender']));
  server = createServer(api.app).on('request', (req) => void (req.headers['user-agent'] ?? requests.push(new WeakRef(req))));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});


const PATH = '/api/target-lists?name=Cut&wiki=en.example.org';
const port = (): number => (server.address() as AddressInfo).port;
const LINES = Array.from({ length: 2_000 }, (_, n) => `User talk:Reader ${n}\n`).join('');
/** Some megabytes. */
const PIECES = 100;

/** The nameless files that bodies are kept in until they are whole. */
const kept = (): string[] => readdirSync('/proc/self/fd').flatMap((fd) => { try { return [readlinkSync(`/proc/self/fd/${fd}`)]; } catch { return []; } }).filter((file) => file.includes('reeve-upload-'));
const rows = () => api.sql(`select (select count(*)::int from target_list) as lists, (select count(*)::int from target_list_revision) as revisions, (select count(*)::int from target_list_page) as pages, (select count(*)::int from audit where noun = 'targetList') as said`);

/** Sends a part of what its head promises. */
async function upload(head: string, piece: (lines: string) => string, key: string): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1').on('error', () => {});
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${sender.key}\r\nContent-Type: text/plain\r\nIdempotency-Key: ${key}\r\n${head}\r\n\r\n`);
  for (let n = 0; n < PIECES; n++) if (!socket.write(piece(LINES))) await new Promise((done) => socket.once('drain', done));
  await eventually(() => expect(kept()).toHaveLength(1)); // it is being taken in
  return socket;
}

const counted = { head: `Content-Length: ${LINES.length * PIECES * 2}`, piece: (lines: string) => lines };
const chunked = { head: 'Transfer-Encoding: chunked', piece: (lines: string) => `${lines.length.toString(16)}\r\n${lines}\r\n` };

test.each([
  ['is reset', 'counted', counted, (socket: Socket) => socket.resetAndDestroy()],
  ['is closed', 'counted', counted, (socket: Socket) => socket.destroy()],
  ['is ended as if that were all', 'counted', counted, (socket: Socket) => socket.end()],
  ['is reset between two chunks', 'chunked', chunked, (socket: Socket) => socket.resetAndDestroy()],
  ['is ended between two chunks', 'chunked', chunked, (socket: Socket) => socket.end()],
  ['is ended within a chunk', 'chunked', chunked, (socket: Socket) => socket.end('7d00\r\nUser talk:Half')],
])('when the connection %s (%s), there is no list, and said again with the same key it is made once', async (how, _form, { head, piece }, cut) => {
  const before = await rows();
  const key = `cut-${how.replaceAll(' ', '-')}`;
  const socket = await upload(head, piece, key);
  cut(socket);
  await eventually(() => expect(kept()).toEqual([])); // then whoever took it in is done with it
  expect(await rows()).toEqual(before);
  for (let again = 0; again < 2; again++) {
    const answer = await fetch(`http://127.0.0.1:${port()}${PATH}`, { method: 'POST', headers: { Authorization: `Bearer ${sender.key}`, 'Content-Type': 'text/plain', 'Idempotency-Key': key }, body: LINES });
    expect([answer.status, ((await answer.json()) as { targets: number }).targets]).toEqual([201, 2_000]);
  }
  expect((await rows())[0].lists).toBe(before[0].lists + 1);
});

test('nothing holds on to what was cut off', async () => {
  expect(requests.length).toBeGreaterThan(5);
  await eventually(() => {
    collectGarbage();
    expect(requests.flatMap((request) => request.deref()?.url ?? [])).toEqual([]);
  });
});
