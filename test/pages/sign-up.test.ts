/** Who is new says what they would like to do: an application with what it is judged by. */
import { MockActivityEnvironment } from '@temporalio/testing';
import request from 'supertest';
import { startMailer } from '../../activities/mail';
import { createRetentionActivities } from '../../activities/retention';
import type { OutgoingMail } from '../../gateways/mail';
import { testApi, type Script, type TestPerson } from '../support/api';
import { eventually } from '../support/eventually';
import { hiddenFields, reader, words, type Reader } from './form';

const house = testApi();
let toolAdmin: Script;
let secondToolAdmin: Script;
let applicant: TestPerson;
let browser: Reader;
beforeAll(async () => {
  toolAdmin = await house.script(await house.person('Tool admin', ['toolAdmin']));
  secondToolAdmin = await house.script(await house.person('Second tool admin', ['toolAdmin']));
  applicant = await house.person('Newcomer');
  browser = await reader(house, applicant);
});
const filled = { role: 'organizer', vouchedBy: 'The library of Example', officialEmail: 'newcomer@library.example', note: 'I hold workshops.', accepted: 'yes' };
/** As the form of `from` is sent, by whoever. */
async function send(from: Reader, fields: Record<string, string>) {
  const hidden = hiddenFields((await from.get('/sign-up?next=/events')).text, '/sign-up');
  return from.agent.post('/sign-up').type('form').send({ ...hidden, ...fields });
}

describe('the page for who is new', () => {
  test('wants a sign-in, and comes back after it', async () => {
    const answer = await request(house.app).get('/sign-up');
    expect([answer.status, answer.headers.location]).toEqual([303, '/sign-in?next=%2Fsign-up']);
  });

  test('says what is missing at its field, and loses nothing typed', async () => {
    const nobody = await reader(house, await house.person('Careless'));
    const { role: _, ...rest } = filled;
    const without = await send(nobody, { ...rest, accepted: '' });
    expect(without.status).toBe(422);
    for (const said of ['Kind of account : Choose one.', 'Accept that this right is for use through Reeve only.']) expect(words(without)).toContain(said); // all at once
    const wrong = await send(nobody, { ...filled, officialEmail: 'no address', accepted: '' });
    expect(words(wrong)).toContain('This is no e-mail address.');
    const refusing = await send(nobody, { ...filled, accepted: '' });
    expect(words(refusing)).toContain('Accept that this right is for use through Reeve only.');
    expect(refusing.text).toContain('value="The library of Example"');
    expect(await house.sql(`select 1 from membership m join "user" u on u.id = m.user_id where u.name = 'Careless'`)).toEqual([]);
  });

  test('leads only to a page of this house', async () => {
    const { text } = await browser.get('/sign-up?next=//evil.example');
    expect(text).toContain('<input type="hidden" name="next" value="/home">');
    expect(/<main[\s\S]*<\/main>/.exec(text)![0]).not.toContain('evil.example');
  });

  test('makes no admin, whatever is sent', async () => {
    const other = await reader(house, await house.person('Ambitious'));
    expect((await send(other, { ...filled, role: 'admin' })).status).toBe(422);
    expect((await request(house.app).post('/sign-up').type('form').send(filled)).status).toBe(303); // to the sign-in
    expect((await other.agent.post('/sign-up').type('form').send(filled)).status).toBe(403); // from another site
  });
});

describe('an application', () => {
  let id: number;
  test('waits, with the official address still to be confirmed', async () => {
    const sent = await send(browser, filled);
    expect([sent.status, sent.headers.location]).toEqual([303, '/sign-up?sent=1&next=%2Fevents']);
    const page = await browser.get(sent.headers.location!);
    expect(words(page)).toContain('Organizer Waits for approval The link that was sent to your official address was not opened yet.');
    [{ id }] = await house.sql('select id from membership where user_id = $1', [applicant.id]) as [{ id: number }];
  });

  test('for what one has applied for already is not offered again, and refused where it is sent all the same', async () => {
    const page = await browser.get('/sign-up');
    expect(page.text).not.toContain('value="organizer"');
    const again = await send(browser, filled);
    expect([again.status, words(again)]).toEqual([409, expect.stringContaining('This user has, or has applied for, this role already.')]);
  });

  test('sent twice is one', async () => {
    const other = await reader(house, await house.person('Impatient'));
    const hidden = hiddenFields((await other.get('/sign-up')).text, '/sign-up');
    const answers = await Promise.all([1, 2, 3].map(() => other.agent.post('/sign-up').type('form').send({ ...hidden, ...filled })));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(await house.sql(`select 1 from membership m join "user" u on u.id = m.user_id where u.name = 'Impatient'`)).toHaveLength(1);
  });

  test('shows its vetting record to tool admins, and to nobody else but its applicant', async () => {
    const { body } = await toolAdmin.get(`/api/memberships/${id}`);
    expect(body).toMatchObject({ vouchedBy: 'The library of Example', officialEmail: 'newcomer@library.example', note: 'I hold workshops.', addressConfirmedAt: null, acceptedAt: expect.any(String) });
    for (const role of ['toolUser', 'checkuser', 'operator', 'auditor', 'organizer', 'moderator'] as const) {
      const other = await house.script(await house.person(`Other ${role}`, [role]));
      expect((await other.get(`/api/memberships/${id}`)).status).toBe(404);
      expect(JSON.stringify((await other.get('/api/memberships')).body)).not.toContain('library');
    }
    expect(JSON.stringify(await house.sql('select * from audit'))).not.toContain('library');
    expect(JSON.stringify(await house.sql('select * from outbox'))).not.toContain('library');
  });

  test('has its address confirmed by the link that goes there, by its button', async () => {
    const sent: OutgoingMail[] = [];
    const mailer = startMailer({ pool: house.api.kernel.pool, mail: { send: async (mail, handOver) => void (await handOver(), sent.push(mail)) }, publicUrl: 'http://127.0.0.1:8080', secretKey: house.api.config.REEVE_SECRET_KEY, pollMs: 50 });
    await eventually(() => expect(sent.some(({ to, text }) => to === 'newcomer@library.example' && text.includes('as Newcomer'))).toBe(true));
    await mailer.stop();
    const address = /http:\/\/127\.0\.0\.1:8080(\/confirm-address\/\S+)/.exec(sent.find(({ text }) => text.includes('as Newcomer'))!.text)![1]!;
    const visitor = await reader(house); // on whatever machine the mail is read
    expect(words(await visitor.get(address))).toContain('Confirm your official address');
    expect((await toolAdmin.get(`/api/memberships/${id}`)).body.addressConfirmedAt).toBeNull(); // opening it does nothing
    expect(words(await visitor.send(address, address.replace(/\?.*/, '?uselang=en')))).toContain('Your official address is confirmed');
    expect((await toolAdmin.get(`/api/memberships/${id}`)).body.addressConfirmedAt).toEqual(expect.any(String));
    for (const wrong of [address.replace(/-\w{4}/, '-aaaa'), '/confirm-address/1-short', address.replace('/confirm-address/', '/confirm/')]) expect((await visitor.get(wrong)).status).toBe(404);
  });

  test('is changed into one for the other role before it is decided, and the other way', async () => {
    const { body } = await (await house.script(await house.person('Wrong kind'))).post('/api/memberships', { role: 'toolUser', accepted: true });
    expect((await toolAdmin.post(`/api/memberships/${body.id}/changeRole`, { role: 'organizer' })).body).toMatchObject({ state: 'applied', role: 'organizer' });
    expect((await toolAdmin.post(`/api/memberships/${body.id}/changeRole`, { role: 'toolUser' })).body).toMatchObject({ state: 'applied', role: 'toolUser' });
    expect((await toolAdmin.post(`/api/memberships/${body.id}/changeRole`, { role: 'toolAdmin' })).status).toBe(403);
    expect((await toolAdmin.post(`/api/memberships/${body.id}/approve`)).body.state).toBe('active');
    expect((await toolAdmin.post(`/api/memberships/${body.id}/changeRole`, { role: 'organizer' })).body).toMatchObject({ state: 'active', role: 'organizer' });
  });

  test('that was declined is appealed once, and decided by somebody else', async () => {
    await toolAdmin.post(`/api/memberships/${id}/decline`, { reason: 'We do not know them.' });
    const own = await house.script(applicant);
    const page = await browser.get('/sign-up');
    expect(words(page)).toContain('You may appeal on its page');
    expect(page.text).toContain(`href="/memberships/${id}"`);
    expect(/<header[\s\S]*<\/header>/.exec(page.text)![0]).toContain('Newcomer');
    expect((await toolAdmin.post(`/api/memberships/${id}/appeal`, { text: 'x' })).status).toBe(403);
    expect((await own.post(`/api/memberships/${id}/appeal`, { text: 'Ask the library again.' })).body).toMatchObject({ state: 'applied', appeal: 'Ask the library again.' });
    expect((await toolAdmin.post(`/api/memberships/${id}/approve`)).body).toMatchObject({ status: 403, code: 'policy.own', detail: 'Somebody else decides about an appeal.' });
    expect((await secondToolAdmin.post(`/api/memberships/${id}/decline`)).body.state).toBe('declined');
    expect((await own.post(`/api/memberships/${id}/appeal`, { text: 'Again.' })).status).toBe(409);
  });

  test('by the API wants the same acceptance', async () => {
    const other = await house.script(await house.person('By the API'));
    for (const role of ['organizer', 'toolUser']) expect((await other.post('/api/memberships', { role })).body).toMatchObject({ status: 422, errors: [{ pointer: '/accepted', code: 'membership.not-accepted' }] });
    expect((await other.post('/api/memberships', { role: 'sender' })).status).toBe(201);
  });

  test('is erased 90 days after it was declined; that it was there stays', async () => {
    await house.sql('update membership set purge_at_ms = 1 where id = $1', [id]);
    const { sweep } = createRetentionActivities({ kernel: house.api.kernel });
    expect(await new MockActivityEnvironment().run(sweep, { noun: 'membership' })).toMatchObject({ erased: 1 });
    expect((await secondToolAdmin.get(`/api/memberships/${id}`)).body).toMatchObject({ state: 'declined', vouchedBy: null, officialEmail: null, note: null, appeal: null });
  });
});
