/** One activity per target, so many at once, continued as new before its history grows long: what p4-per-target.ts compares with. */
import { continueAsNew, proxyActivities } from '@temporalio/workflow';

const { edit } = proxyActivities<{ edit(title: string): Promise<void> }>({ startToCloseTimeout: '30 seconds' });

/** Of the events that a run may have, each target takes six. */
const RUN = 2_000;

/** Pages `prefix + from` up to, without it, `prefix + to`. */
export async function perTarget(prefix: string, from: number, to: number, atOnce: number): Promise<void> {
  const until = Math.min(to, from + RUN);
  let next = from;
  const hand = async (): Promise<void> => {
    while (next < until) await edit(`${prefix}${next++}`);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
  if (until < to) await continueAsNew<typeof perTarget>(prefix, until, to, atOnce);
}
