/**
 * Asks the API everything that there is to ask, as everybody: every GET route about every thing, verbs as dry runs, changes
 * and bodies that are refused, public pages, event streams. Each whole answer is searched for values that the asker may
 * not read. Short in answers.test.ts, 10,000 answers in bench/chaos/r20-rights.ts.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { allRoutes } from '../../api/all-routes';
import type { Route } from '../../api/route';
import { createApp } from '../../api/server';
import { readConfig } from '../../config';
import type { MessageSource } from '../../db/queries/delivery-texts';
import { visitor } from '../../policies/actor';
import { openHouse, SECRET_KEY } from '../support/house';
import { MARK, populate, type Asker } from './community';
import { isByMark, secretsOf, type Secret } from './secrets';

export interface Ask {
  method: string;
  path: string;
  body?: object;
  ifMatch?: string;
}
export interface Leak {
  asker: string;
  ask: string;
  where: string;
}
export interface Answers {
  askers: Asker[];
  secrets: Secret[];
  /** Everything that can be asked, in a fixed order. */
  asks: Ask[];
  /** @returns what was in the answer that the asker may not read, and how it was answered. */
  ask(asker: Asker, ask: Ask): Promise<{ leaks: Leak[]; status: number; seen: number }>;
  sql(text: string, values?: unknown[]): Promise<any[]>;
  close(): Promise<void>;
}

export async function openAnswers(databaseUrl: string): Promise<Answers> {
  const { kernel, close } = await openHouse(databaseUrl);
  const askers = await populate(kernel);
  const secrets = await secretsOf(kernel);
  const config = readConfig({ DATABASE_URL: databaseUrl, REEVE_SECRET_KEY: SECRET_KEY, REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: '1', LOG_LEVEL: 'silent' });
  const app = createApp({
    kernel, config, redis: [], temporal: async () => true, logger: pino({ level: 'silent' }),
    texts: async ({ page, subjectSection, bodySection }: MessageSource) => ({ incomplete: [], texts: [{ language: 'en', htmlLanguage: 'en', dir: 'ltr', source: true, title: page, revisionId: 1, subject: String(subjectSection), body: String(bodySection) }] }),
    preview: async ({ wikiId, subject, body, page }) => ({
      texts: [], warnings: [],
      wikis: [{ host: (await kernel.pool.query('select host from wiki where id = $1', [wikiId])).rows[0].host, pages: 1, terms: null, shown: [{ kind: 'talk', page: `Talk:${page}`, language: 'en', html: `<h2>${subject}</h2>${body}` }] }],
    }),
  });
  const server = createServer(app.app);
  server.keepAliveTimeout = 0; // a machine that does much else is slow, and no connection is closed under an ask
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const byMark = new Map<string, Secret[]>();
  for (const secret of secrets.filter(isByMark)) byMark.set(secret.mark.toLowerCase(), [...(byMark.get(secret.mark.toLowerCase()) ?? []), secret]);
  const whole = [{ where: 'REEVE_SECRET_KEY', mark: SECRET_KEY, mayRead: () => false }, ...secrets.filter((one) => !isByMark(one))];
  const asks = await everyAsk(kernel.pool);

  async function ask(asker: Asker, { method, path, body, ifMatch }: Ask) {
    const headers: Record<string, string> = { ...asker.headers, ...(body && { 'content-type': 'application/json' }), ...(ifMatch && { 'if-match': ifMatch }), ...(path.endsWith('#stream') && { accept: 'text/event-stream' }) };
    const answer = await fetch(`${url}${path.replace('#stream', '')}`, { method, headers, redirect: 'manual', ...(body && { body: JSON.stringify(body) }) });
    const text = `${JSON.stringify([...answer.headers])}\n${await textOf(answer)}`;
    const found = new Set([...text.matchAll(MARK)].map(([mark]) => mark.toLowerCase()));
    for (const [hidden] of text.matchAll(/[\w-]{24,}/g)) for (const [mark] of Buffer.from(hidden, 'base64url').toString('latin1').matchAll(MARK)) found.add(mark.toLowerCase()); // in a cursor
    const owners = [...[...found].map((mark) => byMark.get(mark) ?? [{ where: 'a mark that is nobody\'s', mark, mayRead: () => false }]), ...whole.filter(({ mark }) => text.includes(mark)).map((secret) => [secret])];
    const leaks = owners.filter((all) => !all.some((one) => (one.mayRead(asker.actor) || one.mayRead(visitor)) && (!one.by || path.endsWith(one.by)))).map((all): Leak => ({ asker: asker.name, ask: `${method} ${path}`, where: all.map(({ where }) => where).join(', ') }));
    return { leaks, status: answer.status, seen: found.size };
  }
  return {
    askers, secrets, asks, ask,
    sql: async (text, values) => (await kernel.pool.query(text, values)).rows,
    async close() {
      await app.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await close();
    },
  };
}

/** Of a stream what comes first. */
async function textOf(answer: Response): Promise<string> {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
  const reader = answer.body!.getReader();
  let text = '';
  const end = setTimeout(() => void reader.cancel(), 1_500); // nothing to come
  for (let part; !/\ndata:.*\n\n/.test(text) && !(part = await reader.read()).done; ) text += Buffer.from(part.value!).toString();
  clearTimeout(end);
  await reader.cancel().catch(() => {});
  return text;
}

const REASON = { reason: 'Seen.' };
/** What a verb asks for, and what else is sent where it cannot change anything. */
const bodies: Record<string, object> = {
  submit: { acknowledge: ['no-timestamp'] }, reschedule: { sendAt: '2099-01-01T00:00:00Z' }, settle: { target: 1, as: 'sent' }, test: { page: 'Talk:A' }, changeRole: { role: 'helper' },
  close: { outcome: 'not-created', text: 'No.' }, defer: { queue: 'default' }, comment: { text: 'Well.' }, sendReservation: { to: 1 },
};
/** Changes of things: whoever may make them names another version, so that nothing is changed. */
const changes: Record<string, object> = { users: { language: 'de' }, wikis: { editsPerMinute: 10 }, deliveries: { subject: 'Another' }, 'target-lists': { name: 'Another' }, me: { language: 'de' }, views: {}, events: { title: 'Another' }, templates: { title: 'Another' }, queues: { priority: 7 }, forms: { name: 'Another' }, comments: { text: 'Another' } };
const never = { ifMatch: '"99999"' };

async function everyAsk(pool: { query(sql: string): Promise<{ rows: any[] }> }): Promise<Ask[]> {
  const ids = async (table: string): Promise<number[]> => (await pool.query(`select id from "${table}" order by id`)).rows.map(({ id }) => id);
  const things: Record<string, [noun: string, ids: number[]]> = {};
  for (const [path, noun, table] of [['users', 'user', 'user'], ['memberships', 'membership', 'membership'], ['keys', 'key', 'key'], ['wikis', 'wiki', 'wiki'], ['target-lists', 'targetList', 'target_list'], ['deliveries', 'delivery', 'delivery'], ['events', 'event', 'event'], ['requests', 'request', 'request'], ['queues', 'queue', 'queue'], ['forms', 'form', 'form'], ['bans', 'ban', 'ban'], ['comments', 'comment', 'request_comment'], ['templates', 'template', 'template'], ['operations', 'operation', 'operation'], ['notices', 'notice', 'notice'], ['views', 'view', 'view'], ['outbox', 'outbox', 'outbox']] as const)
    things[path] = [noun, [...(await ids(table)), 999_999]];
  const of = (route: Route): string[] => {
    const [, , noun] = route.path.split('/');
    const all = things[noun!]?.[1] ?? [1];
    const some = route.path.startsWith('/api/outbox') ? [999_999] : all; // an answer to a dead row has no dry run
    if (!/[:*]/.test(route.path)) return [route.path];
    const named = route.path.startsWith('/api/workflows') ? ['delivery/1', 'delivery/2'] : some;
    return named.map((id) => route.path.replace(/\*\w+|:id/, String(id)).replace(':n', '0').replace(':target', '1').replace(':session', 'nothing').replace(':name', 'pause'));
  };
  const asks: Ask[] = [];
  for (const route of allRoutes(undefined as never, undefined as never)) {
    const query = Object.keys(route.query?.shape ?? {});
    for (const path of of(route)) {
      if (route.method === 'get') {
        if (route.path.endsWith('/diff')) asks.push({ method: 'GET', path: `${path}?from=1&to=2` });
        else asks.push({ method: 'GET', path });
        if (route.path === '/api/log' || route.path === '/api/log.csv') for (const [noun, all] of Object.values(things).filter(([noun]) => !['comment', 'notice', 'view', 'outbox'].includes(noun))) asks.push({ method: 'GET', path: `${path}?noun=${noun}` }, ...all.map((id) => ({ method: 'GET', path: `${path}?noun=${noun}&entity=${id}` })));
        if (route.path === '/api/log') asks.push({ method: 'GET', path: `${path}?after=0#stream` }, { method: 'GET', path: `${path}?noun=delivery&after=0#stream` }, { method: 'GET', path: `${path}?actor=user%2F1` });
        if (query.includes('sort') && query.includes('count')) asks.push(...['?count=true&limit=2', '?limit=3&sort=-createdAt', '?q=zq', '?mine=true', '?sort=name&limit=2', '?sort=host', '?state=requested'].map((more) => ({ method: 'GET', path: path + more })));
        if (query.includes('queue')) asks.push(...['?queue=flagged', '?queue=event', '?queue=default&q=zq', '?state=closed&q=zq'].map((more) => ({ method: 'GET', path: path + more })));
        if (query.includes('revision')) asks.push({ method: 'GET', path: `${path}?revision=1` }, { method: 'GET', path: `${path}?revision=9` });
        continue;
      }
      const [noun, verb] = [route.path.split('/')[2]!, route.path.split('/').at(-1)!];
      if (query.includes('dryRun')) asks.push({ method: 'POST', path: `${path}?dryRun=true`, body: bodyFor(route, verb, things) });
      else if (route.method === 'patch' || route.method === 'put') asks.push({ method: route.method.toUpperCase(), path, body: changes[noun] ?? {}, ...never }, { method: route.method.toUpperCase(), path, body: { colour: 'red' }, ...never });
      else if (route.method === 'delete') asks.push({ method: 'DELETE', path: path.replace(/\d+$/, '999999') });
      else asks.push({ method: 'POST', path, body: { ...(verb === 'revert' ? { revision: 999 } : {}), ...(verb === 'reveal' && { fields: ['email', 'ip', 'forwarded', 'userAgent'] }), ...(['retry', 'drop'].includes(verb) && REASON) } }, { method: 'POST', path, body: { colour: 'red' } });
    }
  }
  const lists = things['target-lists']![1];
  return [
    ...asks,
    ...['/public/log', ...things.deliveries![1].map((id) => `/public/deliveries/${id}`), ...lists.map((id) => `/public/target-lists/${id}`), '/', '/deliveries', '/requests', '/api/openapi.json', '/metrics', '/ready', '/health'].map((path) => ({ method: 'GET', path })),
    ...lists.map((id) => ({ method: 'POST', path: '/api/deliveries', body: { wiki: 1, listIds: [id], subject: 'a == b', body: 'x' } })), // another's list is no list
    ...things.users![1].map((user) => ({ method: 'POST', path: '/api/memberships', body: { role: 'helper', user, until: '2001-01-01T00:00:00Z' } })),
    { method: 'POST', path: '/api/keys', body: { scopes: ['nonsense:read'] } }, { method: 'POST', path: '/api/sessions', body: { name: 'admin', password: 'a wrong password' } },
  ];
}

const bodyFor = ({ path }: Route, verb: string, things: Record<string, [string, number[]]>): object =>
  path.startsWith('/api/operations/') && !/[:*]/.test(path) ? { ids: things.operations![1].slice(0, 2), ...REASON }
    : path.endsWith('/targets/:target/settle') ? { as: 'sent' }
      : bodies[verb] ?? REASON;
