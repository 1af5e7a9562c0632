/**
 * LISTEN on a connection of its own, that notices when it is dead without having been told so (a firewall that forgot it,
 * a machine that vanished) and makes a new one. Used by dispatch/dispatcher.ts, which polls besides.
 */
import pg from 'pg';

export interface ListenOptions {
  url: string;
  channel: string;
  /** Something was said, or may have been while nobody listened. */
  onNotify(): void;
  /** The connection was lost, with why; it is made again at once. */
  onLost?(error: Error): void;
}
export interface Listener {
  /** Connections made so far. */
  readonly connected: number;
  stop(): Promise<void>;
}

/** How often the connection is asked whether it lives, and how long it may take to say so. */
const PING_MS = 5_000;
const TIMEOUT_MS = 5_000;

export function listen({ url, channel, onNotify, onLost = () => {} }: ListenOptions): Listener {
  let stopped = false;
  let connected = 0;
  let interrupt = (): void => {};
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      interrupt = () => (clearTimeout(timer), resolve());
    });

  const loop = (async () => {
    for (let waitMs = 100; !stopped; waitMs = Math.min(waitMs * 2, 2_000)) {
      const client = new pg.Client({ connectionString: url, application_name: 'reeve-listen', keepAlive: true, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
      let lost: Error | undefined;
      const broken = (error?: Error): void => {
        lost ??= error ?? new Error('the connection has ended');
        interrupt();
      };
      client.on('error', broken).on('end', broken).on('notification', onNotify);
      try {
        await client.connect();
        await client.query(`listen ${channel}`);
        connected++;
        waitMs = 50;
        onNotify();
        while (!lost && !stopped) {
          await pause(PING_MS);
          if (!lost && !stopped) await client.query('select 1');
        }
      } catch (error) {
        lost ??= error as Error;
      }
      discard(client);
      if (stopped) return;
      onLost(lost!);
      await pause(waitMs);
    }
  })();

  return {
    get connected() {
      return connected;
    },
    stop() {
      stopped = true;
      interrupt();
      return loop;
    },
  };
}

/** A polite end would wait for an answer that may never come. */
function discard(client: pg.Client): void {
  client.on('error', () => {});
  void client.end().catch(() => {});
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
