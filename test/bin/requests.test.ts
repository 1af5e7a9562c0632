import type { Script } from '../support/api';
import { commandLineAt } from '../support/command';
import { testDesk } from '../support/desk';

/** The real API, in this process. */
describe('reeve requests', () => {
  const desk = testDesk();
  let asker: Script;
  const reeve = commandLineAt(desk.api, () => asker);
  beforeEach(() => void (asker = desk.tom));

  it('lists what there is, and of what the account team has the trace that is left', async () => {
    const [plain, came] = [await desk.open(), await desk.tagged()];
    const { items } = await reeve.json(['requests', 'list', '--state', 'open', '--queue', 'default']);
    expect(items.map(({ id }: { id: number }) => id)).toEqual([plain.id]);
    expect((await reeve.json(['requests', 'list', '--name', came.name, '--event', String(desk.event.id)])).items).toMatchObject([{ id: came.id }]);
    asker = desk.ada;
    expect((await reeve.run(['requests', 'escalate', String(came.id)])).stdout).toBe(`${came.id} is open.\n`);
    expect((await reeve.run(['requests', 'list', '--queue', 'flagged'])).stdout).toMatch(new RegExp(`^${came.id} +open +flagged +– +– +2031`, 'm'));
  });

  it('takes one in hand, shows it, and answers it', async () => {
    const { id, name } = await desk.open();
    expect(await reeve.run(['requests', 'reserve', String(id), '--dry-run'])).toMatchObject({ code: 0, stdout: 'It would be reserved.\n' });
    await reeve.run(['requests', 'reserve', String(id)]);
    await reeve.run(['requests', 'comment', String(id), '--text', 'She is here.', '--for', 'requester']);
    const { stdout } = await reeve.run(['requests', 'show', String(id)]);
    for (const words of [name, 'reserved', 'Tom', 'I would like to write.', 'release, sendReservation, close', 'She is here.']) expect(stdout).toContain(words);
    expect(stdout).not.toContain('@example.org');
    expect((await reeve.run(['requests', 'list', '--mine'])).stdout).toContain(name);
    expect(await reeve.json(['requests', 'close', String(id), '--outcome', 'not-created', '--text', 'Another has this name.'])).toMatchObject({ state: 'closed', outcome: 'not-created', answer: 'Another has this name.' });
    expect(await desk.mails(id)).toEqual(['answer']);
  });

  it('moves one to another queue and into other hands', async () => {
    const { id } = await desk.tagged();
    expect(await reeve.json(['requests', 'defer', String(id), '--queue', 'events'])).toMatchObject({ queue: 'events' });
    await reeve.run(['requests', 'reserve', String(id)]);
    expect(await reeve.json(['requests', 'send-reservation', String(id), '--to', 'Tess'])).toMatchObject({ holder: { name: 'Tess' } });
    asker = desk.max;
    expect(await reeve.run(['requests', 'break-reservation', String(id), '--reason', 'Tess is away.'])).toMatchObject({ code: 0, stdout: `${id} is open.\n` });
    expect(await reeve.run(['requests', 'drop', String(id)])).toMatchObject({ stdout: `${id} is closed.\n` });
    expect(await reeve.run(['requests', 'reopen', String(id)])).toMatchObject({ stdout: `${id} is open.\n` });
  });

  it('reveals where a person is to be found to who has them in hand, and to nobody else', async () => {
    const { id, email } = await desk.open();
    expect(await reeve.run(['requests', 'reveal', String(id), '--fields', 'email'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Reserve it first') });
    await reeve.run(['requests', 'reserve', String(id)]);
    const shown = await reeve.run(['requests', 'reveal', String(id), '--fields', 'email,ip,forwarded', '--reason', 'It looks like a hotel.']);
    expect(shown).toMatchObject({ code: 0, stdout: `email      ${email}\nip         192.0.2.7\nforwarded  –\n`, stderr: '' });
    expect(await desk.api.sql(`select code from audit where noun = 'request' and entity = $1 and verb = 'reveal'`, [id])).toEqual([{ code: 'email,ip,forwarded' }]);
  });

  it('says what there is none of, and where to look', async () => {
    asker = desk.ulla;
    const { id } = await desk.open();
    expect(await reeve.run(['requests', 'show', String(id)])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('`reeve requests list` shows which there are') });
  });

  it('holds up the making of accounts on a wiki, and lets it go on', async () => {
    asker = desk.max;
    expect(await reeve.run(['wikis', 'pause-creations', 'en.example.org', '--reason', 'A wave of odd names.'])).toEqual({ code: 0, stdout: 'On en.example.org no account is made since 2031-07-01T09:00:00.000Z.\n', stderr: '' });
    const { id } = await desk.open();
    expect(await reeve.run(['requests', 'create', String(id)])).toMatchObject({ code: 1, stderr: expect.stringContaining('The making of accounts is paused on this wiki.') });
    expect((await reeve.run(['wikis', 'resume-creations', 'en.example.org'])).stdout).toBe('On en.example.org accounts are made.\n');
    expect(await reeve.run(['requests', 'create', String(id)])).toMatchObject({ code: 0 });
    expect(await reeve.run(['wikis', 'pause-creations', 'en.example.org'])).toMatchObject({ code: 1, stderr: expect.stringContaining('reason') });
  });
});
