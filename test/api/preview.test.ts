import { createPreviews } from '../../activities/preview';
import { createWikis } from '../../activities/wikis';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sandbox: SandboxWiki;
let sender: Script;
let user: Script;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { kernel, config } = api.api;
  const openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 2_000, allowPrivateHosts: true });
  api.api.preview = createPreviews({ kernel, openWiki, publicUrl: 'http://reeve.example.org' });
  const { user: botUser, password } = sandboxAccounts.bot;
  const bot = { apiUrl: sandbox.apiUrl, botUser, botPassword: seal(config.REEVE_SECRET_KEY, password) };
  await api.wiki('en.example.org', { ...bot, footer: 'From all of us' });
  await api.wiki('de.example.org', bot);
  await api.wiki('gone.example.org', { ...bot, apiUrl: 'http://127.0.0.1:1/api.php' });
  sender = await api.script(await api.person('Sender', ['globalSender']));
  user = await api.script(await api.person('User'));
});
afterAll(() => sandbox.close());

const draft = async (body: string, content = 'User talk:A\nTalk:B\nUser:C@de.example.org', channel = 'page') => {
  const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content });
  return (await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], channel, subject: 'Apples', body })).body.id as number;
};
const preview = async (id: number) => (await sender.get(`/api/deliveries/${id}/preview`)).body;
const submit = (id: number, acknowledge?: string[]) => sender.post(`/api/deliveries/${id}/submit`, { ...(acknowledge && { acknowledge }) });

describe('the preview of a delivery', () => {
  test('is each wiki\'s own rendering, once per kind of page, with the pages that it goes to', async () => {
    const { wikis, warnings } = await preview(await draft('They are \'\'\'ripe\'\'\'. ~~~~'));
    expect(wikis.map(({ host, pages, shown }: any) => [host, pages, shown.map(({ kind, page }: any) => `${kind} ${page}`)])).toEqual([
      ['en.example.org', 2, ['talk Talk:B', 'userTalk User talk:A']],
      ['de.example.org', 1, ['userTalk User talk:C']],
    ]);
    for (const { html } of wikis.flatMap(({ shown }: any) => shown)) {
      expect(html).toContain('<h2>Apples</h2>');
      expect(html).toContain('<b>ripe</b>');
      expect(html).toMatch(/\d\d:\d\d \(UTC\)/); // signed as on saving
      expect(html).not.toContain('reeve:'); // the marker is a comment
    }
    expect(wikis[0].shown[0].html).toContain('From all of us');
    expect(wikis[1].shown[0].html).not.toContain('From all of us');
    expect(warnings).toEqual([]);
  });

  test('of a mail is the plain text that its readers get, for users alone, and warns of wikitext', async () => {
    const id = await draft('See [[Main Page]] & <b>more</b>. ~~~~', undefined, 'email');
    const { wikis, warnings, submits } = await preview(id);
    expect(wikis.map(({ host, shown }: any) => [host, shown.map(({ kind, page }: any) => `${kind} ${page}`)])).toEqual([['en.example.org', ['email User talk:A']], ['de.example.org', ['email User talk:C']]]);
    expect(wikis[0].shown[0].html).toContain('Apples\n\nSee [[Main Page]] &#38; &#60;b&#62;more&#60;/b&#62;.\nFrom all of us');
    expect(wikis[0].shown[0].html).not.toContain('~~~~');
    expect(warnings.map(({ code }: any) => code)).toEqual(['mail-markup']);
    expect(submits).toBe('requested'); // a second person reads it first
    expect((await submit(id)).body).toMatchObject({ status: 422, errors: [{ pointer: '/acknowledge' }] });
    expect((await submit(id, ['mail-markup'])).body).toMatchObject({ state: 'requested', channel: 'email' });
  });

  test('of a mail without markup asks for nothing, signed or not', async () => {
    const id = await draft('Apples are ripe.', undefined, 'email');
    expect((await preview(id)).warnings).toEqual([]);
  });

  test('tells what is odd, by the text and by the wikis', async () => {
    const { warnings } = await preview(await draft('<div>See [[de:Äpfel]] and {{No such thing}}.'));
    expect(warnings.map(({ code, wiki }: any) => [code, wiki])).toEqual([
      ['no-timestamp', null], ['unclosed-tag', null],
      ['language-link', 'en.example.org'], ['missing-template', 'en.example.org'],
      ['language-link', 'de.example.org'], ['missing-template', 'de.example.org'],
    ]);
  });

  test('of a wiki that does not answer says so and shows the others', async () => {
    const { wikis, warnings } = await preview(await draft('Ripe. ~~~~', 'User talk:A\nUser talk:B@gone.example.org'));
    expect(wikis.map(({ host, shown }: any) => [host, shown.length])).toEqual([['en.example.org', 1], ['gone.example.org', 0]]);
    expect(warnings).toMatchObject([{ code: 'not-rendered', wiki: 'gone.example.org' }]);
  });

  test('saves nothing at the wiki, and is for who may see the draft', async () => {
    const id = await draft('Ripe. ~~~~');
    const edits = () => (sandbox.control('GET', 'stats') as { wikis: { revisions: number }[] }).wikis.map(({ revisions }) => revisions);
    const before = edits();
    await preview(id);
    expect(edits()).toEqual(before);
    expect((await user.get(`/api/deliveries/${id}/preview`)).status).toBe(404);
  });
});

describe('submitting', () => {
  test('a sound message asks for nothing', async () => {
    expect((await submit(await draft('Ripe. ~~~~'))).body.state).toBe('expanding');
  });

  test('an odd message asks for each oddity by its name, and changes nothing until then', async () => {
    const id = await draft('<div>Ripe.');
    const refused = await submit(id);
    expect(refused.body).toMatchObject({ status: 422, code: 'delivery.unacknowledged', errors: [{ pointer: '/acknowledge', code: 'no-timestamp' }, { pointer: '/acknowledge', code: 'unclosed-tag' }] });
    expect((await submit(id, ['no-timestamp'])).body.errors).toMatchObject([{ code: 'unclosed-tag' }]);
    expect((await sender.get(`/api/deliveries/${id}`)).body.state).toBe('draft');
    expect((await submit(id, ['no-timestamp', 'unclosed-tag'])).body.state).toBe('expanding');
  });

  test('what was submitted already is answered as such, odd or not', async () => {
    const id = await draft('Ripe.');
    const once = () => submit(id, ['no-timestamp']).set('Idempotency-Key', 'odd-1');
    expect((await once()).status).toBe(200);
    expect((await once()).status).toBe(200);
    expect((await submit(id)).body.code).toBe('verb.refused');
  });

  test('a dry run tells the same', async () => {
    expect((await sender.post(`/api/deliveries/${await draft('Ripe.')}/submit?dryRun=true`)).body.code).toBe('delivery.unacknowledged');
  });
});
