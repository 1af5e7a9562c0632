import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineAt } from '../support/command';
import { testApi, type Script } from '../support/api';

/** The real API, in this process; no worker, so that what is sent stays where submit brings it. */
describe('through the API', () => {
  const test = testApi();
  let admin: Script;
  let sender: Script;
  let user: Script;
  let asker: () => Script = () => admin;
  const reeve = commandLineAt(test, () => asker());
  const file = (name: string, text: string): string => {
    writeFileSync(join(reeve.home, name), text);
    return join(reeve.home, name);
  };

  beforeAll(async () => {
    admin = await test.script(await test.person('Admin', ['admin']));
    sender = await test.script(await test.person('Sender', ['globalSender']));
    user = await test.script(await test.person('User'));
  });
  beforeEach(() => void (asker = () => admin));

  it('configures a wiki, lists it without its password, and changes its rate', async () => {
    const added = await reeve.spawned(['wikis', 'add', '--host', 'en.example.org', '--api-url', 'http://127.0.0.1:9/api.php', '--bot-user', 'Bot@reeve', '--bot-password-stdin', '--in-flight', '2'], { stdin: 'secret of the bot\n' });
    expect(added).toMatchObject({ code: 0, stderr: '' });
    await reeve.run(['wikis', 'set', 'en.example.org', '--edits-per-minute', '7', '--aliases', 'en.m.example.org,en2.example.org']);
    const { items } = await reeve.json(['wikis', 'list']);
    expect(items).toMatchObject([{ host: 'en.example.org', editsPerMinute: 7, inFlight: 2, aliases: ['en.m.example.org', 'en2.example.org'] }]);
    expect(JSON.stringify(items)).not.toContain('secret of the bot');
  });

  it('refuses what is wrong with the texts before it makes a list', async () => {
    asker = () => sender;
    const said = await reeve.run(['deliver', file('list.txt', 'User talk:A\n'), '--subject', 'a == b', '--body', ' ']);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/subject: .*\n {2}body: /);
    expect(await reeve.run(['deliver', file('list.txt', 'User talk:A\n'), '--subject', 'a', '--body-file', '/nowhere/body.wiki'])).toMatchObject({ code: 2, stderr: '/nowhere/body.wiki is no file that can be read.\n' });
    expect(await test.sql('select 1 from target_list')).toEqual([]);
  });

  it('makes list and delivery from a file, says which lines are bad, and submits', async () => {
    asker = () => sender;
    const list = file('pages.txt', `${Array.from({ length: 30 }, (_, i) => `User talk:Reader ${i}`).join('\n')}\nBad[title\nA@nowhere.example\n`);
    const said = await reeve.run(['deliver', list, '--wiki', 'en.example.org', '--subject', 'Hello', '--body-file', file('body.wiki', 'Text. ~~~~\n'), '--no-wait', '--json']);
    expect(said.code).toBe(0);
    expect(said.stderr).toContain('30 pages, 2 bad lines');
    expect(said.stderr).toContain('line 31: invalidtitle: Bad[title');
    expect(JSON.parse(said.stdout)).toMatchObject({ state: 'expanding', subject: 'Hello', list: { targets: 30, problemCount: 2 } });
    expect(await test.sql('select name, targets from target_list')).toEqual([{ name: 'pages.txt', targets: 30 }]);
  });

  it('reads a message in UTF-8, with a byte order mark or without, and sends no other on', async () => {
    asker = () => sender;
    const bytes = (name: string, body: Buffer) => (writeFileSync(join(reeve.home, name), body), join(reeve.home, name));
    const deliver = (body: Buffer) => reeve.run(['deliver', file('list.txt', 'User talk:A\n'), '--subject', 'a', '--body-file', bytes('body.wiki', body), '--draft', '--json']);
    expect(JSON.parse((await deliver(Buffer.from('\ufeff* Gr\u00fc\u00dfe ~~~~'))).stdout)).toMatchObject({ body: '* Gr\u00fc\u00dfe ~~~~' });
    expect(await deliver(Buffer.from('* Gr\u00fc\u00dfe ~~~~', 'latin1'))).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/body\.wiki is not in UTF-8/) });
  });

  it('reads a .csv in columns, so that a host in the second is none of the title', async () => {
    asker = () => sender;
    const said = await reeve.run(['deliver', file('Pages.CSV', 'page,host\nTalk:A,en.m.example.org\nTalk:B,https://en.example.org\n'), '--subject', 'Hello', '--body', 'Text. ~~~~', '--draft', '--json']);
    expect(said.stderr).toContain('line 3: invalidsite: Talk:B,https://en.example.org');
    const { list } = JSON.parse(said.stdout) as { list: { id: number } };
    expect((await sender.get(`/api/target-lists/${list.id}/pages`)).body.items).toMatchObject([{ wiki: 'en.example.org', page: 'Talk:A' }]);
  });

  it('says what there is none of, and where to look', async () => {
    const refusals: [string[], string][] = [
      [['deliveries', 'show', '98765'], 'There is nothing here.\nThere is no deliveries/98765, or you may not see it. `reeve deliveries list` shows which there are.\n'],
      [['deliveries', 'approve', '98765'], 'There is nothing here.\nThere is no deliveries/98765, or you may not see it. `reeve deliveries list` shows which there are.\n'],
      [['deliveries', 'settle', '98765', '3', '--as', 'sent'], 'There is nothing here.\nThere is no deliveries/98765/targets/3, or you may not see it. `reeve deliveries list` shows which there are.\n'],
      [['memberships', 'end', '98765'], 'There is nothing here.\nThere is no memberships/98765, or you may not see it. `reeve memberships list` shows which there are.\n'],
      [['ops', 'retry', 'nonsense'], 'There is nothing here.\n  workflowId: No workflow of this id waits for an operator, or ever did'],
      [['ops', 'outbox', '--drop', '98765'], 'There is no dead outbox row of this number.'],
    ];
    for (const [args, words] of refusals) expect(await reeve.run(args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
  });

  it('takes a page of the wiki as the message, with the sections that are named', async () => {
    asker = () => sender;
    const list = file('page-list.txt', 'User talk:A\n');
    const said = await reeve.run(['deliver', list, '--wiki', 'en.example.org', '--page', 'Project:News/May', '--subject-section', 's', '--body-section', 'm', '--draft', '--json']);
    expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining('is a draft') });
    const { id } = JSON.parse(said.stdout) as { id: number };
    expect((await sender.get(`/api/deliveries/${id}`)).body).toMatchObject({ state: 'draft', page: 'Project:News/May', subjectSection: 's', bodySection: 'm', subject: '', body: '' });
    const without = await reeve.run(['deliver', list, '--wiki', 'en.example.org', '--page', 'Project:News/May']);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--subject-section') });
  });

  it('sends to what a page or a category of the wiki lists, named instead of a file', async () => {
    asker = () => sender;
    test.api.wiki = async () => ({
      text: async (title: string) => ({ title, revisionId: 7, contentModel: 'wikitext', text: '{{#target:Talk:A}} {{#target:bad[}}' }),
      siteInfo: async () => ({ namespaces: new Map([[14, { name: 'Category' }]]), prefixes: new Map([['category', 14]]) }),
      async *members() {
        yield ['Talk:A', 'Talk:B'];
      },
    }) as never;
    const texts = ['--subject', 'Hello', '--body', 'Text. ~~~~', '--draft', '--json'];
    const said = await reeve.run(['deliver', '--from-page', 'Project:Readers', ...texts]);
    expect(said.stderr).toContain('line 1: invalidtitle: {{#target:bad[}}');
    expect(JSON.parse(said.stdout)).toMatchObject({ state: 'draft', list: { name: 'Project:Readers', format: 'wikitext', source: 'Project:Readers', targets: 1 } });
    expect(await reeve.json(['deliver', '--from-category', 'Readers', '--name', 'Ours', ...texts])).toMatchObject({ list: { name: 'Ours', source: 'Category:Readers', targets: 2 } });
    for (const wrong of [[], ['one.txt', '--from-page', 'Project:Readers'], ['--from-page', 'A', '--from-json', 'B']]) expect((await reeve.run(['deliver', ...wrong, ...texts])).code).toBe(2);
  });

  it('says that a delivery waits for approval, which another person gives', async () => {
    asker = () => user;
    const said = await reeve.run(['deliver', file('one.txt', 'User talk:A'), '--subject', 'Please', '--body', 'Text', '--json']);
    const { id, state } = JSON.parse(said.stdout);
    expect({ code: said.code, state }).toEqual({ code: 0, state: 'requested' });
    expect(await reeve.run(['deliveries', 'approve', String(id)])).toMatchObject({ code: 1, stdout: '' });
    asker = () => admin;
    expect(await reeve.run(['deliveries', 'approve', String(id), '--dry-run'])).toEqual({ code: 0, stdout: 'It would be expanding.\n', stderr: '' });
    expect(await reeve.run(['deliveries', 'approve', String(id)])).toEqual({ code: 0, stdout: `${id} is expanding.\n`, stderr: '' });
    expect(await reeve.run(['deliveries', 'approve', String(id)])).toMatchObject({ code: 1, stderr: expect.stringContaining('does not take') });
  });

  it('schedules a delivery, moves it and cancels it', async () => {
    asker = () => sender;
    const { id, sendAt } = await reeve.json(['deliver', file('one.txt', 'User talk:A'), '--subject', 'Later', '--body', 'Text', '--at', '2h']);
    expect(Date.parse(sendAt) - Date.now()).toBeGreaterThan(7_000_000);
    expect(await reeve.json(['deliveries', 'reschedule', String(id), '--at', '2100-01-01T00:00Z'])).toMatchObject({ state: 'approved', sendAt: '2100-01-01T00:00:00.000Z' });
    expect((await reeve.run(['deliveries', 'cancel', String(id)])).stdout).toBe(`${id} is cancelled.\n`);
    expect(await reeve.run(['deliver', file('one.txt', 'User talk:A'), '--subject', 'Earlier', '--body', 'Text', '--at', '2020-01-01T00:00Z'])).toMatchObject({ code: 2, stderr: expect.stringContaining('before now') });
    expect((await reeve.json(['deliveries', 'list', '--mine', '--state', 'cancelled'])).items).toMatchObject([{ id, subject: 'Later' }]);
  });

  it('has the lists of a scheduled delivery read afresh, and of no other', async () => {
    asker = () => sender;
    const texts = [file('one.txt', 'User talk:A'), '--subject', 'Later', '--body', 'Text', '--afresh'];
    expect(await reeve.run(['deliver', ...texts])).toMatchObject({ code: 2, stderr: expect.stringContaining('--at') });
    expect(await reeve.json(['deliver', ...texts, '--at', '2h'])).toMatchObject({ state: 'approved', listsAfresh: true, listsReadAt: null });
  });

  it('applies for a role, and an admin grants it', async () => {
    asker = () => user;
    const { id, state } = await reeve.json(['memberships', 'apply', '--role', 'sender', '--wiki', 'en.example.org', '--note', 'A newsletter']);
    expect(state).toBe('applied');
    asker = () => admin;
    expect((await reeve.json(['memberships', 'list', '--state', 'applied'])).items).toMatchObject([{ id, role: 'sender', wiki: 'en.example.org', user: { name: 'User' } }]);
    expect((await reeve.run(['memberships', 'approve', String(id)])).stdout).toBe(`${id} is active.\n`);
  });

  it('refuses to guess among several wikis', async () => {
    await test.wiki('de.example.org');
    asker = () => sender;
    expect(await reeve.run(['deliver', file('one.txt', 'User talk:A'), '--subject', 'a', '--body', 'b'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--wiki') });
  });
});
