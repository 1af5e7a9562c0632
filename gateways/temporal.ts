/**
 * The one client of Temporal, for the dispatcher, the worker and the probes of the API and the CLI. Without a connection
 * of the worker's it connects with its first call, so that a process starts with Temporal down, and finds it again within a
 * second when it comes back.
 */
import { Client, Connection, type ConnectionLike } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { Config } from '../config';

export type TemporalConfig = Pick<Config, 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS'>;

export interface Temporal {
  client: Client;
  namespace: string;
  taskQueue: string;
  /**
   * Whether what is started may begin at once on the worker that shares the connection, without a way through a task queue. Set by
   * that worker, and only while its build is the current one: a run that another build began would go on with a build that cannot.
   */
  eager: boolean;
  /** Runs calls with a time limit. */
  within<T>(timeoutMs: number, calls: () => Promise<T>): Promise<T>;
  /** Whether it answers, for readyz, the worker's watch and `reeve deploy`. Never throws. */
  reachable(timeoutMs: number): Promise<boolean>;
  /** Who asks for work on the task queue. Throws where Temporal does not answer in time. */
  pollers(timeoutMs: number): Promise<Poller[]>;
  close(): Promise<void>;
}

export interface Poller {
  queue: string;
  kind: 'workflow' | 'activity';
  /** Of the workflows (gateways/builds.ts); null: it names none. */
  build: string | null;
  identity: string;
  lastAt: string | null;
}

/** Codes only in failures, on every side: see workflows/failure-converter.ts. */
export const dataConverter: DataConverter = { failureConverterPath: require.resolve('../workflows/failure-converter') };

/** What a history shows as the doer, instead of the machine's name. */
export const identityOf = (part: string): string => `reeve-${part}`;

/** How to reach the server: the same for the client and for a worker's own connection. */
export const address = (config: TemporalConfig): { address: string; tls?: true; apiKey?: string } => ({
  address: config.TEMPORAL_ADDRESS,
  tls: config.TEMPORAL_TLS ? true : undefined,
  apiKey: config.TEMPORAL_API_KEY,
});

/**
 * @param part who asks: api, worker, cli.
 * @param shared a worker's connection.
 */
export function createTemporal(config: TemporalConfig, part: string, { converter = dataConverter, shared }: { converter?: DataConverter; shared?: ConnectionLike } = {}): Temporal {
  const namespace = config.TEMPORAL_NAMESPACE;
  const connection = shared ?? lazyConnection(config);
  const client = new Client({ connection, namespace, identity: identityOf(part), dataConverter: converter });
  const within = <T>(timeoutMs: number, calls: () => Promise<T>): Promise<T> => connection.withDeadline(Date.now() + timeoutMs, calls);
  return {
    client,
    namespace,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    eager: false,
    within,
    reachable: (timeoutMs) =>
      within(timeoutMs, () => connection.workflowService.describeNamespace({ namespace })).then(
        () => true,
        () => false,
      ),
    pollers: async (timeoutMs) => {
      const queue = config.TEMPORAL_TASK_QUEUE;
      const answers = await within(timeoutMs, () => Promise.all(kinds.map((_, i) => connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType: i + 1 }))));
      return answers.flatMap(({ pollers }, i) => (pollers ?? []).map(({ identity, lastAccessTime, deploymentOptions }): Poller => ({
        queue, kind: kinds[i]!, build: deploymentOptions?.buildId || null, identity: identity ?? '', lastAt: lastAccessTime?.seconds ? new Date(Number(lastAccessTime.seconds) * 1_000).toISOString() : null,
      })));
    },
    close: () => connection.close(),
  };
}

/** In the order of Temporal's numbers for them, from 1. */
const kinds = ['workflow', 'activity'] as const;

const lazyConnection = (config: TemporalConfig): Connection =>
  Connection.lazy({
    ...address(config),
    connectTimeout: '5 seconds',
    // gRPC waits up to two minutes between tries otherwise, long after the server is back.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 },
  });

/** What Temporal's numbers for the types of search attributes mean. */
const types: Record<string, number> = { TEXT: 1, KEYWORD: 2, INT: 3, DOUBLE: 4, BOOL: 5, DATETIME: 6, KEYWORD_LIST: 7 };
const cliNames: Record<string, string> = { TEXT: 'Text', KEYWORD: 'Keyword', INT: 'Int', DOUBLE: 'Double', BOOL: 'Bool', DATETIME: 'Datetime', KEYWORD_LIST: 'KeywordList' };

/** Some search attributes are missing or of another type; `commands` make it right. */
export class SearchAttributesFault extends Error {
  override readonly name = 'SearchAttributesFault';
  constructor(readonly commands: string[]) {
    super(`Temporal lacks search attributes. Somebody with the right to do so runs:\n${commands.map((line) => `  ${line}`).join('\n')}`);
  }
}

/**
 * Registers what is missing and reads back, because the server accepts a name that it has with another type in silence.
 * @param wanted name → type (workflows/attributes.ts).
 * @throws SearchAttributesFault when they cannot be made right from here.
 */
export async function ensureSearchAttributes({ client, namespace }: Temporal, wanted: Record<string, string>): Promise<void> {
  const { operatorService } = client.connection;
  const missing = async (): Promise<string[]> => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return Object.keys(wanted).filter((name) => customAttributes[name] !== types[wanted[name]!]);
  };
  const lacking = await missing();
  if (!lacking.length) return;
  await operatorService
    .addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(lacking.map((name) => [name, types[wanted[name]!]!])) })
    .catch((error: { code?: number }) => {
      if (error.code !== 7 && error.code !== 12 && error.code !== 3) throw error; // not permitted, not offered, or refused: the commands say what to do
    });
  for (let tries = 0; ; tries++) {
    const left = await missing();
    if (!left.length) return;
    if (tries === 20) throw new SearchAttributesFault(left.map((name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${cliNames[wanted[name]!]}`));
    await new Promise((resolve) => setTimeout(resolve, 100)); // the server's own cache
  }
}
