import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../support/command';

describe('reeve restart', () => {
  const reeve = commandLine();
  const sleeper = (): ChildProcess => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const write = (worker: number | undefined) => writeFileSync(join(reeve.home, 'run.json'), JSON.stringify({ pids: { supervisor: process.pid, worker } }));

  it('ends the part and waits until its supervisor has written the new pid', async () => {
    const first = sleeper();
    write(first.pid);
    let second: ChildProcess | undefined;
    first.once('exit', () => {
      second = sleeper();
      setTimeout(() => write(second!.pid), 150);
    });
    const done = await reeve.json(['restart', 'worker', '--kill']);
    second?.kill('SIGKILL');
    expect(first.signalCode).toBe('SIGKILL');
    expect(done).toMatchObject({ part: 'worker', before: [first.pid], after: [second?.pid] });
    expect(done.ms).toBeGreaterThanOrEqual(150);
  });

  it('knows only the parts that run, and never ends the supervisor', async () => {
    for (const part of ['nonsense', 'supervisor']) expect(await reeve.run(['restart', part])).toMatchObject({ code: 2, stderr: expect.stringContaining('There are: worker') });
  });

  it('says that nothing runs here', async () => {
    rmSync(join(reeve.home, 'run.json'));
    expect(await reeve.run(['restart', 'worker'])).toMatchObject({ code: 1, stderr: expect.stringContaining('npm start') });
  });
});
