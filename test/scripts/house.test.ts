/** The set-up scripts, each module in a process of its own (they are plain ES modules that need nothing installed). */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);

/** Runs code with scripts/house and scripts/supply at hand; what it returns comes back. */
async function inNode<T>(code: string, env: Record<string, string> = {}): Promise<T> {
  const whole = `
    const house = (name) => import('./scripts/house/' + name + '.mjs');
    const supply = (name) => import('./scripts/supply/' + name + '.mjs');
    const home = process.env.TEST_HOME;
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const recipe = (name, script) => ({ name, command: process.execPath, args: ['-e', script], isReady: async () => true });
    const result = await (async () => { ${code} })();
    process.stdout.write('RESULT' + JSON.stringify(result ?? null));
    process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', whole], { cwd: root, env: { ...process.env, TEST_HOME: home, ...env } });
  return JSON.parse(stdout.split('RESULT')[1]!) as T;
}

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '');
  } catch {
    return false;
  }
};

let home: string;
beforeEach(async () => {
  home = join(mkdtempSync(join(tmpdir(), 'reeve-house-')), 'home');
  await inNode(`(await house('files')).makeHome(home)`);
});
afterEach(() => rmSync(resolve(home, '..'), { recursive: true, force: true }));

describe('ports', () => {
  test('that are taken are replaced by the next free ones, which are then remembered', async () => {
    const low = 20_000 + (process.pid % 10_000);
    const guard = createServer().listen(low, '127.0.0.1');
    await new Promise((done) => guard.once('listening', done));
    const ask = `return (await house('ports')).rememberedPorts(home + '/ports.json', { api: ${low} })`;
    const first = await inNode<{ ports: { api: number }; moved: string[] }>(ask);
    await new Promise((done) => guard.close(done));
    const second = await inNode<{ ports: { api: number }; moved: string[] }>(ask);
    expect(first.ports.api).toBeGreaterThan(low);
    expect(first.moved).toEqual([`port ${low} (api) is taken: ${first.ports.api} instead`]);
    expect(second).toEqual({ ports: { api: first.ports.api }, moved: [] });
  });

  test('that somebody takes between the choice and the start are chosen anew', async () => {
    const low = 20_000 + ((process.pid + 5_000) % 10_000);
    const { ports, told, live } = await inNode<{ ports: { api: number }; told: string[]; live: boolean }>(`
      const { keep } = await house('keep');
      const { giveBack, onFreePorts, rememberedPorts } = await house('ports');
      const net = await import('node:net');
      const told = [];
      let thief;
      const begin = async () => {
        const { ports } = await rememberedPorts(home + '/ports.json', { api: ${low} });
        thief ??= await new Promise((done) => { const server = net.createServer().listen(ports.api, '127.0.0.1', () => done(server)); });
        const answers = () => new Promise((done) => net.connect(ports.api, '127.0.0.1').on('connect', function () { this.destroy(); done(true); }).on('error', () => done(false)));
        const late = { ...recipe('late', 'require("node:net").createServer().listen(' + ports.api + ', "127.0.0.1")'), isReady: async () => (thief.address().port === ports.api ? false : answers()) };
        try {
          return { ports, part: await keep(late, home, { changed: () => {}, tell: () => {} }) };
        } catch (error) {
          giveBack(ports);
          throw error;
        }
      };
      const { ports, part } = await onFreePorts(begin, (line) => told.push(line));
      const live = part.pid > 0;
      await part.stop();
      return { ports, told, live };`);
    expect(ports.api).toBeGreaterThan(low);
    expect(told).toEqual([expect.stringMatching(/^late ended before it was ready \(exit code 1\) Another port is chosen\.$/)]);
    expect(live).toBe(true);
  });

  test('are not held to be taken because a log told of it long ago', async () => {
    const taken = await inNode<unknown>(`
      const { start } = await house('part');
      (await import('node:fs')).writeFileSync(home + '/log/old.log', 'Error: listen EADDRINUSE\\n');
      return start({ ...recipe('old', 'process.exit(3)'), isReady: async () => false }, home).catch((error) => error.portTaken ?? false);`);
    expect(taken).toBe(false);
  });
});

describe('a kept part', () => {
  test('that is killed comes back under another pid, and again when it is killed again', async () => {
    const [first, second, third, told] = await inNode<[number, number, number, string[]]>(`
      const { keep } = await house('keep');
      const told = [], news = [];
      const part = await keep(recipe('thing', 'setInterval(() => {}, 1000)'), home, { changed: () => news.shift()?.(), tell: (line) => told.push(line) });
      const pids = [part.pid];
      for (let i = 0; i < 2; i++) {
        const back = new Promise((done) => news.push(done));
        process.kill(part.pid, 'SIGKILL');
        await back;
        pids.push(part.pid);
      }
      await part.stop();
      return [...pids, told];`);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(told[0]).toBe('thing died (killed by SIGKILL); it is started again');
    expect([first, second, third].filter(isRunning)).toEqual([]);
  });

  test('that dies at once whenever it starts is tried less and less often', async () => {
    const starts = await inNode<number[]>(`
      const { keep } = await house('keep');
      const { existsSync, readFileSync } = await import('node:fs');
      const file = home + '/starts';
      let ready = true;
      const dying = { ...recipe('dying', 'require("node:fs").appendFileSync(' + JSON.stringify(file) + ', Date.now() + "\\\\n"); setTimeout(() => {}, 100)'), isReady: async () => ready };
      const part = await keep(dying, home, { changed: () => {}, tell: () => {} });
      ready = false;
      const starts = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\\n').map(Number) : []);
      while (starts().length < 4) await pause(50);
      await part.stop();
      return starts();`);
    const gaps = starts.slice(1, 4).map((at, i) => at - starts[i]!);
    // at once, then each time later: a slow machine can only make a gap longer
    [0, 250, 500].forEach((leastMs, i) => expect(gaps[i]).toBeGreaterThanOrEqual(leastMs));
  });

  test('that does not come up at first is a fault with the end of its log', async () => {
    const fault = await inNode<string>(`
      const { keep } = await house('keep');
      const broken = { ...recipe('broken', 'console.error("no key, no service"); process.exit(3)'), isReady: async () => false };
      return keep(broken, home, { changed: () => {}, tell: () => {} }).catch((error) => error.message);`);
    expect(fault).toContain('broken ended before it was ready (exit code 3)');
    expect(fault).toContain('no key, no service');
  });

  test('does not take for its own what another program answers at its port', async () => {
    const fault = await inNode<string>(`
      const { keep } = await house('keep');
      const taken = { ...recipe('late', 'process.exit(1)'), url: 'http://127.0.0.1:1' };
      return keep(taken, home, { changed: () => {}, tell: () => {} }).catch((error) => error.message);`);
    expect(fault).toContain('late: another program answers at http://127.0.0.1:1 already');
  });

  test('takes along what it had forked when it is stopped', async () => {
    const fork = `const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); require('node:fs').writeFileSync(process.env.PID_FILE, String(pid)); setInterval(() => {}, 1000)`;
    const pid = await inNode<number>(
      `const { start } = await house('part');
       const { existsSync, readFileSync } = await import('node:fs');
       const made = { ...recipe('family', ${JSON.stringify(fork)}), env: { PID_FILE: home + '/child' }, isReady: async () => existsSync(home + '/child') && readFileSync(home + '/child', 'utf8') !== '' };
       const part = await start(made, home);
       await part.stop();
       return Number(readFileSync(home + '/child', 'utf8'));`,
    );
    await new Promise((done) => setTimeout(done, 200));
    expect(isRunning(pid)).toBe(false);
  });
});

describe('what a killed supervisor leaves behind', () => {
  test('is ended by the next one, and a stranger under a remembered pid is left alone', async () => {
    const ours = await inNode<number>(`return (await (await house('part')).start(recipe('left', 'setInterval(() => {}, 1000)'), home)).pid`);
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      writeFileSync(join(home, 'pids/stranger.json'), JSON.stringify({ pid: stranger.pid, startedAt: 'at another time' }));
      expect(isRunning(ours)).toBe(true);
      expect(await inNode<string[]>(`return (await house('processes')).endOrphans(home)`)).toEqual(['left']);
      expect(isRunning(ours)).toBe(false);
      expect(isRunning(stranger.pid!)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  test('does not hold the lock, which a living one holds against a second', async () => {
    const held = await inNode<{ first: boolean; second: boolean }>(`
      const { takeLock } = await house('lock');
      const first = takeLock(home) === undefined;
      const { execFileSync } = await import('node:child_process');
      const code = "import { takeLock } from './scripts/house/lock.mjs'; console.log(takeLock(" + JSON.stringify(home) + ") === undefined)";
      return { first, second: execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).trim() === 'true' };`);
    expect(held).toEqual({ first: true, second: false });
    expect(await inNode(`return (await house('lock')).takeLock(home) === undefined`)).toBe(true); // its holder is gone now
  });
});

describe('a home', () => {
  test('is refused when the folder holds other things, since --reset would take them away', async () => {
    const other = join(home, '../other');
    const message = await inNode<string>(
      `const { mkdirSync, writeFileSync } = await import('node:fs');
       mkdirSync(process.env.OTHER); writeFileSync(process.env.OTHER + '/thesis.txt', '');
       try { (await house('files')).makeHome(process.env.OTHER) } catch (error) { return error.message }`,
      { OTHER: other },
    );
    expect(message).toContain('holds other things');
  });
});

describe('Node', () => {
  test('that is too old is told in words, before anything else is tried', async () => {
    const said = await inNode<(string | null)[]>(`
      const { checkNode } = await supply('dependencies');
      return ['18.20.4', '20.18.3', '20.19.0', '22.1.0'].map((version) => { try { checkNode(version) } catch (error) { return error.message } return null })`);
    expect(said).toEqual(['Reeve needs Node 20.19 or newer; this is 18.20.4.', 'Reeve needs Node 20.19 or newer; this is 20.18.3.', null, null]);
  });
});
