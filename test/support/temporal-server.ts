/** A real Temporal server with other settings than the run's: short histories, for instance. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Connection } from '@temporalio/client';
import { eventually } from './eventually';
import { services } from './services';

export interface TemporalServer {
  address: string;
  stop(): Promise<void>;
}

/** @param settings dynamic configuration, `name=value` each. */
export const startTemporalServer = async (...settings: string[]): Promise<TemporalServer> => startTemporalServerAt(await freePort(), ...settings);

export async function startTemporalServerAt(port: number, ...settings: string[]): Promise<TemporalServer> {
  const dynamic = settings.flatMap((setting) => ['--dynamic-config-value', setting]);
  const server = spawn(services.temporalProgram(), ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error', ...dynamic], { stdio: 'ignore' });
  const exited = once(server, 'exit');
  const address = `127.0.0.1:${port}`;
  await eventually(async () => {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await connection.close();
  }, 30_000);
  return {
    address,
    async stop() {
      server.kill('SIGKILL');
      await exited;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
