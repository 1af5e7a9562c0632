/**
 * P2: one message to 50,000 pages of the sandbox wiki at 25 ms by two workers, a random one of them killed (-9) every
 * 20 s, beside the same undisturbed.
 *   npm run bench -- p2 [targets] [rounds] [seconds between kills]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '../test/support/platform';
import { deliver, newWiki, type Delivered } from './sends';
import { median, randomness, verdict } from './verdict';
import { keepWorker } from './worker';

/** Few enough that the run outlasts several kills: 640 targets a second. */
const IN_FLIGHT = 16;

async function main(): Promise<void> {
  const [targets, rounds, everyS] = [Number(process.argv[2] ?? 50_000), Number(process.argv[3] ?? 3), Number(process.argv[4] ?? 20)];
  const { seed, next } = randomness();
  const platform = await startPlatform();
  const { database, temporal } = platform.run();
  const second = keepWorker({ home: platform.home, database, temporal, secretKey: readFileSync(join(platform.home, 'secret-key'), 'utf8').trim() });
  try {
    await platform.control('POST', '', { latencyMs: 25 });
    const wiki = await newWiki(platform, { editsPerMinute: 10_000_000, inFlight: IN_FLIGHT });
    await deliver(platform, wiki, 4_000); // warm, and the second worker is there
    let kills = 0;
    const disturbed = async (): Promise<Delivered> => {
      let over = false;
      const killing = (async () => {
        for (let nextAt = Date.now() + everyS * 1_000; !over; await sleep(50)) {
          if (Date.now() < nextAt) continue;
          nextAt += everyS * 1_000;
          kills++;
          if (next() < 0.5) platform.kill('worker');
          else second.kill();
        }
      })();
      try {
        return await deliver(platform, wiki, targets);
      } finally {
        over = true;
        await killing;
      }
    };
    const runs: { calm: Delivered[]; disturbed: Delivered[] } = { calm: [], disturbed: [] };
    const sides = [async () => void runs.calm.push(await deliver(platform, wiki, targets)), async () => void runs.disturbed.push(await disturbed())];
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 ? [...sides].reverse() : sides) {
        await side();
        await sleep(8_000); // both workers are up again
      }
      console.log(`round ${round + 1}: undisturbed ${runs.calm.at(-1)!.perSecond.toFixed(0)}/s, disturbed ${runs.disturbed.at(-1)!.perSecond.toFixed(0)}/s, ${kills} kills so far`);
    }
    const all = [...runs.calm, ...runs.disturbed];
    const [double, lost] = [all.reduce((sum, run) => sum + run.double, 0), all.reduce((sum, run) => sum + run.lost, 0)];
    const [calm, held] = [median(runs.calm.map((run) => run.perSecond)), median(runs.disturbed.map((run) => run.perSecond))];
    const ratio = median(runs.disturbed.map((run, i) => run.perSecond / runs.calm[i]!.perSecond));
    console.log(`seed ${seed}`);
    verdict('P2', `${held.toFixed(0)}/s beside ${calm.toFixed(0)}/s: ${ratio.toFixed(2)} of undisturbed (reach 0.80), ${double} double, ${lost} lost, after ${kills} kills`,
      ratio >= 0.8 && double === 0 && lost === 0 && kills >= rounds);
  } finally {
    second.stop();
    await platform.stop();
  }
}

void main();
