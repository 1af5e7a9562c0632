/** Signing in as people do it: by a wiki, for the first time, to an application that waits; and with a second factor. */
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import { totpCode } from '../support/totp';
import { PASSWORD, testApi } from '../support/api';
import { faults } from '../support/faults';
import { go, lookOver, looks, settled, webStage } from './support';

describe('signing in', () => {
  const test = testApi();
  const stage = webStage(test);
  let sandbox: SandboxWiki;
  beforeAll(async () => {
    Object.assign(test.api.config, { REEVE_PUBLIC_URL: stage.base }); // where the wiki leads back to
    sandbox = await startSandboxWiki();
    sandbox.control('POST', 'seed', { users: ['Wilma of the wiki', 'Vera of the wiki', 'Petra of the wiki'] });
    const { clientId, clientSecret } = sandboxAccounts.oauth;
    await test.wiki('wiki.example.org', { apiUrl: sandbox.apiUrl, oauthClientId: clientId, oauthClientSecret: seal(test.api.config.REEVE_SECRET_KEY, clientSecret) });
    await test.person('Tool admin', ['toolAdmin']);
    await test.person('Careful');
    await test.person('Linking');
  }, 120_000);
  afterAll(() => sandbox?.close());

  it('by a wiki leads who is new to an application, which waits for a tool admin who sees what to judge it by', async () => {
    const page = await stage.open(null, '/sign-in');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Sign in with your account at wiki.example.org' }).click();
    await page.getByRole('button', { name: 'Allow as Wilma of the wiki' }).click();
    await page.getByRole('heading', { name: 'What would you like to do here?' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('radio', { name: /^Organizer/ }).check();
    await page.getByLabel('Who vouches for you').fill('The library of Example');
    await page.getByLabel('Official e-mail address').fill('wilma@library.example');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('link', { name: /^I accept that this right is for use through Reeve only/ }).waitFor(); // what is missing leads to its field
    expect(await faults(page)).toEqual([]);
    await page.getByRole('checkbox', { name: /^I accept/ }).check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Waits for approval').waitFor();
    await page.getByRole('link', { name: 'Go on without a role' }).click();
    await page.waitForURL(`${stage.base}/home`);
    expect(page.complaints).toEqual([]);

    const admin = await stage.open('Tool admin', '/memberships?state=applied');
    await admin.getByRole('link', { name: 'Wilma of the wiki' }).click();
    await admin.getByRole('heading', { name: 'What the application is judged by' }).waitFor();
    const main = admin.locator('main');
    for (const words of ['The library of Example', 'wilma@library.example – not confirmed', 'Accepted use through Reeve only', 'Wilma of the wiki (wiki.example.org)']) expect(await main.innerText()).toContain(words);
    expect(await faults(admin)).toEqual([]);
    await admin.getByRole('button', { name: 'Approve' }).click();
    await admin.getByText('Active', { exact: true }).first().waitFor();
    expect(admin.complaints).toEqual([]);
    await go(page, `${stage.base}/events/new`);
    await page.getByRole('textbox', { name: 'Title' }).waitFor();
  });

  it('by a wiki that was not allowed says so, and leads back', async () => {
    const page = await stage.open(null, '/sign-in');
    await page.getByRole('link', { name: 'Sign in with your account at wiki.example.org' }).click();
    await page.getByRole('button', { name: 'Do not allow it' }).click();
    await page.getByText('The wiki says that you did not allow it.').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Back to signing in' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });

  it('by a wiki can be had for an account of one’s own, in its settings, and given up there', async () => {
    const page = await stage.open('Linking', '/me');
    await page.getByRole('button', { name: 'Link an account at wiki.example.org' }).click();
    await page.getByRole('button', { name: 'Allow as Vera of the wiki' }).click();
    await page.getByText('Vera of the wiki (wiki.example.org)').waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Unlink Vera of the wiki' }).click();
    await page.getByText('No wiki account is linked.').waitFor();
    expect(page.complaints).toEqual([]);
  });

  it('by a wiki alone can have a password besides, from the settings, once one has come from the wiki again', async () => {
    const page = await stage.open(null, '/sign-in');
    await page.getByRole('link', { name: 'Sign in with your account at wiki.example.org' }).click();
    await page.getByRole('button', { name: 'Allow as Petra of the wiki' }).click();
    await page.getByRole('heading', { name: 'What would you like to do here?' }).waitFor();
    await test.sql('update session set since_ms = since_ms - 600000');
    await go(page, `${stage.base}/me`);
    await page.getByRole('button', { name: 'Sign in at wiki.example.org once more' }).waitFor();
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sign in at wiki.example.org once more' }).click();
    await page.getByRole('button', { name: 'Allow as Petra of the wiki' }).click();
    await page.getByLabel('New password').fill('a first password of tests');
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Set a password' }).click();
    await page.getByLabel('Present password').first().waitFor();
    const reply = await (await stage.open(null)).request.post(`${stage.base}/api/sessions`, { data: { name: 'Petra of the wiki', password: 'a first password of tests' } });
    expect(reply.status()).toBe(201);
    expect(page.complaints).toEqual([]);
  });

  it('asks for the code of an app where one was set up, which takes a picture or a text', async () => {
    const page = await stage.open('Careful', '/me');
    const section = page.locator('#second-factor');
    await section.getByLabel('Present password').fill(PASSWORD);
    await section.getByRole('button', { name: 'Set it up' }).click();
    const picture = section.getByRole('img', { name: 'The secret as a picture' });
    await picture.waitFor();
    expect(await picture.evaluate((image: any) => image.naturalWidth > 0)).toBe(true);
    const secret = (await section.locator('code').innerText()).trim();
    await section.getByLabel('Code').fill(totpCode(secret, Date.now()));
    await section.getByRole('button', { name: 'Turn it on' }).click();
    await section.getByText('Write these recovery codes down.').waitFor();
    const codes = await section.locator('li code').allInnerTexts();
    expect(codes).toHaveLength(10);
    await settled(page);
    expect(await faults(page)).toEqual([]);
    expect(page.complaints).toEqual([]);

    const again = await stage.open(null, '/sign-in?next=/me');
    await again.getByLabel('Name').fill('Careful');
    await again.getByLabel('Password').fill(PASSWORD);
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    const code = again.getByLabel('Code');
    expect([await code.getAttribute('autocomplete'), await code.evaluate((field: any) => field === field.ownerDocument.activeElement)]).toEqual(['one-time-code', true]);
    expect(await faults(again)).toEqual([]);
    await code.fill(codes[3]!);
    await again.keyboard.press('Enter');
    await again.waitForURL(`${stage.base}/me`);
  });

  it.each(looks)('has pages that everybody can read, %s', async (_what, look, looked) => {
    const page = await stage.open('Linking', undefined, look);
    expect(await lookOver(page, stage.base, ['/sign-up', '/me'], looked)).toEqual([]);
    const visitor = await stage.open(null, undefined, look);
    expect(await lookOver(visitor, stage.base, ['/sign-in', '/help/signing-in', '/confirm-address/1-nothing'], looked)).toEqual([]);
  });
});
