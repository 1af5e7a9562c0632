/** What every measurement ends with. */

/** Prints the figure, and ends the process accordingly. */
export function verdict(name: string, figure: string, reached: boolean): void {
  console.log(`${reached ? 'reached' : 'SHORT  '} ${name}: ${figure}`);
  if (!reached) process.exitCode = 1;
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A seeded generator, so that a run can be had again: REEVE_SEED. */
export function randomness(): { seed: number; next(): number } {
  const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
  let state = seed >>> 0;
  return {
    seed,
    next() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}
