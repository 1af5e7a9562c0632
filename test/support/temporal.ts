/**
 * A namespace of its own on the real Temporal server for a test file, and workers in it; or a server of its own that
 * skips time. Workflows run from the bundle that production runs.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { workflowBundle } from '../../bin/workflow-bundle';
import { createTemporal, dataConverter, ensureSearchAttributes, type Temporal, type TemporalConfig } from '../../gateways/temporal';
import { searchAttributes } from '../../workflows/attributes';
import { eventually } from './eventually';
import { services } from './services';
import { startTemporalServer, type TemporalServer } from './temporal-server';
import { tripwire } from './tripwire';

export interface Stage {
  readonly temporal: Temporal;
  readonly config: TemporalConfig;
  /** Runs a worker with these activities for as long as `play` takes. */
  with<T>(activities: object, play: () => Promise<T>, options?: Partial<WorkerOptions>): Promise<T>;
}

/** Only where a worker runs: the runtime ends with its last connection, and one that never had any keeps the process. */
let quiet = false;
export function silence(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR', () => {}), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } } });
  quiet = true;
}

/** What a workflow's page in the Temporal UI says. The ledger knows what an activity did before the workflow does: ask with `eventually`. */
export const currentDetails = async (handle: Pick<WorkflowHandle, 'query'>): Promise<string> =>
  String((await handle.query<{ currentDetails?: string }, []>('__temporal_workflow_metadata')).currentDetails);

/** Kept between runs: its name changes with the workflows. */
export const testBundle = (): Promise<string> => workflowBundle(join(tmpdir(), 'reeve-test-bundle'));

/** @param options forbidden: texts that must never be in a payload; address: another server than the run's. */
export function realStage({ forbidden = [], address = services.temporalAddress }: { forbidden?: string[]; address?: () => string } = {}): Stage {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const converter = { ...dataConverter, payloadCodecs: [tripwire(forbidden)] };
  const config = (): TemporalConfig => ({ TEMPORAL_ADDRESS: address(), TEMPORAL_NAMESPACE: name, TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined });
  let temporal: Temporal;
  beforeAll(async () => {
    temporal = createTemporal(config(), 'test', { converter });
    const { workflowService } = temporal.client.connection;
    await workflowService.registerNamespace({ namespace: name, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } });
    await eventually(() => ensureSearchAttributes(temporal, searchAttributes));
  });
  afterAll(() => temporal?.close());
  return {
    get temporal() {
      return temporal;
    },
    get config() {
      return config();
    },
    async with(activities, play, options) {
      silence();
      const connection = await NativeConnection.connect({ address: address() });
      try {
        const worker = await Worker.create({ connection, namespace: name, ...(await workerOptions(activities)), dataConverter: converter, ...options });
        return await worker.runUntil(play);
      } finally {
        await connection.close();
      }
    },
  };
}

/** A real server of the file's own, with other settings than the run's. @returns its address, from the first beforeAll on. */
export function ownServer(...settings: string[]): () => string {
  let server: TemporalServer;
  beforeAll(async () => {
    server = await startTemporalServer(...settings);
  });
  afterAll(() => server?.stop());
  return () => server.address;
}

/** A server that jumps to the next timer whenever somebody waits for a result. */
export function skippingStage(): { readonly env: TestWorkflowEnvironment; with<T>(activities: object, play: (client: TestWorkflowEnvironment['client']) => Promise<T>): Promise<T> } {
  silence();
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await eventually(
      () => TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: services.timeSkippingProgram() } }, client: { dataConverter } }),
      90_000, // the SDK gives the server five seconds, which a busy machine may not have: then once more, at another port
    );
    const { operatorService } = env.connection;
    await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: Object.fromEntries(Object.entries(searchAttributes).map(([key, type]) => [key, type === 'BOOL' ? 5 : 2])) }).catch(() => {});
  });
  afterAll(() => env?.teardown());
  return {
    get env() {
      return env;
    },
    async with(activities, play) {
      const worker = await Worker.create({ connection: env.nativeConnection, namespace: 'default', ...(await workerOptions(activities)) });
      return worker.runUntil(() => play(env.client));
    },
  };
}

const workerOptions = async (activities: object) => ({ taskQueue: 'reeve', identity: 'reeve-test', workflowBundle: { codePath: await testBundle() }, activities, dataConverter, maxHeartbeatThrottleInterval: '200 milliseconds' as const });
