import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../package.json';
import { commandLine } from '../support/command';

const commands = ['api', 'worker', 'migrate', 'sandbox-wiki', 'seed', 'users', 'keys', 'config', 'doctor', 'restart', 'deploy', 'audit', 'deliver', 'deliveries', 'wikis', 'events', 'requests', 'queues', 'forms', 'bans', 'comments', 'templates', 'audits', 'privacy', 'memberships', 'ops', 'log'];

describe('the command line', () => {
  const reeve = commandLine();

  it('lists every command in its help, which goes to stdout with exit code 0', async () => {
    const { code, stdout, stderr } = await reeve.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each(commands)('explains %s without needing any configuration', async (name) => {
    const { code, stdout } = await reeve.run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: reeve ${name}`);
  });

  it('prints its version', async () => {
    expect(await reeve.spawned(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    ['an unknown command', ['nonsense']],
    ['no command', []],
    ['an unknown option', ['config', '--nonsense']],
    ['a missing option', ['users', 'create']],
    ['a value that is none of the choices', ['users', 'create', '--name', 'A', '--role', 'emperor']],
    ['a scope that does not exist', ['keys', 'create', '--user', 'A', '--scopes', 'everything']],
    ['an outcome that is none of the choices', ['requests', 'close', '1', '--outcome', 'maybe']],
    ['nothing to reveal', ['requests', 'reveal', '1']],
    ['an id that is no number', ['deliveries', 'show', 'twelve']],
    ['an id that no thing can have', ['keys', 'revoke', '9999999999']],
    ['none to show', ['deliveries', 'list', '--limit', '0']],
    ['a thing without its kind', ['log', '--entity', '12']],
    ['a person by two names', ['privacy', 'erase', '--email', 'a@b.example', '--user', 'A', '--reason', 'r']],
    ['no reason', ['privacy', 'export', '--email', 'a@b.example']],
    ['an instant that is none', ['audits', 'account-creations', '--from', 'yesterday']],
    ['a length of time beyond all calendars', ['deliveries', 'reschedule', '1', '--at', '99999999999d']],
    ['a key that outlives all calendars', ['keys', 'create', '--user', 'A', '--scopes', 'all', '--expires', '99999999999d']],
    ['a port that is none', ['inbox', '--port', '70000']],
    ['an instant that is none', ['deliveries', 'reschedule', '1', '--at', 'soon']],
    ['both a workflow and a filter', ['ops', 'retry', 'delivery/1', '--all']],
  ])('ends with 2 and says nothing on stdout when used with %s', async (_what, args) => {
    const { code, stdout, stderr } = await reeve.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('prints no colours into a pipe', async () => {
    const { stdout } = await reeve.spawned(['config']);
    expect(stdout).not.toContain('\u001b[');
  });
});

describe('reeve config', () => {
  const reeve = commandLine();

  it('prints each key with its meaning, its value and where that comes from, and no secret', async () => {
    const env = { DATABASE_URL: 'postgres://someone:hidden-word@db.example/reeve', PORT: '9000' };
    const { items } = await reeve.json(['config'], env);
    const keyed = Object.fromEntries(items.map((item: { key: string }) => [item.key, item]));
    expect(keyed.PORT).toMatchObject({ value: '9000', from: 'environment', meaning: expect.stringContaining('Port') });
    expect(keyed.REEVE_RETENTION_DAYS).toMatchObject({ value: '15', from: 'default' });
    expect(keyed.DATABASE_URL).toMatchObject({ from: 'environment', value: '(set, secret)' });
    expect((await reeve.run(['config'], env)).stdout).not.toContain('hidden-word');
    expect(items.filter(({ meaning }: { meaning: string }) => !meaning)).toEqual([]);
  });

  it('takes a secret from a file', async () => {
    const file = join(reeve.home, 'secret');
    writeFileSync(file, 'a secret that is long enough to be one\n');
    const { items } = await reeve.json(['config'], { REEVE_SECRET_KEY_FILE: file });
    expect(items.find(({ key }: { key: string }) => key === 'REEVE_SECRET_KEY')).toMatchObject({ from: 'file', value: '(set, secret)' });
  });

  it('checks all keys at once: every fault is named, and the exit code is 1', async () => {
    const { code, stderr } = await reeve.run(['config', 'check'], { PORT: 'eighty', REEVE_SECRET_KEY: 'short' });
    expect(code).toBe(1);
    for (const key of ['PORT', 'REEVE_SECRET_KEY', 'DATABASE_URL']) expect(stderr).toContain(`${key}: `);
  });

  it('reads what runs here where the environment is silent', async () => {
    const run = { api: 'http://127.0.0.1:1', web: 'http://127.0.0.1:1', temporal: '127.0.0.1:9', namespace: 'default', database: 'postgres://x@127.0.0.1:1/x', redis: [], pids: {}, demo: [] };
    writeFileSync(join(reeve.home, 'run.json'), JSON.stringify(run));
    writeFileSync(join(reeve.home, 'secret-key'), 'a secret that is long enough to be one\n');
    const { code } = await reeve.run(['config', 'check']);
    const { items } = await reeve.json(['config']);
    expect(code).toBe(0);
    expect(items.find(({ key }: { key: string }) => key === 'TEMPORAL_ADDRESS')).toMatchObject({ value: '127.0.0.1:9', from: 'running Reeve' });
  });
});
