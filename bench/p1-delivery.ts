/**
 * P1: one message to 100,000 pages of the sandbox wiki at 5 ms, 32 in flight, through the whole platform (submit, expand,
 * ledger, checks, exactly once), beside a raw HTTP loop with the same in flight that posts the same edits and does
 * nothing else. Also what a worker's memory and a workflow's history grow by.
 *   npm run bench -- p1 [targets] [rounds]
 */
import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Wiki } from '../db/entities/wiki';
import { sandboxAccounts } from '../demo/sandbox-wiki';
import { startPlatform, type Platform } from '../test/support/platform';
import { deliverExactly, newWiki } from './sends';
import { median, verdict } from './verdict';
import { rawLoop, rawMessage } from './raw-loop';

const IN_FLIGHT = 32;

async function main(): Promise<void> {
  const [targets, rounds] = [Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 5)];
  const platform = await startPlatform();
  try {
    await platform.control('POST', '', { latencyMs: 5 });
    const wiki = await newWiki(platform, { editsPerMinute: 10_000_000, inFlight: IN_FLIGHT });
    await measured(platform, wiki, 1_000); // warm
    const atThousand = await measured(platform, wiki, 1_000);
    const [raw, reeve, ratios, memory, events]: number[][] = [[], [], [], [], []];
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0;
      if (first) raw!.push(await rawRound(platform, targets, round));
      const run = await measured(platform, wiki, targets);
      if (!first) raw!.push(await rawRound(platform, targets, round));
      reeve!.push(run.perSecond);
      memory!.push(run.peakMb);
      events!.push(run.events / (targets / 10_000));
      ratios!.push(run.perSecond / raw!.at(-1)!);
      console.log(`round ${round + 1}: raw ${raw!.at(-1)!.toFixed(0)}/s, Reeve ${run.perSecond.toFixed(0)}/s, ratio ${ratios!.at(-1)!.toFixed(2)}, ${run.events} events, worker at most ${run.peakMb.toFixed(0)} MB`);
    }
    const ratio = median(ratios!);
    verdict('P1 throughput', `${median(reeve!).toFixed(0)}/s beside ${median(raw!).toFixed(0)}/s: ${ratio.toFixed(2)} of a raw loop (reach 0.95)`, ratio >= 0.95);
    const grown = Math.max(...memory!) - atThousand.peakMb;
    verdict('P1 memory', `worker at ${targets}: ${Math.max(...memory!).toFixed(0)} MB, at 1,000: ${atThousand.peakMb.toFixed(0)} MB, ${grown.toFixed(1)} more (reach 16)`, grown <= 16);
    verdict('P1 history', `${Math.max(...events!).toFixed(0)} events per 10,000 targets (reach 60)`, Math.max(...events!) <= 60);
  } finally {
    await platform.stop();
  }
}

interface Run {
  perSecond: number;
  /** The worker's resident memory at its highest, in MB (10⁶ bytes). */
  peakMb: number;
  events: number;
}

async function measured(platform: Platform, wiki: Wiki, targets: number): Promise<Run> {
  let peakMb = 0;
  const { delivery, perSecond } = await deliverExactly(platform, wiki, targets, async () => {
    peakMb = Math.max(peakMb, residentMb(platform.run().pids.worker));
    await sleep(100);
  });
  return { perSecond, peakMb, events: await eventsOf(platform, [`delivery/${delivery.id}`, `delivery/${delivery.id}/${wiki.host}`]) };
}

async function rawRound(platform: Platform, targets: number, round: number): Promise<number> {
  const { user, password } = sandboxAccounts.bot;
  const pages = Array.from({ length: targets }, (_, i) => ({ title: `User talk:Raw ${round} ${i + 1}` }));
  const { perSecond, failed } = await rawLoop({
    apiUrl: platform.run().sandboxWiki, user, password, targets: pages, inFlight: IN_FLIGHT, ...rawMessage,
  });
  if (failed) throw new Error(`${failed} raw edits failed`);
  return perSecond;
}

async function eventsOf(platform: Platform, workflowIds: string[]): Promise<number> {
  const connection = await Connection.connect({ address: platform.run().temporal });
  try {
    const { workflow } = new Client({ connection });
    let events = 0;
    for (const workflowId of workflowIds)
      for await (const run of workflow.list({ query: `WorkflowId = '${workflowId}'` })) events += run.historyLength ?? 0;
    return events;
  } finally {
    await connection.close();
  }
}

const residentMb = (pid: number): number => {
  try {
    return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
};

void main();
