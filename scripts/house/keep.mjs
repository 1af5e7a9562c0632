/** Keeps one part alive: a part that dies is started again on the same port, at once the first time, later and later when it keeps dying. */
import { setTimeout as sleep } from 'node:timers/promises';
import { start, trimLog } from './part.mjs';
import { seconds } from './progress.mjs';

const WAITS_MS = [0, 250, 500, 1_000, 2_000, 4_000, 8_000];
/** A part that lived this long after it was ready had come up well: whoever kills it again and again waits no longer each time. */
const WELL_MS = 2_000;
const TRIM_EVERY_MS = 30_000;

/**
 * The first start must succeed; afterwards it tries for ever.
 * @param options { changed, tell, signal } changed: called with every new pid; tell: one line for a person
 * @returns { pid, restart, stop }
 */
export async function keep(recipe, home, { changed, tell, signal }) {
  const own = new AbortController();
  const over = AbortSignal.any(signal ? [signal, own.signal] : [own.signal]);
  let part = await start(recipe, home, { signal: over });
  let since = Date.now();
  let deaths = 0;
  let wanted = false; // its end was asked for by restart
  const trim = setInterval(() => trimLog(home, recipe.name), TRIM_EVERY_MS);
  const life = live();

  async function live() {
    for (;;) {
      const reason = await part.exited;
      if (over.aborted) return;
      deaths = wanted || Date.now() - since > WELL_MS ? 0 : deaths;
      if (!wanted) tell(`${recipe.name} died (${reason}); it is started again`);
      wanted = false;
      if (!(await bringBack())) return;
      changed();
    }
  }

  async function bringBack() {
    const diedAt = Date.now();
    for (let told = false; ; told = true) {
      await pause(WAITS_MS[Math.min(deaths++, WAITS_MS.length - 1)], over);
      if (over.aborted) return false;
      try {
        part = await start(recipe, home, { signal: over });
        since = Date.now();
        tell(`${recipe.name} is back after ${seconds(since - diedAt)} (pid ${part.pid})`);
        return true;
      } catch (error) {
        if (!over.aborted && !told) tell(`${recipe.name} does not come back yet: ${error.message}`);
      }
    }
  }

  return {
    get pid() {
      return part.pid;
    },
    recipe,
    restart: () => {
      wanted = true;
      return part.stop();
    },
    stop: async () => {
      own.abort();
      clearInterval(trim);
      await part.stop();
      await life;
    },
  };
}

const pause = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined);
