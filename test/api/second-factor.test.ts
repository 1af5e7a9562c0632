/** The second factor of local accounts: set up, asked for, used once, lost. */
import { standingClock } from '../../db/clock';
import { totpCode } from '../support/totp';
import { reader, words, type Reader } from '../pages/form';
import { PASSWORD, testApi, type Browser, type TestPerson } from '../support/api';

const house = testApi();
const clock = standingClock(Date.UTC(2027, 0, 1, 12));
beforeAll(() => {
  house.api.kernel.clock = clock;
});
const later = (seconds: number) => clock.advance(seconds * 1_000);

interface Enrolled {
  person: TestPerson;
  browser: Browser;
  code(): string;
  recoveryCodes: string[];
}
async function enrolled(name: string): Promise<Enrolled> {
  const person = await house.person(name);
  const browser = await house.browser(person);
  const { secret } = (await browser.post('/api/me/second-factor', { currentPassword: PASSWORD })).body;
  const code = () => totpCode(secret, clock.atMs);
  const { body } = await browser.post('/api/me/second-factor/confirm', { code: code() });
  later(30);
  return { person, browser, code, recoveryCodes: body.recoveryCodes };
}
const signIn = async ({ person }: Pick<Enrolled, 'person'>, code?: string) => (await reader(house)).agent.post('/api/sessions').send({ name: person.name, password: PASSWORD, ...(code !== undefined && { code }) });
/** The first step, by the form. */
async function halfway({ person }: Pick<Enrolled, 'person'>): Promise<Reader> {
  const browser = await reader(house);
  const answer = await browser.agent.post('/sign-in').type('form').send({ name: person.name, password: PASSWORD, next: '/events' });
  expect([answer.status, answer.headers.location]).toEqual([303, '/sign-in/code']);
  return browser;
}
const second = (browser: Reader, code: string) => browser.agent.post('/sign-in/code').type('form').send({ code });

describe('setting up a second factor', () => {
  test('shows the secret as a text and as a picture, and asks for codes only once the first has come', async () => {
    const person = await house.person('Setting up');
    const browser = await house.browser(person);
    expect((await browser.post('/api/me/second-factor', { currentPassword: 'not this one' })).body).toMatchObject({ status: 401, errors: [{ pointer: '/currentPassword' }] });
    const { body } = await browser.post('/api/me/second-factor', { currentPassword: PASSWORD });
    expect(body).toEqual({ secret: expect.stringMatching(/^[A-Z2-7]{32}$/), uri: expect.stringMatching(/^otpauth:\/\/totp\/Reeve:Setting%20up\?/), qr: expect.stringMatching(/^<svg /) });
    expect((await browser.get('/api/me')).body.secondFactor).toBe(false);
    expect((await signIn({ person })).status).toBe(201);
    expect((await browser.post('/api/me/second-factor/confirm', { code: '000000' })).body).toMatchObject({ status: 401, errors: [{ pointer: '/code', code: 'auth.code-wrong' }] });
    const done = await browser.post('/api/me/second-factor/confirm', { code: totpCode(body.secret, clock.atMs) });
    expect(done.body.recoveryCodes).toHaveLength(10);
    expect(new Set(done.body.recoveryCodes).size).toBe(10);
    expect((await browser.get('/api/me')).body.secondFactor).toBe(true);
    expect((await browser.post('/api/me/second-factor', { currentPassword: PASSWORD })).body.code).toBe('second-factor.on');
    const stored = JSON.stringify([await house.sql('select * from second_factor'), await house.sql(`select encode(hash, 'escape') from recovery_code`), await house.sql('select * from audit')]);
    for (const secret of [body.secret, ...done.body.recoveryCodes]) expect(stored).not.toContain(secret);
  });

  test('is nothing that a key does', async () => {
    const script = await house.script(await house.person('Scripted'));
    expect((await script.post('/api/me/second-factor', { currentPassword: PASSWORD })).status).toBe(403);
  });
});

describe('signing in with a second factor', () => {
  test('takes a password and then a code; neither is enough alone', async () => {
    const one = await enrolled('Two steps');
    expect((await signIn(one)).body).toMatchObject({ status: 401, code: 'auth.code-needed', errors: [{ pointer: '/code' }] });
    expect((await signIn(one, '000000')).body.code).toBe('auth.code-wrong');
    expect((await signIn(one, one.code())).status).toBe(201);
    const visitor = await reader(house);
    expect((await second(visitor, one.code())).headers.location).toBe('/sign-in');
    expect((await visitor.get('/api/me')).status).toBe(401);
  });

  test('by the form asks on a page of its own, without script, and leads to where one wanted to go', async () => {
    const one = await enrolled('By the form');
    const browser = await halfway(one);
    expect((await browser.get('/api/me')).status).toBe(401);
    const page = await browser.get('/sign-in/code');
    expect(page.text).toMatch(/<input [^>]*name="code"[^>]*autocomplete="one-time-code"/);
    expect(page.text).not.toContain('<script');
    const wrong = await second(browser, '12345');
    expect([wrong.status, words(wrong)]).toEqual([401, expect.stringContaining('This code is wrong, or was used before.')]);
    const code = one.code();
    const right = await second(browser, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect([right.status, right.headers.location]).toEqual([303, '/events']);
    expect((await browser.get('/api/me')).body.user.name).toBe('By the form');
  });

  test('a code works once, also when it comes from two at once, and none that is older than one that was used', async () => {
    const one = await enrolled('Once');
    const code = one.code();
    const answers = await Promise.all([signIn(one, code), signIn(one, code), signIn(one, code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401]);
    later(30);
    const [older, newer] = [one.code(), (later(30), one.code())];
    expect((await signIn(one, newer)).status).toBe(201);
    expect((await signIn(one, older)).status).toBe(401);
  });

  test('takes a code of a clock that is half a minute off, and of no more', async () => {
    const one = await enrolled('Off');
    later(300);
    const code = one.code();
    later(30);
    expect((await signIn(one, code)).status).toBe(201);
    later(300);
    const old = one.code();
    later(60);
    expect((await signIn(one, old)).status).toBe(401);
  });

  test('is not to be guessed: after ten tries no code is looked at for a while, also a right one', async () => {
    const one = await enrolled('Guessed');
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, n) => signIn(one, String(100_000 + n))));
    expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
    const limited = await signIn(one, one.code());
    expect([limited.status, Number(limited.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(60);
    later(901);
    expect((await signIn(one, one.code())).status).toBe(201);
  });

  test('a recovery code works once in place of a code, and stands in the log', async () => {
    const one = await enrolled('On paper');
    const [first, other] = one.recoveryCodes as [string, string];
    expect((await second(await halfway(one), first.toUpperCase())).headers.location).toBe('/events');
    expect((await second(await halfway(one), first)).status).toBe(401);
    expect((await second(await halfway(one), other.replaceAll('-', ''))).headers.location).toBe('/events');
    expect(await house.sql(`select verb from audit where noun = 'user' and entity = $1 and verb = 'useRecoveryCode'`, [one.person.id])).toHaveLength(2);
    const somebody = await enrolled('With other paper');
    expect((await signIn(somebody, one.recoveryCodes[5])).status).toBe(401);
  });

  test('a new password ends the step between of whoever came with the old one', async () => {
    const one = await enrolled('Seen over the shoulder');
    const browser = await halfway(one);
    await one.browser.patch('/api/me', { password: 'a quite new password', currentPassword: PASSWORD }).expect(200);
    expect((await second(browser, one.code())).headers.location).toBe('/sign-in');
    expect((await browser.get('/api/me')).status).toBe(401);
  });

  test('the step between is over after five minutes, and is nobody’s who changes it', async () => {
    const one = await enrolled('Slow');
    const browser = await halfway(one);
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 301_000);
    expect((await second(browser, one.code())).headers.location).toBe('/sign-in');
    now.mockRestore();
    const forged = await (await reader(house)).agent.post('/sign-in/code').set('Cookie', 'reeve-second=v1.AAAA.AAAA.AAAA').type('form').send({ code: one.code() });
    expect(forged.headers.location).toBe('/sign-in');
  });
});

describe('turning a second factor off', () => {
  test('takes the password and a code', async () => {
    const one = await enrolled('Turning off');
    const disable = (currentPassword: string, code: string) => one.browser.post('/api/me/second-factor/disable', { currentPassword, code });
    expect((await disable('not this one', one.code())).body.errors).toMatchObject([{ pointer: '/currentPassword' }]);
    expect((await disable(PASSWORD, '000000')).body.errors).toMatchObject([{ pointer: '/code' }]);
    expect((await disable(PASSWORD, one.code())).status).toBe(204);
    expect((await signIn(one)).status).toBe(201);
    expect(await house.sql('select 1 from recovery_code where user_id = $1', [one.person.id])).toEqual([]);
  });
});
