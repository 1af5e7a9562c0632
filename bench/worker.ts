/** A worker beside those of a platform, or without one, for measurements. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export interface WorkerOf {
  home: string;
  database: string;
  temporal: string;
  secretKey: string;
  /** 0, the default: none. */
  metricsPort?: number;
}

export const startWorker = ({ home, database, temporal, secretKey, metricsPort = 0 }: WorkerOf): ChildProcess =>
  spawn(process.execPath, [join(__dirname, '../bin/reeve.mjs'), 'worker'], {
    env: {
      ...process.env, REEVE_HOME: home, DATABASE_URL: database, TEMPORAL_ADDRESS: temporal, REEVE_SECRET_KEY: secretKey,
      REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: '1', METRICS_PORT: String(metricsPort), LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** A worker that is started again whenever it dies, as an orchestrator would. */
export function keepWorker(of: WorkerOf): { kill(): void; stop(): void } {
  let child: ChildProcess;
  let over = false;
  const begin = (): void => {
    child = startWorker(of);
    child.once('exit', () => over || begin());
  };
  begin();
  return {
    kill: () => void child.kill('SIGKILL'),
    stop() {
      over = true;
      child.kill('SIGKILL');
    },
  };
}

/** Writes that came too late and were refused, as a worker counts them. */
export async function refusedWrites(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^reeve_lane_total\{kind="fence_refused"\} (\d+)/m.exec(text)?.[1] ?? 0);
}
