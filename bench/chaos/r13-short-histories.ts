/**
 * R13: one delivery to 100,000 pages on a Temporal that suggests to continue as new after 150 events and terminates after
 * 400, paused and resumed all the while. No run may be terminated, and every page must have exactly one message.
 *   npm run chaos -- r13 [targets] [suggested] [limit]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../db/apply';
import { migrate } from '../../db/migrate';
import { sandboxAccounts, startSandboxWiki } from '../../demo/sandbox-wiki';
import { createTemporal } from '../../gateways/temporal';
import { SECRET_KEY, makeDelivery, makeUser, makeWiki, openHouse } from '../../test/support/house';
import { services } from '../../test/support/services';
import { startTemporalServer } from '../../test/support/temporal-server';
import { verdict } from '../verdict';
import { startWorker } from '../worker';

async function main(): Promise<void> {
  const [targets, suggested, limit] = [Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 150), Number(process.argv[4] ?? 400)];
  const home = mkdtempSync(join(tmpdir(), 'reeve-short-'));
  const settings = { 'limit.historyCount.suggestContinueAsNew': suggested, 'limit.historyCount.error': limit, 'history.timerProcessorMaxTimeShift': '"5ms"', 'history.transferProcessorMaxPollRPS': 1_000, 'history.timerProcessorMaxPollRPS': 1_000 };
  const server = await startTemporalServer(...Object.entries(settings).map(([name, value]) => `${name}=${value}`));
  const database = services.databaseAppUrl();
  await migrate(services.databaseOwnerUrl(), database);
  const wiki = await startSandboxWiki({ latencyMs: 2 });
  const worker = startWorker({ home, database, temporal: server.address, secretKey: SECRET_KEY });
  const { kernel, close } = await openHouse(database);
  const temporal = createTemporal({ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined }, 'bench');
  try {
    wiki.control('POST', 'seed', { users: [{ prefix: 'Reader ', count: targets }] });
    const sender = await makeUser(kernel, 'globalSender');
    const row = await makeWiki(kernel, { apiUrl: wiki.apiUrl, ...sandboxAccounts.bot }, { editsPerMinute: 10_000_000, inFlight: 32 });
    const delivery = await makeDelivery(kernel, sender, row, Array.from({ length: targets }, (_, i) => `User talk:Reader ${i + 1}`));
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });
    const state = async (): Promise<string> => (await kernel.pool.query('select state from delivery where id = $1', [delivery.id])).rows[0].state;
    let pauses = 0;
    for (let giveUpAt = Date.now() + 1_800_000, now = await state(); now !== 'finished'; now = await state()) {
      if (Date.now() > giveUpAt) throw new Error(`not finished in time: ${now}`);
      await sleep(1_000);
      const verb = now === 'running' ? 'pause' : now === 'paused' ? 'resume' : undefined;
      if (verb === 'pause') pauses++;
      if (verb) await apply(kernel, { noun: 'delivery', id: delivery.id, verb, actor: sender }).catch(() => {}); // it has just ended
      if (verb === 'pause') await sleep(200);
    }
    const { exactlyOne, more } = wiki.control('GET', `marks?marker=${delivery.marker}&prefix=User talk:`) as { exactlyOne: number; more: number };
    const runs: Record<string, number> = {};
    let longest = 0;
    await sleep(2_000); // the lists of Temporal come a little later
    for await (const { status, historyLength } of temporal.client.workflow.list()) {
      runs[status.name] = (runs[status.name] ?? 0) + 1;
      longest = Math.max(longest, historyLength ?? 0);
    }
    const bad = Object.entries(runs).filter(([name]) => !['COMPLETED', 'CONTINUED_AS_NEW', 'RUNNING'].includes(name));
    console.log(`${JSON.stringify(runs)} · ${pauses} pauses · ${exactlyOne} of ${targets} pages with exactly one message, ${more} double`);
    verdict('R13', `${bad.length ? JSON.stringify(bad) : '0 terminated'}; ${runs.CONTINUED_AS_NEW ?? 0} times continued as new, longest history ${longest} of at most ${limit} events`,
      !bad.length && (runs.CONTINUED_AS_NEW ?? 0) > 0 && exactlyOne === targets && more === 0);
  } finally {
    worker.kill('SIGKILL');
    await temporal.close();
    await close();
    await wiki.close();
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

void main();
