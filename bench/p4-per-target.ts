/**
 * P4: P1 as one first writes it for Temporal, one activity per target, beside Reeve on the same server: the same POST,
 * the same in flight. The targets of the peer are spread over four workflows, which is faster than one.
 *   npm run bench -- p4 [targets] [rounds] [targets of the peer]
 */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { sandboxAccounts } from '../demo/sandbox-wiki';
import { startPlatform, type Platform } from '../test/support/platform';
import { rawMessage, rawWiki } from './raw-loop';
import { deliverExactly, newWiki } from './sends';
import { median, verdict } from './verdict';

const IN_FLIGHT = 32;
const WORKFLOWS = 4;
Runtime.install({ logger: new DefaultLogger('WARN') });

async function main(): Promise<void> {
  const [targets, rounds, few] = [Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 5), Number(process.argv[4] ?? 10_000)];
  const platform = await startPlatform();
  try {
    await platform.control('POST', '', { latencyMs: 5 });
    const wiki = await newWiki(platform, { editsPerMinute: 10_000_000, inFlight: IN_FLIGHT });
    await deliverExactly(platform, wiki, 1_000); // warm
    await perTarget(platform, 'warm', 400);
    const [reeve, peer]: [number[], number[]] = [[], []];
    const sides = [async () => void reeve.push((await deliverExactly(platform, wiki, targets)).perSecond), async (round: number) => void peer.push(await perTarget(platform, `round ${round}`, few))];
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 ? [...sides].reverse() : sides) await side(round);
      console.log(`round ${round + 1}: Reeve ${reeve.at(-1)!.toFixed(0)}/s, an activity per target ${peer.at(-1)!.toFixed(0)}/s`);
    }
    const ratio = median(reeve.map((rate, i) => rate / peer[i]!));
    verdict('P4', `${median(reeve).toFixed(0)}/s beside ${median(peer).toFixed(0)}/s with an activity per target: ${ratio.toFixed(1)} × (reach 10)`, ratio >= 10);
  } finally {
    await platform.stop();
  }
}

/** @returns targets a second, from the start of the workflows to the end of the last. */
async function perTarget(platform: Platform, name: string, targets: number): Promise<number> {
  const { user, password } = sandboxAccounts.bot;
  const wiki = await rawWiki({ apiUrl: platform.run().sandboxWiki, user, password, inFlight: IN_FLIGHT, ...rawMessage });
  const address = platform.run().temporal;
  const [connection, native] = [await Connection.connect({ address }), await NativeConnection.connect({ address })];
  const worker = await Worker.create({
    connection: native, taskQueue: 'per-target', workflowsPath: require.resolve('./per-target-workflow'), maxConcurrentActivityTaskExecutions: IN_FLIGHT,
    activities: {
      async edit(title: string) {
        if (!(await wiki.edit({ title }))) throw new Error('the wiki did not take it');
      },
    },
  });
  const share = Math.ceil(targets / WORKFLOWS);
  const ms = await worker.runUntil(async () => {
    const { workflow } = new Client({ connection });
    const beganMs = performance.now();
    await Promise.all(Array.from({ length: WORKFLOWS }, (_, part) =>
      workflow.execute('perTarget', {
        taskQueue: 'per-target', workflowId: `per-target/${name}/${part}`,
        args: [`User talk:Per target ${name} `, part * share, Math.min(targets, (part + 1) * share), IN_FLIGHT / WORKFLOWS],
      })));
    return performance.now() - beganMs;
  });
  await Promise.all([connection.close(), native.close(), wiki.close()]);
  return (targets / ms) * 1_000;
}

void main();
