/** Running workflows of every type, begun as people begin them, each waiting for something that does not come by itself for a while; and their ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import type { Kernel } from '../../db/kernel';
import { sandboxAccounts, type SandboxWiki } from '../../demo/sandbox-wiki';
import { newApiKey } from '../../gateways/api-key';
import type { Temporal } from '../../gateways/temporal';
import { system, type Actor } from '../../policies/actor';
import { eventually } from './eventually';
import { makeDelivery, makeEvent, makeOpenRequest, makeRequest, makeUser, makeWiki } from './house';

export interface Cast {
  kernel: Kernel;
  /** Slow, so that deliveries last. */
  sandbox: SandboxWiki;
  /** Who sends, organizes and answers. */
  user: Actor & { userId: number };
}

const PAGES = 40;

/** Retention and the scan of comments are begun by the worker itself. */
export async function beginOneOfEach({ kernel, sandbox, user }: Cast, each: number): Promise<void> {
  sandbox.control('POST', 'seed', { users: [{ prefix: 'Reader ', count: PAGES }] });
  const wiki = await makeWiki(kernel, { apiUrl: sandbox.apiUrl, ...sandboxAccounts.bot });
  const admin = await makeUser(kernel, 'toolAdmin');
  const silent = await makeWiki(kernel);
  for (let n = 0; n < each; n++) {
    const delivery = await makeDelivery(kernel, user, wiki, Array.from({ length: PAGES }, (_, i) => `User talk:Reader ${i + 1}`));
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: user });
    await create(kernel, { noun: 'key', values: { userId: user.userId, label: 'timed', hash: newApiKey().hash, scopes: ['all'], expiresAtMs: Date.now() + 3_600_000, lastUsedAtMs: null }, actor: system });
    const event = await makeEvent(kernel, user, ['2031-05-17T10:00', '2031-05-17T12:00']);
    for (const verb of ['submit', 'approve']) await apply(kernel, { noun: 'event', id: event.id, verb, actor: verb === 'submit' ? user : admin });
    await makeOpenRequest(kernel, { wikiId: wiki.id });
    const making = await makeOpenRequest(kernel, { wikiId: wiki.id });
    await apply(kernel, { noun: 'request', id: making.id, verb: 'create', actor: user, input: { mode: 'bot' } });
    const unasked = await makeRequest(kernel, { wikiId: silent.id, nameCheck: 'unasked' });
    await apply(kernel, { noun: 'request', id: unasked.id, verb: 'confirm', actor: system });
  }
}

/** Whatever has an end of its own comes to it; what waits for a year, or for ever, is cancelled, which it hears by going on. */
export async function endWhatWaits({ kernel, user }: Cast, { client: { workflow } }: Temporal): Promise<void> {
  const ids = async (sql: string): Promise<number[]> => (await kernel.pool.query<{ id: number }>(sql)).rows.map(({ id }) => id);
  for (const id of await ids("select id from key where state = 'active' and expires_at_ms is not null")) await apply(kernel, { noun: 'key', id, verb: 'revoke', actor: user });
  for (const id of await ids("select id from request where state = 'creating'")) await apply(kernel, { noun: 'request', id, verb: 'takeBack', actor: user });
  for (const id of await ids("select id from request where state in ('open', 'reserved')")) await apply(kernel, { noun: 'request', id, verb: 'drop', actor: user });
  const open = async (types: string[]): Promise<string[]> => {
    const found: string[] = [];
    for await (const { workflowId } of workflow.list({ query: `ExecutionStatus = 'Running' AND WorkflowType IN (${types.map((type) => `'${type}'`).join(', ')})` })) found.push(workflowId);
    return found;
  };
  const none = (types: string[]) => eventually(async () => {
    const left = await open(types);
    if (left.length) throw new Error(`these have not ended: ${left.join(', ')}`);
  }, 120_000);
  await none(['massDelivery', 'wikiDelivery', 'timer', 'escalation', 'accountCreation']);
  const endless = ['eventWindow', 'retention', 'commentScan', 'nameCheck'];
  for (const workflowId of await open(endless)) await workflow.getHandle(workflowId).cancel();
  await none(endless);
  await sleep(1_000); // what the list is read from is a moment behind
}
