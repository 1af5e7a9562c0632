/**
 * R8: the LISTEN connection goes silent without being closed, as behind a firewall that forgot it. Rows must go on to
 * flow within 2 s, and a new connection must stand within 30 s.
 *   npm run chaos -- r8 [rounds]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../db/migrate';
import { waker } from '../../db/outbox';
import { createDispatcher } from '../../dispatch/dispatcher';
import { blackHole } from '../../test/dispatch/black-hole';
import { services } from '../../test/support/services';
import { verdict } from '../verdict';

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  await migrate(services.databaseOwnerUrl(), services.databaseAppUrl());
  const proxy = await blackHole(services.databaseAppUrl());
  const pool = new pg.Pool({ connectionString: services.databaseAppUrl(), max: 6 });
  const wake = waker(pool);
  const committed = new Map<number, number>();
  const waits: number[] = [];
  const deliver = async ({ entity }: { entity: number }): Promise<void> => {
    waits.push(performance.now() - committed.get(entity)!);
    committed.delete(entity);
  };
  const dispatcher = createDispatcher({ pool, listenUrl: proxy.url, deliver });
  while (!dispatcher.counts.connected) await sleep(20);
  const reconnects: number[] = [];
  let entity = 0;
  for (let round = 0; round < rounds; round++) {
    const before = dispatcher.counts.connected;
    proxy.swallow();
    const silentAt = performance.now();
    while (dispatcher.counts.connected === before && performance.now() - silentAt < 60_000) {
      await pool.query(`insert into outbox (noun, entity, version, effect) values ('bench', $1, 1, 'bench')`, [++entity]);
      committed.set(entity, performance.now());
      wake();
      await sleep(50);
    }
    reconnects.push(performance.now() - silentAt);
  }
  await sleep(2_000);
  const [slowest, longest] = [Math.max(...waits), Math.max(...reconnects)];
  verdict('R8', `${waits.length} of ${entity} rows flowed while LISTEN was silent, the slowest after ${slowest.toFixed(0)} ms (reach 2,000); connected again after at most ${(longest / 1_000).toFixed(1)} s (reach 30)`,
    waits.length === entity && slowest <= 2_000 && longest <= 30_000);
  await dispatcher.stop();
  await proxy.close();
  await pool.end();
}

void main();
