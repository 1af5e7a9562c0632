/**
 * R2: during a delivery, 40 times kill -9 of a random one of worker, API, Temporal, Postgres and a Redis. Every page must
 * have exactly one message, and the delivery must end by itself.
 *   npm run chaos -- r2 [kills] [targets]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform, type PartName } from '../../test/support/platform';
import { copies, newWiki, send, tally, untilFinished } from '../sends';
import { randomness, verdict } from '../verdict';

const parts: PartName[] = ['worker', 'api', 'temporal', 'postgres', 'redis1', 'redis2', 'redis3'];

async function main(): Promise<void> {
  const [kills, targets] = [Number(process.argv[2] ?? 40), Number(process.argv[3] ?? 2_000)];
  const { seed, next } = randomness();
  const platform = await startPlatform();
  try {
    await platform.control('POST', '', { latencyMs: 20 });
    const wiki = await newWiki(platform, { editsPerMinute: 600 });
    const { delivery } = await send(platform, wiki, targets);
    const killed: string[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await sleep(1_000 + next() * 4_000);
      if ((await tally(platform, delivery)).state === 'finished') break;
      const part = parts[Math.floor(next() * parts.length)]!;
      platform.kill(part);
      killed.push(part);
    }
    const end = await untilFinished(platform, delivery, 600_000);
    const marks = await copies(platform, delivery);
    console.log(`seed ${seed} · killed ${killed.join(' ')} · ${JSON.stringify(end)} · ${JSON.stringify(marks)}`);
    verdict('R2', `${marks.exactlyOne} of ${targets} pages with exactly one message, ${marks.more} double, after ${killed.length} kills; ${end.sent} recorded as sent`,
      marks.exactlyOne === targets && marks.more === 0 && end.sent === targets && killed.length === kills);
  } finally {
    await platform.stop();
  }
}

void main();
