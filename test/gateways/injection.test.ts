/** R18 in short: no text becomes a header, a line or a cell of its own. The long form is bench/chaos/r18-injection.ts. */
import fc from 'fast-check';
import { hostileText, inject, newTally } from '../support/injection';

test('2,000 hostile texts in every field of a mail, a log line and a CSV stay what they are, or are refused', async () => {
  const tally = newTally();
  for (const text of fc.sample(hostileText, { numRuns: 2_000, seed: 18 })) await inject(text, tally);
  expect(tally.faults.slice(0, 10)).toEqual([]);
  expect(tally.refused).toBeGreaterThan(tally.put / 10); // both happen
  expect(tally.refused).toBeLessThan(tally.put * 0.9);
});
