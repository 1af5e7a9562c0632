/** How much more this process holds while something goes on: what is still needed, whatever the collector has not swept yet. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collecting stops the whole process: at most a tenth of the time goes into it, so that nothing waits for a connection that long. */
const REST = 9;
const LEAST_REST_MS = 500;

/** Takes away whatever nothing holds on to. */
export const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

export async function heapGrowthOf<T>(work: () => Promise<T>): Promise<{ result: T; megabytes: number }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().external;
  };
  const before = held();
  let most = before;
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const since = performance.now();
    most = Math.max(most, held());
    timer = setTimeout(look, Math.max(LEAST_REST_MS, REST * (performance.now() - since)));
  };
  look();
  try {
    return { result: await work(), megabytes: (most - before) / 1_048_576 };
  } finally {
    clearTimeout(timer!);
  }
}
