/**
 * Builds: what Temporal calls the versions of a worker deployment. Each worker says which build of the workflows it runs.
 * Temporal gives work to the current one only, and what runs goes on with it whoever began it (AUTO_UPGRADE): where two
 * builds differ, `patched()` keeps old histories replaying.
 */
import type { Temporal } from './temporal';

export interface Build {
  build: string;
  /** Whether it gets the work. */
  current: boolean;
  /** When its first worker came. */
  createdAt: string;
  /** When a worker of it last asked for work, as far as Temporal remembers (five minutes). */
  lastAt: string | null;
}

type Where = Pick<Temporal, 'taskQueue'>;

/** One deployment for each task queue, under its name; the two signs are none that Temporal takes there. */
const deploymentOf = ({ taskQueue }: Where): string => taskQueue.replace(/[.:]/g, '-');

/** A worker's options that say which build it is. */
export const workerOf = (temporal: Where, buildId: string) => ({
  useWorkerVersioning: true as const,
  version: { deploymentName: deploymentOf(temporal), buildId },
  defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
});

/** @returns null where no worker was ever there, or none is current. */
export async function currentBuild(temporal: Temporal): Promise<string | null> {
  return (await describe(temporal))?.routingConfig?.currentDeploymentVersion?.buildId || null;
}

/** The newest first. @throws when Temporal does not answer in time. */
export const readBuilds = (temporal: Temporal, timeoutMs: number): Promise<Build[]> =>
  temporal.within(timeoutMs, async () => {
    const [found, pollers] = await Promise.all([describe(temporal), temporal.pollers(timeoutMs)]);
    const current = found?.routingConfig?.currentDeploymentVersion?.buildId;
    return (found?.versionSummaries ?? [])
      .map(({ deploymentVersion, createTime }): Build => {
        const build = deploymentVersion?.buildId ?? '';
        const asked = pollers.flatMap((poller) => (poller.build === build && poller.lastAt) || []);
        return { build, current: build === current, createdAt: new Date(Number(createTime?.seconds ?? 0) * 1_000).toISOString(), lastAt: asked.sort().at(-1) ?? null };
      })
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  });

/**
 * From now on this build gets the work. Doing it again changes nothing.
 * @param unseen also before any worker of it has asked for work.
 * @throws UnknownBuild, IdleBuild
 */
export async function promoteBuild(temporal: Temporal, buildId: string, { unseen = false } = {}): Promise<void> {
  const { client, namespace } = temporal;
  const wanted = { namespace, deploymentName: deploymentOf(temporal), buildId, identity: client.options.identity, allowNoPollers: unseen, ignoreMissingTaskQueues: unseen };
  await client.workflowService.setWorkerDeploymentCurrentVersion(wanted).catch((error: { code?: number }) => {
    throw error.code === NOT_FOUND ? new UnknownBuild(buildId) : error.code === FAILED_PRECONDITION ? new IdleBuild(buildId) : error;
  });
}

/**
 * For a worker: makes its own build current where none is (a first start, a Temporal that came back empty).
 * @param always also where another one is: under `npm start`, which runs one worker.
 * @returns which one is current then.
 */
export async function ensureCurrentBuild(temporal: Temporal, own: string, always: boolean): Promise<string> {
  const current = await currentBuild(temporal);
  if (current !== null && (current === own || !always)) return current;
  await promoteBuild(temporal, own, { unseen: true });
  return own;
}

/** No worker of this build was ever there. */
export class UnknownBuild extends Error {
  override readonly name = 'UnknownBuild';
}
/** No worker of this build asks for work. */
export class IdleBuild extends Error {
  override readonly name = 'IdleBuild';
}

const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

async function describe(temporal: Temporal) {
  const { client, namespace } = temporal;
  try {
    return (await client.workflowService.describeWorkerDeployment({ namespace, deploymentName: deploymentOf(temporal) })).workerDeploymentInfo;
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return null;
    throw error;
  }
}
