/**
 * R1 and R4: kill -9 the worker twenty times during a delivery to 2,000 pages. Every page must have exactly one message,
 * and the next target must follow each kill within 6 s (median) and 12 s (longest).
 *   npm run chaos -- r1 [kills] [targets]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '../../test/support/platform';
import { copies, newWiki, send, tally, untilFinished } from '../sends';
import { median, randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const [kills, targets] = [Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 2_000)];
  const { seed, next } = randomness();
  const platform = await startPlatform();
  try {
    // A slow wiki spreads the work over the kills: each of them falls into the middle of it. (A rate would be saved up meanwhile.)
    await platform.control('POST', '', { latencyMs: 200 });
    const wiki = await newWiki(platform);
    const { delivery } = await send(platform, wiki, targets);
    while ((await tally(platform, delivery)).sent === 0) await sleep(50);
    const gaps: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await sleep(500 + next() * 2_000);
      const before = await copies(platform, delivery);
      if (before.exactlyOne >= targets) break;
      platform.kill('worker');
      const killedAt = Date.now();
      await sleep(100); // what was on its way has arrived
      const { posted } = await copies(platform, delivery);
      while ((await copies(platform, delivery)).posted === posted && Date.now() - killedAt < 60_000) await sleep(50);
      gaps.push(Date.now() - killedAt);
    }
    const end = await untilFinished(platform, delivery, 300_000);
    const marks = await copies(platform, delivery);
    console.log(`seed ${seed} · ${gaps.length} kills · ${JSON.stringify(end)} · ${JSON.stringify(marks)}`);
    verdict('R1', `${marks.exactlyOne} of ${targets} pages with exactly one message, ${marks.more} double, ${targets - marks.exactlyOne - marks.more} lost, after ${gaps.length} kills`,
      marks.exactlyOne === targets && marks.more === 0 && gaps.length === kills);
    verdict('R4', `kill -9 → next delivered target: median ${(median(gaps) / 1000).toFixed(1)} s, longest ${(Math.max(...gaps) / 1000).toFixed(1)} s`,
      median(gaps) <= 6_000 && Math.max(...gaps) <= 12_000);
  } finally {
    await platform.stop();
  }
}

void main();
