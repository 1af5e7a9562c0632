/**
 * R5: the worker is stopped (SIGSTOP) past its heartbeat, another takes over, then the first goes on (SIGCONT). No page may
 * have two copies; what the first still writes is refused, and counted.
 *   npm run chaos -- r5 [rounds]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '../../test/support/platform';
import { copies, newWiki, send, tally, untilFinished } from '../sends';
import { verdict } from '../verdict';
import { refusedWrites, startWorker } from '../worker';

async function main(): Promise<void> {
  const [rounds, targets] = [Number(process.argv[2] ?? 3), 2_000];
  const platform = await startPlatform();
  const { database, temporal } = platform.run();
  const ports: { worker: number } = JSON.parse(readFileSync(join(platform.home, 'ports.json'), 'utf8'));
  const metricsPorts = [ports.worker, ports.worker + 8];
  const second = startWorker({ home: platform.home, database, temporal, secretKey: readFileSync(join(platform.home, 'secret-key'), 'utf8').trim(), metricsPort: metricsPorts[1] });
  try {
    await sleep(5_000);
    await platform.control('POST', '', { latencyMs: 30 });
    const wiki = await newWiki(platform, { editsPerMinute: 1_500, inFlight: 8 });
    const { delivery } = await send(platform, wiki, targets);
    while ((await tally(platform, delivery)).sent === 0) await sleep(50);
    for (let round = 0; round < rounds; round++) {
      await sleep(3_000);
      const stopped = round % 2 === 0 ? platform.run().pids.worker : second.pid!;
      process.kill(stopped, 'SIGSTOP');
      await sleep(12_000);
      process.kill(stopped, 'SIGCONT');
    }
    const end = await untilFinished(platform, delivery, 300_000);
    const marks = await copies(platform, delivery);
    const [one, other] = await Promise.all(metricsPorts.map(refusedWrites));
    console.log(`${JSON.stringify(end)} · ${JSON.stringify(marks)} · refused ${one} + ${other}`);
    verdict('R5', `${marks.exactlyOne} of ${targets} pages with exactly one message, ${marks.more} double, after ${rounds} stalls of 12 s; ${one! + other!} late writes refused and counted`,
      marks.exactlyOne === targets && marks.more === 0 && end.sent === targets && one! + other! > 0);
  } finally {
    second.kill('SIGKILL');
    await platform.stop();
  }
}

void main();
