import { system } from '../../policies/actor';
import { scanComments } from '../../db/queries/comments';
import type { Script } from '../support/api';
import { commandLineAt } from '../support/command';
import { testDesk } from '../support/desk';

/** The real API, in this process. */
describe('reeve comments', () => {
  const desk = testDesk();
  let asker: Script;
  const reeve = commandLineAt(desk.api, () => asker);
  beforeEach(() => void (asker = desk.max));

  /** By Tom; those with an address are flagged. */
  async function said(text: string, visibility = 'user'): Promise<number> {
    const { id: request } = await desk.tagged();
    await desk.verb(desk.tom, request, 'comment', { text, visibility, acknowledge: true }).expect(200);
    await scanComments(desk.api.api.kernel, system, 500);
    return (await desk.api.sql('select id from request_comment where request_id = $1', [request]))[0].id;
  }
  const textOf = async (id: number): Promise<string> => (await desk.api.sql('select text from request_comment where id = $1', [id]))[0].text;
  const ids = ({ items }: { items: { id: number }[] }): number[] => items.map(({ id }) => id);

  it('lists them newest first, those that are flagged without their addresses, and as many as are asked for', async () => {
    const [plain, flagged] = [await said('She is here.'), await said('Write to ask.er@example.org.')];
    const { stdout } = await reeve.run(['comments', 'list']);
    expect(stdout).toMatch(new RegExp(`^${flagged} +\\d+ +Tom +user +flagged +Write to \\[…\\]\n${plain} +\\d+ +Tom +user +shown +She is here\\.`, 'm'));
    expect(ids(await reeve.json(['comments', 'list', '--flagged']))).toEqual([flagged]);
    expect(ids(await reeve.json(['comments', 'list', '--limit', '1']))).toEqual([flagged]);
  });

  it('takes an address out, lets one stay, hides one and shows it again, each with a reason in the log', async () => {
    const [redacted, left, hidden] = [await said('Ask a@b.example'), await said('The office: c@d.example'), await said('e@f.example')];
    expect(await reeve.run(['comments', 'redact', String(redacted)])).toEqual({ code: 0, stdout: `${redacted} is shown.\n`, stderr: '' });
    expect(await textOf(redacted)).toBe('Ask […]');
    expect((await reeve.json(['comments', 'unflag', String(left), '--reason', 'It is the office.'])).text).toBe('The office: c@d.example');
    expect(await desk.api.sql(`select a.verb, r.text from audit a join audit_reason r on r.id = a.reason_id where a.code = $1 and a.verb = 'unflagComment'`, [`comment/${left}`])).toEqual([{ verb: 'unflagComment', text: 'It is the office.' }]);
    expect((await reeve.run(['comments', 'hide', String(hidden)])).stdout).toBe(`${hidden} is hidden.\n`);
    expect(ids(await reeve.json(['comments', 'list', '--hidden']))).toEqual([hidden]);
    expect((await reeve.run(['comments', 'show', String(hidden)])).stdout).toBe(`${hidden} is shown.\n`);
  });

  it('puts another text in its place, with an address only where that is meant', async () => {
    const id = await said('Write to a@b.example');
    expect(await reeve.run(['comments', 'edit', String(id), '--text', 'Write to c@d.example'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('address') });
    expect(await textOf(id)).toBe('Write to a@b.example');
    expect((await reeve.run(['comments', 'edit', String(id), '--text', 'Write to c@d.example', '--acknowledge'])).stdout).toBe(`${id} is shown.\n`);
    expect(await textOf(id)).toBe('Write to c@d.example');
    expect((await reeve.json(['comments', 'edit', String(id), '--text', 'Write to them.'])).text).toBe('Write to them.');
  });

  it('is for who decides about them', async () => {
    const id = await said('a@b.example');
    asker = desk.tom;
    for (const args of [['list'], ['unflag', String(id)], ['edit', String(id), '--text', 'Gone.']]) expect(await reeve.run(['comments', ...args])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Tool admins and checkusers look through comments.') });
    expect(await textOf(id)).toBe('a@b.example');
  });
});
