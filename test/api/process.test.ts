import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { PASSWORD, testApi, type TestPerson } from '../support/api';
import { eventually } from '../support/eventually';
import { services } from '../support/services';

const projectRoot = resolve(__dirname, '../..');

describe('the process `reeve api`', () => {
  const house = testApi();
  let person: TestPerson;
  let child: ChildProcess;
  let output = '';
  let url = '';

  const start = async (env: Record<string, string>) => {
    output = '';
    child = spawn(process.execPath, [join(projectRoot, 'bin/reeve.mjs'), 'api'], {
      cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        DATABASE_URL: house.api.config.DATABASE_URL, REDIS_URLS: services.redisUrls().join(), PORT: '0', REEVE_SECRET_KEY: 'only-for-tests-only-for-tests-only',
        REEVE_EMBEDDED: '1', TEMPORAL_ADDRESS: '127.0.0.1:1', ...env,
      },
    });
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    while (!output.includes('"serving"') && child.exitCode === null) await new Promise((done) => setTimeout(done, 50));
    url = /"url":"([^"]+)"/.exec(output)?.[1] ?? '';
  };
  beforeAll(async () => {
    person = await house.person('Somebody Named', ['operator']);
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  test('serves with nothing but its environment, names Temporal as away, and goes with 0 at SIGTERM', async () => {
    await start({});
    // What does not answer in time counts as down: on a busy machine it is asked again.
    await eventually(async () => expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'degraded', parts: { postgres: 'ok', redis: 'ok', temporal: 'down' }, degraded: ['temporal'] }));
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test('writes one line of JSON per request, without names, queries, bodies, cookies or keys', async () => {
    await start({ LOG_LEVEL: 'trace' });
    const signedIn = await fetch(`${url}/api/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: person.name, password: PASSWORD }) });
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
    await fetch(`${url}/api/users?name=Somebody%20Named`, { headers: { cookie, 'x-request-id': 'find-me' } });
    await fetch(`${url}/api/me`, { headers: { authorization: 'Bearer reeve_secretsecretsecretsecretsecretsecretsecretsec' } });
    await fetch(`${url}/api/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name": "Somebody Named"' });
    child.kill('SIGTERM');
    await once(child, 'exit');
    const lines = output.trim().split('\n').map((line) => JSON.parse(line) as Record<string, any>);
    expect(lines.find((line) => line.req?.path === '/api/users')).toMatchObject({ requestId: 'find-me', req: { method: 'GET', path: '/api/users' }, res: { status: 200 }, actor: `user/${person.id}`, responseTime: expect.any(Number) });
    expect(output).not.toMatch(/Somebody|password of|name=|reeve_secret|"cookie"/i);
    expect(output).not.toContain(cookie.split('=')[1]!.slice(0, 20));
  });

  test('says what is wrong with its environment, all of it, and does not start', async () => {
    await start({ REEVE_SECRET_KEY: 'short', PORT: 'many' });
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(output).toContain('REEVE_SECRET_KEY');
    expect(output).toContain('PORT');
    expect(output).not.toContain('short"');
  });
});
