import { testApi, type Script } from '../support/api';
import { auditedWikis, type AuditedWikis } from '../support/audited';
import { commandLineAt } from '../support/command';

describe('reeve audits', () => {
  const api = testApi();
  let auditor: Script;
  let wikis: AuditedWikis;
  const reeve = commandLineAt(api, () => auditor);
  beforeAll(async () => {
    wikis = await auditedWikis(api);
    auditor = await api.script(await api.person('Auditor', ['auditor']));
    await wikis.add('one');
    await wikis.add('two');
  });
  afterAll(() => wikis.sandbox.close());

  it('says how much was compared, of a clean period too', async () => {
    expect(await reeve.run(['audits', 'account-creations', '--from', '2026-01-01', '--to', '2026-02-01'])).toEqual({
      code: 0, stdout: '', stderr: '2026-01-01T00:00:00.000Z to 2026-02-01T00:00:00.000Z: 2 wikis, 0 in their logs, 0 recorded by Reeve, no differences.\n',
    });
  });

  it('lists what did not come through Reeve, of all wikis or of one', async () => {
    wikis.outside('one', { name: 'By the back door' });
    wikis.outside('two', { name: 'By the window' });
    const { stdout } = await reeve.run(['audits', 'account-creations']);
    expect(stdout).toMatch(new RegExp(`^outside +one\\.example\\.org +By the back door +${wikis.bot} +.+ +1 +– +–\noutside +two\\.example\\.org +By the window`, 'm'));
    const { items, compared } = await reeve.json(['audits', 'account-creations', '--wiki', 'two.example.org']);
    expect([items.length, compared.length, compared[0].logged]).toEqual([1, 1, 1]);
  });

  it('calls nothing clean that was not compared', async () => {
    await api.sql(`update wiki set api_url = 'http://127.0.0.1:9/api.php' where host = 'two.example.org'`);
    expect(await reeve.run(['audits', 'account-creations'])).toMatchObject({ code: 1, stdout: expect.stringMatching(/outside +one.example.org[^]*unread +two.example.org.*wiki.unreachable/), stderr: expect.stringContaining('Not compared, because no log was given: two.example.org.') });
  }, 60_000);
});
