/** `reeve restart`: ends one part of a running `npm start` and waits until its supervisor has brought it back. */
import { Command } from 'commander';
import { PlainFault, UsageError } from '../fault';
import { print } from '../output';
import { runFile } from '../run-file';

const GRACE_MS = 15_000;
const BACK_MS = 60_000;

export const command = new Command('restart')
  .description('End a part of what `npm start` runs here; its supervisor brings it back at once.')
  .argument('<part>', 'api, worker, temporal, postgres, redis (all three), sandboxWiki, …: a name of run.json\'s pids')
  .option('--kill', 'with SIGKILL, as a crash would')
  .option('--json', 'print data only')
  .addHelpText('after', '\nExamples:\n  reeve restart worker\n  reeve restart postgres --kill')
  .action(async (part: string, options: { kill?: boolean; json?: boolean }) => {
    const before = pidsOf(part);
    const since = Date.now();
    await Promise.all(before.map((pid) => end(pid, options.kill ? 'SIGKILL' : part === 'postgres' ? 'SIGINT' : 'SIGTERM')));
    const after = await back(part, before);
    const result = { part, before, after, ms: Date.now() - since };
    print(result, options.json, () => `${part} is back after ${(result.ms / 1000).toFixed(1)} s (pid ${after.join(', ')}).`);
  });

function pidsOf(part: string): number[] {
  const run = runFile();
  if (!run) throw new PlainFault('Nothing runs from this home: `npm start` starts it.');
  const { supervisor: _, ...parts } = run.pids;
  if (!Object.hasOwn(parts, part)) throw new UsageError(`There is no part called ${part}. There are: ${Object.keys(parts).join(', ')}.`);
  return [parts[part]!].flat();
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  send(pid, signal);
  if (await within(GRACE_MS, () => !isAlive(pid))) return;
  send(pid, 'SIGKILL');
}

/** run.json is rewritten when a part comes back; while all parts start anew it may be gone for a moment. */
async function back(part: string, before: number[]): Promise<number[]> {
  let now: number[] = [];
  const isBack = () => {
    now = [runFile()?.pids[part] ?? []].flat();
    return now.length === before.length && now.every((pid) => !before.includes(pid) && isAlive(pid));
  };
  if (await within(BACK_MS, isBack)) return now;
  throw new PlainFault(`${part} did not come back within ${BACK_MS / 1000} s. Does \`npm start\` still run?`);
}

async function within(ms: number, isSo: () => boolean): Promise<boolean> {
  for (const until = Date.now() + ms; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) if (isSo()) return true;
  return isSo();
}

const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it is gone
  }
};
const isAlive = (pid: number): boolean => send(pid, 0);
