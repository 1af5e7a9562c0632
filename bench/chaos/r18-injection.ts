/**
 * R18: hostile texts (line ends of every kind, encoded words, long lines, bidi controls, formulas, random bytes) into every
 * field of a mail, of a log line and of a CSV; all of it is read back. None may become a header, a line or a cell.
 *   npm run chaos -- r18 [texts]
 */
import fc from 'fast-check';
import { hostileText, inject, newTally } from '../../test/support/injection';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const texts = Number(process.argv[2] ?? 100_000);
  const { seed } = randomness();
  const tally = newTally();
  for (let done = 0; done < texts; done += 1_000)
    for (const text of fc.sample(hostileText, { numRuns: Math.min(1_000, texts - done), seed: seed + done })) await inject(text, tally);
  if (tally.faults.length) console.log(tally.faults.slice(0, 20).join('\n'));
  verdict('R18', `${tally.faults.length} injected by ${texts} texts into ${tally.put} fields of mails, log lines and CSV, seed ${seed}; ${tally.refused} refused`, tally.faults.length === 0 && tally.refused < tally.put * 0.9);
}

void main();
