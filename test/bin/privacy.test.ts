import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineAt } from '../support/command';
import { testDesk } from '../support/desk';

describe('reeve privacy', () => {
  const desk = testDesk();
  const reeve = commandLineAt(desk.api, () => desk.root);
  const of = (email: string) => ['--email', email, '--reason', 'Asked for by letter.'];

  it('writes all that is held to stdout, or to a file for the asker\'s eyes only', async () => {
    const { id } = await desk.open({ email: 'cli@forget.example' });
    const shown = await reeve.run(['privacy', 'export', ...of('cli@forget.example')]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ requests: [id], held: { request: [{ email: 'cli@forget.example' }] } });
    expect(shown.stderr).toMatch(/^Held: 1 of request, .*audit.*\.\n$/);
    const file = join(reeve.home, 'person.json');
    writeFileSync(file, 'there before', { mode: 0o644 });
    expect(await reeve.run(['privacy', 'export', ...of('cli@forget.example'), '--out', file])).toMatchObject({ code: 0, stdout: '' });
    expect([JSON.parse(readFileSync(file, 'utf8')).requests, statSync(file).mode & 0o777]).toEqual([[id], 0o600]);
  });

  it('erases, says how much and what stays, and the second time that there is nothing', async () => {
    await desk.open({ email: 'cli-gone@forget.example' });
    const erase = (...more: string[]) => reeve.run(['privacy', 'erase', ...of('cli-gone@forget.example'), ...more]);
    expect((await erase('--dry-run')).stdout).toMatch(/^place +there\nrequest +1\n/);
    expect((await erase()).stdout).toMatch(/^place +erased\nrequest +1\n\nstays +how many +until +why\naudit +\d+ +– +The log holds ids and codes only/);
    expect(await erase()).toMatchObject({ code: 0, stdout: 'There was nothing to erase.\n' });
  });

  it('says why it refuses', async () => {
    expect(await reeve.run(['privacy', 'export', '--user', 'Tom', '--reason', 'Tom wants it.'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('without the name') });
    expect(await reeve.run(['privacy', 'export', '--reason', 'r'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--email or --user') });
  });
});
