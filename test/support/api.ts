/**
 * An API in this process on the file's own database, with people to ask it: sessions as browsers hold them, keys as
 * scripts. Every answer to them is held to the OpenAPI document.
 */
import { pino } from 'pino';
import request, { type Test } from 'supertest';
import type TestAgent from 'supertest/lib/agent';
import type { Api } from '../../api/context';
import { createApp, type ReeveApp } from '../../api/server';
import { readConfig } from '../../config';
import { create } from '../../db/create';
import { openDatabase, type Database } from '../../db/data-source';
import { createKernel } from '../../db/kernel';
import { newApiKey } from '../../gateways/api-key';
import { hashPassword } from '../../gateways/passwords';
import { seal } from '../../gateways/secret-box';
import { system, type Role } from '../../policies/actor';
import { conform } from './conform';
import { testDatabase } from './database';

export const PASSWORD = 'a password of tests';

export interface TestPerson {
  id: number;
  name: string;
}
export interface TestApi {
  api: Api;
  app: ReeveApp['app'];
  /** Makes a person who holds these roles, everywhere or on one wiki. */
  person(name: string, roles?: Role[], wikiId?: number | null): Promise<TestPerson>;
  /** A signed-in browser of that person: cookie and token are sent along. */
  browser(person: TestPerson): Promise<Browser>;
  /** A script with a key of that person. */
  script(person: TestPerson, scopes?: string[]): Promise<Script>;
  wiki(host: string, more?: Record<string, unknown>): Promise<{ id: number; host: string }>;
  sql<T = any>(text: string, values?: unknown[]): Promise<T[]>;
}
export interface Script {
  key: string;
  /** The key's id. */
  id: number;
  get(path: string): Test;
  post(path: string, body?: object): Test;
  put(path: string, body?: object): Test;
  patch(path: string, body?: object): Test;
  delete(path: string): Test;
}
export interface Browser extends Script {
  agent: TestAgent;
  token: string;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

const sent = (test: Test, method: Method, path: string, body?: object): Test =>
  (body === undefined ? test : test.send(body)).expect((response) => conform(method, path, response));

/** Call it at the top of a file, as `testDatabase()`. */
export function testApi(env: Record<string, string> = {}): TestApi {
  const database = testDatabase();
  const made = {} as TestApi & { opened: Database; running: ReeveApp };
  let hash: string;
  beforeAll(async () => {
    made.opened = await openDatabase(database.url, 8, 'test-api');
    const config = readConfig({ DATABASE_URL: database.url, REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only', REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: '1', LOG_LEVEL: 'silent', ...env });
    made.api = { kernel: createKernel(made.opened), config, redis: [], temporal: async () => true, logger: pino({ level: 'silent' }) };
    made.running = createApp(made.api);
    made.app = made.running.app;
    hash = await hashPassword(PASSWORD);
  });
  afterAll(async () => {
    await made.running?.close();
    await made.opened?.close();
  });
  made.person = async (name, roles = [], wikiId = null) => {
    const { kernel } = made.api;
    const { row } = await create(kernel, { noun: 'user', values: { name, passwordHash: hash, language: 'en', timeZone: 'UTC' }, actor: system });
    for (const role of roles)
      await create(kernel, { noun: 'membership', values: { userId: row.id, role, wikiId, untilMs: null, note: null }, actor: system, then: 'approve' });
    return { id: row.id, name };
  };
  made.script = async (person, scopes = ['all']) => {
    const { secret, hash } = newApiKey();
    const { row } = await create(made.api.kernel, { noun: 'key', values: { userId: person.id, label: '', hash, scopes, expiresAtMs: null, lastUsedAtMs: null }, actor: system });
    const { id } = row;
    const ask = (method: Method, path: string, body?: object) => sent(request(made.app)[method](path), method, path, body).set('Authorization', `Bearer ${secret}`);
    return {
      key: secret, id,
      get: (path) => ask('get', path),
      post: (path, body = {}) => ask('post', path, body),
      put: (path, body = {}) => ask('put', path, body),
      patch: (path, body = {}) => ask('patch', path, body),
      delete: (path) => ask('delete', path),
    };
  };
  made.browser = async (person) => {
    const agent = request.agent(made.app);
    const signedIn = await agent.post('/api/sessions').send({ name: person.name, password: PASSWORD });
    if (signedIn.status !== 201) throw new Error(`sign-in: ${signedIn.text}`);
    const token = signedIn.body.csrfToken as string;
    const ask = (method: Method, path: string, body?: object) => sent(agent[method](path), method, path, body).set('X-CSRF-Token', token);
    return {
      agent, token, key: '', id: 0,
      get: (path) => sent(agent.get(path), 'get', path),
      post: (path, body = {}) => ask('post', path, body),
      put: (path, body = {}) => ask('put', path, body),
      patch: (path, body = {}) => ask('patch', path, body),
      delete: (path) => ask('delete', path),
    };
  };
  made.wiki = async (host, more = {}) => {
    const { row } = await create(made.api.kernel, {
      noun: 'wiki', actor: system,
      values: {
        host, apiUrl: `http://${host}/api.php`, botUser: 'Bot', botPassword: seal(made.api.config.REEVE_SECRET_KEY, 'secret of the bot'), editsPerMinute: 40, inFlight: 1,
        allowedNamespaces: [4], allowedPages: [], optOutCategory: 'Opted-out of message delivery', aliases: [], changeTag: null, footer: '', ...more,
      },
    });
    return { id: row.id, host };
  };
  made.sql = async (text, values) => (await made.api.kernel.pool.query(text, values)).rows;
  return made;
}
