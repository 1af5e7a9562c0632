/**
 * A world in which every connection that this process begins is seen, names resolve to what a case says, one wiki is
 * configured and everything else is a trap: each way out of Reeve is led through it, and tells where it went. Used by
 * test/gateways/outgoing.test.ts and bench/chaos/r21-outgoing.ts.
 */
import dns from 'node:dns';
import dnsPromises from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import { isIP, Socket, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createWikis } from '../../activities/wikis';
import { createApp } from '../../api/server';
import { readConfig } from '../../config';
import { create } from '../../db/create';
import { createHttp } from '../../gateways/http';
import { createMediaWiki } from '../../gateways/mediawiki';
import { newApiKey } from '../../gateways/api-key';
import { system } from '../../policies/actor';
import { makeUser, openHouse, SECRET_KEY, unique } from './house';
import type { Ports, SsrfCase } from './ssrf-cases';

/** `api` is what an admin can have called: a wiki configured, changed, and tested. */
export const waysOut = ['gateway', 'wiki', 'api'] as const;
export type WayOut = (typeof waysOut)[number];

export interface SsrfWorld {
  ports: Ports;
  /** @returns where it went, as `address:port`, the configured wiki left out where it may be called. */
  leaks(one: SsrfCase, way: WayOut): Promise<string[]>;
  close(): Promise<void>;
}

export async function openSsrf(databaseUrl: string): Promise<SsrfWorld> {
  const names = new Names(new URL(databaseUrl).hostname);
  const turning: Pick<SsrfCase, 'hops' | 'turns'> = {};
  const wiki = await listening(wikiThatTurns(turning));
  const trap = await listening(createServer((_req, res) => void res.end('{}')));
  const trap6 = await listening(createServer((_req, res) => void res.end('{}')), '::1', portOf(trap)).catch(() => undefined); // a machine without IPv6
  const ports = { wiki: portOf(wiki), trap: portOf(trap) };
  const house = await openHouse(databaseUrl, undefined, 4);
  const apis = { true: await openApi(house.kernel, databaseUrl, true), false: await openApi(house.kernel, databaseUrl, false) };
  const within = new Set([Number(new URL(databaseUrl).port || 5432), apis.true.port, apis.false.port]);
  const attempts = new Attempts();

  const ways: Record<WayOut, (one: SsrfCase) => Promise<unknown>> = {
    async gateway({ url, allowPrivate }) {
      const to = URL.canParse(url) && new URL(url);
      if (!to) return;
      const http = createHttp({ allowHost: (host) => host === to.host, allowPrivateHosts: allowPrivate, timeoutMs: 2_000 });
      for (const _ of [1, 2]) await http.post(to, 'lgpassword=secret', { cookie: 'session=1' }).catch(() => undefined);
      await http.close();
    },
    async wiki({ url, allowPrivate }) {
      if (!URL.canParse(url)) return;
      const gateway = createMediaWiki({ apiUrl: url, as: { user: 'Bot@x', password: 'secret' }, userAgent: 'Test', allowPrivateHosts: allowPrivate, timeoutMs: 2_000 });
      for (const call of [() => gateway.siteInfo(), () => gateway.text('A'), () => gateway.members('Category:A')[Symbol.asyncIterator]().next(), () => gateway.pages(['A']), () => gateway.render('A', 'a'), () => gateway.lint('a'), () => gateway.append({ title: 'A', text: 'a', createOnly: true, summary: 's' })])
        await call().catch(() => undefined);
      await gateway.close();
    },
    async api({ url, allowPrivate, names: book }) {
      const { ask } = apis[`${allowPrivate}`];
      const bot = { apiUrl: url, botUser: 'Bot@x', botPassword: 'secret' };
      const made = await ask('POST', '/api/wikis', { host: `${unique('wiki')}.example.org`, ...bot });
      if (made.id) await ask('POST', `/api/wikis/${made.id}/test`, {});
      names.book(book);
      const other = await ask('POST', '/api/wikis', { host: `${unique('wiki')}.example.org`, ...bot, apiUrl: 'http://not-there.example.org/api.php' });
      names.book(book);
      const changed = await ask('PATCH', `/api/wikis/${other.id}`, bot);
      if (changed.id) await ask('POST', `/api/wikis/${other.id}/test`, {});
    },
  };

  return {
    ports,
    async leaks(one, way) {
      names.book(one.names);
      // What is configured was looked at before: only the API's own way does that by itself.
      if (way !== 'api') for (const [name, answers] of Object.entries(one.names ?? {})) if (answers.length > 1) await dnsPromises.lookup(name, { all: true });
      Object.assign(turning, { hops: one.hops, turns: one.turns });
      attempts.seen.length = 0;
      await ways[way](one);
      return attempts.seen.filter(({ address, port }) => !within.has(port) && !(one.mayCallWiki && address === '127.0.0.1' && port === ports.wiki)).map(({ address, port }) => `${address}:${port}`);
    },
    async close() {
      attempts.end();
      names.end();
      for (const server of [wiki, trap, trap6, apis.true.server, apis.false.server]) {
        server?.closeAllConnections();
        await new Promise((done) => (server ? server.close(done) : done(undefined)));
      }
      for (const api of Object.values(apis)) await api.close();
      await house.close();
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<Server> {
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
  return server;
}

/** Signs everybody in, and then, or at once, sends them elsewhere. */
function wikiThatTurns(turning: Pick<SsrfCase, 'hops' | 'turns'>): Server {
  return createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => (body += chunk)).on('end', () => {
      const hops = turning.hops ?? [];
      const step = /^\/(?:hop-(\d)|next)/.exec(req.url!);
      const signingIn = /type=login|action=login|assert=user&|meta=userinfo/.test(body);
      const at = step ? Number(step[1] ?? 0) + 1 : 0;
      const hop = turning.turns === 'later' && signingIn ? undefined : hops[Math.min(at, hops.length - 1)];
      if (hop) return void res.writeHead(hop.status, { location: hop.location }).end();
      const query = { tokens: { logintoken: 'a', csrftoken: 'b' }, userinfo: { name: 'Bot', groups: [], rights: ['edit'] } };
      res.end(JSON.stringify({ query, login: { result: 'Success' }, curtimestamp: new Date().toISOString() }));
    });
  });
}

async function openApi(kernel: Awaited<ReturnType<typeof openHouse>>['kernel'], databaseUrl: string, allowPrivateHosts: boolean) {
  const config = readConfig({ DATABASE_URL: databaseUrl, REEVE_SECRET_KEY: SECRET_KEY, REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: allowPrivateHosts ? '1' : '0', LOG_LEVEL: 'silent' });
  const freshWiki = async (wikiId: number) => (await createWikis({ kernel, secretKey: SECRET_KEY, userAgent: 'Test', timeoutMs: 2_000, allowPrivateHosts })(wikiId)).gateway;
  const { app, close } = createApp({ kernel, config, redis: [], temporal: async () => true, logger: pino({ level: 'silent' }), freshWiki });
  const { userId } = await makeUser(kernel, 'admin');
  const { secret, hash } = newApiKey();
  await create(kernel, { noun: 'key', values: { userId, label: '', hash, scopes: ['all'], expiresAtMs: null, lastUsedAtMs: null }, actor: system });
  const server = await listening(createServer(app));
  const ask = async (method: string, path: string, body: object): Promise<{ id?: number }> => {
    const reply = await fetch(`http://127.0.0.1:${portOf(server)}${path}`, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'authorization': `Bearer ${secret}`, 'if-match': '*' } });
    const answer = (await reply.json()) as { id?: number; status?: number };
    if (reply.status >= 500) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${reply.status}`);
    return reply.ok ? answer : {};
  };
  return { ask, server, close, port: portOf(server) };
}

/** The name service of this process: a name has what its case gives it, asking after asking; others do not exist. */
class Names {
  private answers = new Map<string, string[][]>();
  private readonly real = { lookup: dns.lookup, later: dnsPromises.lookup };

  constructor(through: string) {
    const find = (name: string): dns.LookupAddress[] | undefined => {
      const left = this.answers.get(name.toLowerCase());
      const found = left && left.length > 1 ? left.shift() : left?.[0];
      return found?.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    const isThrough = (name: string): boolean => name === through || isIP(name) !== 0;
    const missing = (name: string): Error => Object.assign(new Error(`${name} is not there`), { code: 'ENOTFOUND' });
    dns.lookup = ((name: string, ...rest: unknown[]) => {
      const [how, done] = [rest[0], rest.at(-1)] as [dns.LookupOptions, (...found: unknown[]) => void];
      const found = find(name);
      if (!found && isThrough(name)) return (this.real.lookup as (...all: unknown[]) => void)(name, ...rest);
      setImmediate(() => (!found ? done(missing(name)) : how.all ? done(null, found) : done(null, found[0]!.address, found[0]!.family)));
    }) as never;
    dnsPromises.lookup = (async (name: string, how?: dns.LookupOptions) => {
      const found = find(name);
      if (!found) throw missing(name);
      return how?.all ? found : found[0];
    }) as never;
  }

  book(names: Record<string, string[][]> = {}): void {
    this.answers = new Map(Object.entries(names).map(([name, answers]) => [name, [...answers]]));
  }

  end(): void {
    dns.lookup = this.real.lookup;
    dnsPromises.lookup = this.real.later;
  }
}

/** Every address that a socket of this process tries, whatever opened it. */
class Attempts {
  readonly seen: { address: string; port: number }[] = [];
  private readonly real = Socket.prototype.connect;

  constructor() {
    const { real, seen } = this;
    Socket.prototype.connect = function (this: Socket, ...args: never[]) {
      this.on('connectionAttempt', (address: string, port: number) => void seen.push({ address, port }));
      return (real as (...all: unknown[]) => Socket).apply(this, args);
    } as never;
  }

  end(): void {
    Socket.prototype.connect = this.real;
  }
}
