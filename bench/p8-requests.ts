/**
 * P8: GET of one delivery with session, policy and what the reader may do, and POST of a verb to it (pause and resume, in
 * turn), over HTTP, 8 at once; beside bare Express 5 that sends Postgres the same statements, prepared alike, and answers
 * with what they give: no session store, no policy, no machine, no check, no log.
 *   npm run bench -- p8 [requests a round] [rounds]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import { pino } from 'pino';
import { Client } from 'undici';
import { startApi } from '../api/server';
import { createLogger } from '../bin/logger';
import { readConfig } from '../config';
import { apply } from '../db/apply';
import { create } from '../db/create';
import { openDatabase } from '../db/data-source';
import { createKernel, type Kernel } from '../db/kernel';
import { migrate } from '../db/migrate';
import { hashPassword } from '../gateways/passwords';
import { system } from '../policies/actor';
import { makeDelivery, makeWiki, SECRET_KEY } from '../test/support/house';
import { services } from '../test/support/services';
import { median, verdict } from './verdict';

const AT_ONCE = 8;
const PASSWORD = 'a password of benches';

/** A statement as Reeve sent it, and what of its values hangs on the thing that it is about. */
interface Statement {
  name?: string;
  text: string;
  values: unknown[];
}
/** Of one request each, of the first delivery: `version` is what stood before a verb. */
interface Recording {
  id: number;
  get: Statement[];
  verbs: Record<string, { version: number; statements: Statement[] }>;
}
type Order = { url: string; recording?: Recording };

async function serveReeve({ url }: Order): Promise<number> {
  const database = await openDatabase(url, 16, 'bench-reeve');
  const { server } = await startApi({ ...parts(createKernel(database), url), logger: createLogger('info', 'api') });
  return (server.address() as AddressInfo).port;
}

const parts = (kernel: Kernel, url: string) => ({
  kernel, redis: [], temporal: async () => true, logger: pino({ level: 'silent' }),
  config: readConfig({ DATABASE_URL: url, REEVE_SECRET_KEY: SECRET_KEY, REEVE_EMBEDDED: '1', PORT: '0', LOG_LEVEL: 'info' }),
});

async function serveBare({ url, recording }: Order): Promise<number> {
  const { id, get, verbs } = recording!;
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  const answer = async (statements: Statement[]): Promise<unknown> => {
    let last: unknown;
    for (const statement of statements) {
      const { rows, rowCount } = await pool.query(statement);
      if (rowCount !== 1) throw new Error(`${statement.name} found ${rowCount} rows`); // each is about one thing, a write too
      last = rows[0];
    }
    return last;
  };
  const app = express();
  app.get('/api/deliveries/:id', async (req, res) => res.json(await answer(forThing(get, id, Number(req.params.id)))));
  app.post('/api/deliveries/:id/:verb', async (req, res) => {
    const { version, statements } = verbs[req.params.verb]!;
    const thing = Number(req.params.id);
    const at = statements.findIndex(({ name }) => name?.startsWith('read-')); // says which version stands
    await answer(forThing(statements.slice(0, at), id, thing));
    const row = (await answer(forThing(statements.slice(at, at + 1), id, thing))) as { version: number };
    res.json(await answer(forThing(statements.slice(at + 1), id, thing, row.version - version)));
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The same statements for another thing: its id, and its version where a verb was recorded at another. */
const forThing = (statements: Statement[], recorded: number, id: number, later?: number): Statement[] =>
  statements.map(({ values, ...statement }) => ({ ...statement, values: values.map((value) => (value === recorded ? id : later !== undefined && typeof value === 'number' && value < 1_000_000 ? value + later : value)) }));

/** Everything that the API asks Postgres for while it answers, a wake-up of dispatchers left out. */
async function record(pool: pg.Pool, work: () => Promise<unknown>): Promise<Statement[]> {
  const query = pool.query;
  const seen: Statement[] = [];
  pool.query = ((...args: unknown[]) => {
    const [first, second] = args;
    const { name, text, values = [] } = typeof first === 'string' ? { name: undefined, text: first, values: second as unknown[] } : (first as Statement);
    if (!/notify/i.test(text)) seen.push({ name, text, values });
    return query.apply(pool, args as never) as unknown;
  }) as never;
  await work();
  pool.query = query;
  return seen;
}

interface Signed {
  cookie: string;
  token: string;
}

async function prepare(kernel: Kernel, url: string): Promise<{ ids: number[]; signed: Signed; recording: Recording }> {
  const { row: user } = await create(kernel, { noun: 'user', values: { name: 'Sender', passwordHash: await hashPassword(PASSWORD), language: 'en', timeZone: 'UTC' }, actor: system });
  await create(kernel, { noun: 'membership', values: { userId: user.id, role: 'globalSender', wikiId: null, untilMs: null, note: null }, actor: system, then: 'approve' });
  const sender = { kind: 'user' as const, userId: user.id, grants: [{ role: 'globalSender' as const, wikiId: null }] };
  const wiki = await makeWiki(kernel, { apiUrl: 'http://wiki.example.org/api.php', user: 'Bot', password: 'of nobody' });
  const ids: number[] = [];
  for (let i = 0; i < AT_ONCE; i++) {
    const { id } = await makeDelivery(kernel, sender, wiki, Array.from({ length: 10 }, (_, page) => `User talk:Reader ${page}`));
    await apply(kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
    await kernel.pool.query('insert into delivery_wiki (delivery_id, wiki_id, total) values ($1, $2, 10)', [id, wiki.id]);
    await apply(kernel, { noun: 'delivery', id, verb: 'expanded', actor: system });
    ids.push(id);
  }
  const running = await startApi(parts(kernel, url));
  try {
    const at = (path: string, init?: RequestInit) => fetch(`${running.url}/api/${path}`, init);
    const signIn = await at('sessions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Sender', password: PASSWORD }) });
    const signed = { cookie: signIn.headers.getSetCookie()[0]!.split(';')[0]!, token: ((await signIn.json()) as { csrfToken: string }).csrfToken };
    const headers = { cookie: signed.cookie, 'x-csrf-token': signed.token };
    const id = ids[0]!;
    const ask = async (method: string, path: string): Promise<{ version: number }> => {
      const reply = await at(`deliveries/${id}${path}`, { method, headers });
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
      return (await reply.json()) as { version: number };
    };
    const get = await record(kernel.pool, () => ask('GET', ''));
    const verbs: Recording['verbs'] = {};
    for (const verb of ['pause', 'resume']) {
      const { version } = await ask('GET', '');
      verbs[verb] = { version, statements: await record(kernel.pool, () => ask('POST', `/${verb}`)) };
    }
    console.log(`statements: GET ${get.length}, POST ${verbs.pause!.statements.length}`);
    return { ids, signed, recording: { id, get, verbs } };
  } finally {
    await running.stop();
  }
}

interface Load {
  perSecond: number;
  p99: number;
}

/** Each connection has a thing of its own. */
async function load(port: number, ids: number[], { cookie, token }: Signed, kind: 'GET' | 'POST', requests: number): Promise<Load> {
  const took: number[] = [];
  const beganMs = performance.now();
  await Promise.all(ids.map(async (id) => {
    const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 1 });
    for (let i = 0; i < requests / ids.length; i++) {
      const askedMs = performance.now();
      const path = `/api/deliveries/${id}${kind === 'GET' ? '' : i % 2 ? '/resume' : '/pause'}`;
      const { statusCode, body } = await client.request({ method: kind, path, headers: { cookie, 'x-csrf-token': token } });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${kind} ${path}: ${statusCode} ${text}`);
      took.push(performance.now() - askedMs);
    }
    await client.close();
  }));
  const perSecond = (took.length / (performance.now() - beganMs)) * 1_000;
  return { perSecond, p99: took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]! };
}

async function begin(side: 'reeve' | 'bare', order: Order): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(__filename, ['serve', side], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
  child.send(order);
  const [port] = await once(child, 'message');
  return { port, child };
}

async function main(): Promise<void> {
  const [requests, rounds] = [Number(process.argv[2] ?? 8_000), Number(process.argv[3] ?? 5)];
  const url = services.databaseAppUrl();
  await migrate(services.databaseOwnerUrl(), url);
  const owner = new pg.Client({ connectionString: services.databaseOwnerUrl() });
  await owner.connect();
  await owner.query('alter table delivery alter id restart with 1001'); // no version is as high: a statement's values tell them apart
  await owner.end();
  const database = await openDatabase(url, 4, 'bench');
  const { ids, signed, recording } = await prepare(createKernel(database), url);
  await database.close();
  const [reeve, bare] = [await begin('reeve', { url }), await begin('bare', { url, recording })];
  try {
    const found: Record<'GET' | 'POST', { ratio: number; late: number; own: Load; other: Load }[]> = { GET: [], POST: [] };
    for (const kind of ['GET', 'POST'] as const)
      for (let round = 0; round <= rounds; round++) {
        const rates: Load[] = [];
        const sides = [async () => void (rates[0] = await load(reeve.port, ids, signed, kind, requests)), async () => void (rates[1] = await load(bare.port, ids, signed, kind, requests))];
        for (const side of round % 2 ? sides.reverse() : sides) await side();
        const [own, other] = rates as [Load, Load];
        if (!round) continue; // warms up
        found[kind].push({ ratio: own.perSecond / other.perSecond, late: own.p99 / other.p99, own, other });
        console.log(`round ${round}: ${kind} ${own.perSecond.toFixed(0)}/s beside ${other.perSecond.toFixed(0)}/s, p99 ${own.p99.toFixed(1)} ms beside ${other.p99.toFixed(1)} ms`);
      }
    const of = (kind: 'GET' | 'POST') => {
      const all = found[kind];
      return { ratio: median(all.map(({ ratio }) => ratio)), late: median(all.map(({ late }) => late)), own: median(all.map(({ own }) => own.perSecond)), other: median(all.map(({ other }) => other.perSecond)) };
    };
    const [get, post] = [of('GET'), of('POST')];
    verdict('P8 GET', `a delivery: ${get.own.toFixed(0)}/s beside ${get.other.toFixed(0)}/s of bare Express: ${get.ratio.toFixed(2)} (reach 0.75), p99 ${get.late.toFixed(2)} × (reach 1.5)`, get.ratio >= 0.75 && get.late <= 1.5);
    verdict('P8 POST', `pause and resume of a delivery: ${post.own.toFixed(0)}/s beside ${post.other.toFixed(0)}/s: ${post.ratio.toFixed(2)} (reach 0.6)`, post.ratio >= 0.6);
  } finally {
    reeve.child.kill('SIGKILL');
    bare.child.kill('SIGKILL');
  }
}

if (process.argv[2] === 'serve') process.once('message', (order: Order) => void (process.argv[3] === 'reeve' ? serveReeve(order) : serveBare(order)).then((port) => process.send!(port)));
else void main();
