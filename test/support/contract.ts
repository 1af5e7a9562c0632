/**
 * The API with a small community in it on a port of its own, and Schemathesis let loose on all that its document
 * describes, as whoever a key stands for. Used by bench/chaos/r19-contract.ts, and for a shorter walk by test/api/contract.test.ts.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createTexts } from '../../activities/message-texts';
import { createPreviews } from '../../activities/preview';
import { createWikis } from '../../activities/wikis';
import { createApp } from '../../api/server';
import { readConfig } from '../../config';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import type { Kernel } from '../../db/kernel';
import { sandboxAccounts, startSandboxWiki } from '../../demo/sandbox-wiki';
import { newApiKey } from '../../gateways/api-key';
import { system, type Actor } from '../../policies/actor';
import { makeDelivery, makeEvent, makeOpenRequest, makeRequest, makeUser, makeWiki, openHouse, SECRET_KEY } from './house';
import { services } from './services';

export const askers = ['admin', 'user', 'visitor'] as const;
export type Asker = (typeof askers)[number];

export interface Contract {
  /** @param how only: a pattern of the addresses to look at */
  run(asker: Asker, how: { seed: number; examples: number; phases?: string; only?: string }): Promise<ContractRun>;
  close(): Promise<void>;
}
export interface ContractRun {
  /** Requests that were answered, by class: `2xx`, `4xx`, `5xx`. */
  answers: Record<string, number>;
  /** Routes that were asked, such as `POST /api/deliveries/:id/submit`; and those that did something at least once. */
  asked: Set<string>;
  reached: Set<string>;
  failed: boolean;
  said: string;
}

/** @param breaks an answer, for the control that shows what is found */
export async function openContract(databaseUrl: string, breaks?: (listener: RequestListener) => RequestListener): Promise<Contract> {
  const [house, sandbox] = await Promise.all([openHouse(databaseUrl), startSandboxWiki()]);
  const { kernel } = house;
  const config = readConfig({ DATABASE_URL: databaseUrl, REEVE_SECRET_KEY: SECRET_KEY, REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: '1', LOG_LEVEL: 'silent' });
  const openWiki = createWikis({ kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true });
  const { app, close } = createApp({
    kernel, config, redis: [], temporal: async () => true, logger: pino({ level: 'silent' }),
    wiki: async (wikiId) => (await openWiki(wikiId)).gateway, texts: createTexts(openWiki), preview: createPreviews({ kernel, openWiki, publicUrl: config.REEVE_PUBLIC_URL }),
  });
  const keys = await populate(kernel, sandbox.apiUrl);
  const kept = new Set(Object.values(keys).map(({ id }) => `/api/keys/${id}/revoke`));
  const noTally = () => ({ answers: {} as ContractRun['answers'], asked: new Set<string>(), reached: new Set<string>() });
  let tally = noTally();
  const listener: RequestListener = (req, res) => {
    const path = req.url!.split('?')[0]!;
    if (kept.has(path)) req.url = '/api/keys/2147483647/revoke'; // nobody saws off the branch that they sit on
    // A stream is looked at for a while, not for ever.
    const end = setTimeout(() => String(res.getHeader('content-type')).startsWith('text/event-stream') && res.end(), 250);
    res.once('close', () => {
      clearTimeout(end);
      const kind = `${String(res.statusCode)[0]}xx`;
      tally.answers[kind] = (tally.answers[kind] ?? 0) + 1;
      const { route } = req as { route?: { path: string; methods: Record<string, boolean> } };
      if (!route?.methods[req.method!.toLowerCase()]) return;
      tally.asked.add(`${req.method} ${route.path}`);
      if (res.statusCode < 300) tally.reached.add(`${req.method} ${route.path}`);
    });
    (breaks?.(app) ?? app)(req, res);
  };
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'reeve-contract-'));
  return {
    async run(asker, { seed, examples, phases = 'examples,coverage,fuzzing,stateful', only }) {
      tally = noTally();
      const key = asker === 'visitor' ? [] : ['-H', `Authorization: Bearer ${keys[asker].secret}`];
      const args = ['--config-file', join(__dirname, 'schemathesis/schemathesis.toml'), 'run', `${url}/api/openapi.json`, '--phases', phases, '--max-examples', String(examples), '--seed', String(seed), '--generation-database', 'none', '--no-color', ...(only ? ['--include-path-regex', only] : []), ...key];
      const { code, said } = await exited(services.schemathesisProgram(), args, { CONTRACT_WIKI: sandbox.apiUrl, CONTRACT_BOT_USER: sandboxAccounts.bot.user, CONTRACT_BOT_PASSWORD: sandboxAccounts.bot.password, CONTRACT_HOOKS: join(__dirname, 'schemathesis/hooks.py') }, folder);
      return { ...tally, failed: code !== 0, said };
    },
    async close() {
      await close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await Promise.all([sandbox.close(), house.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function exited(program: string, args: string[], env: Record<string, string>, cwd: string): Promise<{ code: number; said: string }> {
  let said = '';
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  return new Promise((done, fail) => child.once('error', fail).once('close', (code) => done({ code: code ?? 1, said })));
}

type Person = Actor & { userId: number };

/** Something of every noun in every state that is easily had, so that whatever is asked for is there. */
async function populate(kernel: Kernel, apiUrl: string): Promise<Record<Exclude<Asker, 'visitor'>, { id: number; secret: string }>> {
  const [admin, user] = [await makeUser(kernel, 'admin'), await makeUser(kernel)];
  const bot = { apiUrl, ...sandboxAccounts.bot };
  const wiki = await makeWiki(kernel, bot, { host: 'en.example.org' });
  await makeWiki(kernel, bot, { host: 'de.example.org' });
  for (const [sender, verbs] of [[admin, []], [admin, ['submit', 'expanded']], [admin, ['submit', 'expanded', 'pause']], [user, []], [user, ['submit']], [user, ['submit', 'reject']]] as [Person, string[]][]) {
    const { id } = await makeDelivery(kernel, sender, wiki, ['User talk:Example', 'Talk:Example'], { body: 'Apply until Sunday. ~~~~' });
    const by: Record<string, Actor> = { expanded: system, reject: admin };
    for (const verb of verbs) await apply(kernel, { noun: 'delivery', id, verb, actor: by[verb] ?? sender, ...(verb === 'reject' && { reason: 'No.' }) });
    if (verbs.includes('expanded')) await kernel.pool.query(`insert into target (delivery_id, wiki_id, page, outcome, code) select $1, $2, 'Talk:' || n, 'unknown', 'wiki.lost' from generate_series(1, 20) n`, [id, wiki.id]);
  }
  const organizer = await makeUser(kernel, 'organizer');
  for (const verbs of [['submit', 'approve'], ['submit', 'approve'], ['submit'], []]) {
    const { id } = await makeEvent(kernel, organizer, ['2099-05-17T10:00', '2099-05-17T16:00']);
    for (const verb of verbs) await apply(kernel, { noun: 'event', id, verb, actor: verb === 'approve' ? admin : organizer });
  }
  for (const [verb, actor, input = {}] of [['confirm', system], ['reserve', admin], ['escalate', admin], ['close', admin, { outcome: 'not-created', text: 'No.' }], ['drop', admin]] as [string, Actor, Record<string, unknown>?][]) {
    const { id } = verb === 'confirm' ? await makeRequest(kernel) : await makeOpenRequest(kernel, { comment: 'Please.' });
    await apply(kernel, { noun: 'request', id, verb, actor, input });
  }
  for (const kind of ['created', 'not-created', 'defer', 'none'] as const) await create(kernel, { noun: 'template', values: { kind, title: `For ${kind}`, languages: ['en'], texts: ['Dear {{name}}'], question: null, active: true, preload: false }, actor: admin });
  for (const [key, verb] of [['second-look'], ['over', 'disable']] as const) {
    const { row } = await create(kernel, { noun: 'queue', values: { key, languages: ['en'], names: ['Second look'], priority: 5, timeZone: 'UTC', hours: ['Mo-Fr 09:00-17:00'], holidays: [] }, actor: admin });
    if (verb) await apply(kernel, { noun: 'queue', id: row.id, verb, actor: admin });
  }
  for (const verbs of [['publish'], ['publish', 'retire'], []]) {
    const { row } = await create(kernel, { noun: 'form', values: { name: 'At the library', ownerId: admin.userId, shared: true, draft: { intro: { en: 'Welcome to **us**.' }, texts: {}, fields: [] }, content: null }, actor: admin });
    for (const verb of verbs) await apply(kernel, { noun: 'form', id: row.id, verb, actor: admin });
  }
  for (const [pattern, verb] of [['^Sock 1$'], ['^Sock 2$'], ['^Sock 3$', 'lift']] as const) {
    const { row } = await create(kernel, { noun: 'ban', values: { target: 'name', pattern, action: 'drop', reason: 'Spades.', seenBy: 'admin', untilMs: null }, actor: admin });
    if (verb) await apply(kernel, { noun: 'ban', id: row.id, verb, actor: admin });
  }
  await makeRequest(kernel); // nobody has confirmed it
  for (const role of ['sender', 'organizer', 'toolUser', 'auditor'])
    await create(kernel, { noun: 'membership', values: { userId: user.userId, role, wikiId: null, untilMs: null, note: 'Please.' }, actor: user });
  for (let seq = 1; seq <= 12; seq++) {
    const values = { workflowId: `delivery/${(seq % 4) + 1}`, runId: 'run', seq, kind: 'massDelivery', entity: 'delivery/1', wiki: 'en.example.org', code: 'wiki.readonly', attempts: 5, skippable: seq % 2 === 0, detail: 'what the wiki said' };
    await create(kernel, { noun: 'operation', values, actor: system });
  }
  const made = await Promise.all([admin, user, admin, user].map(async ({ userId }) => {
    const { secret, hash } = newApiKey();
    const { row } = await create(kernel, { noun: 'key', values: { userId, label: 'of tests', hash, scopes: ['all'], expiresAtMs: null, lastUsedAtMs: null }, actor: system });
    return { id: row.id, secret };
  }));
  return { admin: made[2]!, user: made[3]! };
}

/** What is wrong, of all that Schemathesis says. */
export const failuresIn = (said: string): string => /={3,} FAILURES[\s\S]*/.exec(said)?.[0] ?? said;

