/** A worker beside those of a platform, or without one, for measurements. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export interface WorkerOf {
  home: string;
  database: string;
  temporal: string;
  secretKey: string;
}

export const startWorker = ({ home, database, temporal, secretKey }: WorkerOf): ChildProcess =>
  spawn(process.execPath, [join(__dirname, '../bin/reeve.mjs'), 'worker'], {
    env: {
      ...process.env, REEVE_HOME: home, DATABASE_URL: database, TEMPORAL_ADDRESS: temporal, REEVE_SECRET_KEY: secretKey,
      REEVE_EMBEDDED: '1', REEVE_ALLOW_PRIVATE_HOSTS: '1', METRICS_PORT: '0', LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
