/**
 * Runs `reeve …` with nothing of this process's environment but what is given: in this process, which is much faster, or
 * as a process of its own where a test is about that.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Script, TestApi } from './api';

// With its ending: jest would take the launcher of the same name.
const { main } = require('../../bin/reeve.ts') as typeof import('../../bin/reeve');

const projectRoot = resolve(__dirname, '../..');

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}
type Env = Record<string, string>;

export interface CommandLine {
  /** REEVE_HOME of the commands. */
  home: string;
  run(args: string[], env?: Env): Promise<Said>;
  /** As a process of its own. */
  spawned(args: string[], more?: { env?: Env; stdin?: string }): Promise<Said>;
  /** With `--json`: the data. */
  json<T = any>(args: string[], env?: Env): Promise<T>; // as varied as the commands
}

/** Call it at the top of a describe. @param env asked for when a command runs. */
export function commandLine(env: () => Env = () => ({})): CommandLine {
  const home = mkdtempSync(join(tmpdir(), 'reeve-cli-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const whole = (more: Env = {}): Env => ({ PATH: process.env.PATH ?? '', HOME: home, REEVE_HOME: home, ...env(), ...more });
  const run: CommandLine['run'] = (args, more) => here(args, whole(more));
  return {
    home, run,
    spawned: (args, { env: more, stdin = '' } = {}) =>
      new Promise((done, fail) => {
        const child = spawn(process.execPath, [join(projectRoot, 'bin/reeve.mjs'), ...args], { cwd: projectRoot, env: whole(more) });
        const said: Said = { code: -1, stdout: '', stderr: '' };
        child.stdout.on('data', (text) => (said.stdout += text));
        child.stderr.on('data', (text) => (said.stderr += text));
        child.once('error', fail).once('close', (code) => done({ ...said, code: code ?? -1 }));
        child.stdin.end(stdin);
      }),
    json: async (args, more) => {
      const said = await run([...args, '--json'], more);
      if (said.code !== 0) throw new Error(`reeve ${args.join(' ')} ended with ${said.code}: ${said.stderr}`);
      return JSON.parse(said.stdout);
    },
  };
}

/**
 * The same at the real API in this process, which listens meanwhile. Call it where that was called for.
 * @param asker whose key the commands have; asked for when one runs.
 */
export function commandLineAt(api: Pick<TestApi, 'app'>, asker: () => Pick<Script, 'key'>): CommandLine {
  let server: Server;
  beforeAll(() => new Promise<void>((done) => (server = api.app.listen(0, '127.0.0.1', () => done()))));
  afterAll(() => new Promise<void>((done) => server.close(() => done())));
  return commandLine(() => ({ REEVE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, REEVE_API_KEY: asker().key }));
}

/** One at a time: environment and streams are the process's. */
async function here(args: string[], env: Env): Promise<Said> {
  const before = process.env;
  const said: Said = { code: -1, stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  process.env = env;
  try {
    said.code = await main(args);
  } finally {
    process.env = before;
    spies.forEach((spy) => spy.mockRestore());
  }
  return said;
}
