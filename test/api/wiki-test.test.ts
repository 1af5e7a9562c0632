import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createWikis } from '../../activities/wikis';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sandbox: SandboxWiki;
let admin: Script;
let user: Script;
let id: number;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  api.api.freshWiki = async (wikiId) => {
    const openWiki = createWikis({ kernel: api.api.kernel, secretKey: api.api.config.REEVE_SECRET_KEY, userAgent: 'Test', timeoutMs: 6_000, allowPrivateHosts: true });
    return (await openWiki(wikiId)).gateway;
  };
  admin = await api.script(await api.person('Admin', ['admin']));
  user = await api.script(await api.person('User'));
  const { user: botUser, password } = sandboxAccounts.bot;
  id = (await api.wiki(new URL(sandbox.apiUrl).host, { apiUrl: sandbox.apiUrl, botUser, botPassword: seal(api.api.config.REEVE_SECRET_KEY, password) })).id;
});
afterAll(() => sandbox?.close());
const codes = ({ body }: { body: { problems: { code: string; stops: boolean }[] } }) => body.problems.filter(({ stops }) => stops).map(({ code }) => code);

describe('the test of a wiki', () => {
  test('signs in and says as whom, with which rights, at which site, and how its clock stands', async () => {
    const { status, body } = await admin.post(`/api/wikis/${id}/test`);
    expect([status, body]).toMatchObject([200, { ok: true, user: expect.any(String), rights: { edit: true, bot: true }, siteName: expect.stringMatching(/./), host: new URL(sandbox.apiUrl).host, clockSkewMs: expect.any(Number) }]);
  });

  test('is an action of who may change the wiki, and of nobody else', async () => {
    const verbs = async (script: Script) => (await script.get(`/api/wikis/${id}`)).body.actions.map(({ verb }: { verb: string }) => verb);
    const toolAdmin = await api.script(await api.person('Keeps the desk', ['toolAdmin']));
    expect([await verbs(admin), await verbs(toolAdmin), await verbs(user)]).toEqual([['edit', 'test', 'pauseCreations'], ['pauseCreations'], []]);
    expect((await user.post(`/api/wikis/${id}/test`)).status).toBe(403);
  });

  test('warns of a category of opt-outs that is not there, by whatever name it goes', async () => {
    const warned = async (): Promise<unknown> => (await admin.post(`/api/wikis/${id}/test`)).body.problems.find(({ code }: { code: string }) => code === 'wiki-test.no-opt-out');
    expect(await warned()).toMatchObject({ stops: false, detail: expect.stringContaining('Category:Opted-out of message delivery') });
    for (const name of ['Nobody', 'A[b']) {
      await api.sql('update wiki set opt_out_category = $2 where id = $1', [id, name]);
      expect(await warned()).toBeDefined();
    }
    sandbox.control('POST', 'seed', { pages: [{ title: 'User talk:Out', text: '[[Category:No messages]]' }, { title: 'Category:With a page', text: 'x' }] });
    for (const name of ['No messages', 'Category:No_messages', 'kategorie: no messages', 'With a page']) {
      await api.sql('update wiki set opt_out_category = $2 where id = $1', [id, name]);
      expect(await warned()).toBeUndefined();
    }
  });

  test('names a password that the wiki does not take, although an earlier sign-in holds', async () => {
    await api.sql('update wiki set bot_password = $2 where id = $1', [id, seal(api.api.config.REEVE_SECRET_KEY, 'wrong')]);
    const answer = await admin.post(`/api/wikis/${id}/test`);
    expect([answer.status, answer.body.ok, answer.body.user, codes(answer)]).toEqual([200, false, null, ['wiki.session']]);
  });

  test('names a wiki that is not there, and one that says nothing', async () => {
    const at = async (apiUrl: string) => {
      await api.sql('update wiki set api_url = $2 where id = $1', [id, apiUrl]);
      return admin.post(`/api/wikis/${id}/test`);
    };
    expect(codes(await at('http://127.0.0.1:1/api.php'))).toEqual(['wiki.unreachable']);
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    const answer = await at(`http://127.0.0.1:${port}/api.php`);
    expect([codes(answer), answer.body.problems[0].detail]).toEqual([['wiki.unreachable'], 'It did not answer within 3 seconds.']);
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  });
});
