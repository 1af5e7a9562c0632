import { simpleParser } from 'mailparser';
import { startMailer, type Mailer } from '../../activities/mail';
import type { ReeveError } from '../../config/errors';
import { apply, applyDue } from '../../db/apply';
import { create } from '../../db/create';
import { databaseClock } from '../../db/clock';
import type { Request } from '../../db/entities/request';
import { requestMail } from '../../db/queries/mails';
import { confirmPath } from '../../gateways/confirm-link';
import { createMail } from '../../gateways/mail';
import { system } from '../../policies/actor';
import { eventually } from '../support/eventually';
import { makeOpenRequest, makeRequest } from '../support/house';
import { aUser, testKernel } from '../support/kernel';
import { startSmtp, type TestSmtp } from '../support/smtp';

const house = testKernel();
let smtp: TestSmtp;
const mailers: Mailer[] = [];
const publicUrl = 'https://reeve.example.org';
const secretKey = 'k'.repeat(32);
beforeAll(async () => (smtp = await startSmtp()));
afterAll(() => smtp.close());
beforeEach(async () => {
  smtp.taken.length = 0;
  await house.owner.query('delete from mail');
});
afterEach(async () => void (await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()))));

function mailer(): void {
  const mail = createMail({ url: smtp.url, from: 'reeve@example.org', envelopeMs: 5_000, answerMs: 5_000 });
  mailers.push(startMailer({ pool: house.app, mail, publicUrl, secretKey, pollMs: 20 }));
}
const ledger = async () => (await house.app.query('select outcome, code, attempts from mail where request_id is not null order by id')).rows;
const untilLedger = (...rows: object[]) => eventually(async () => expect(await ledger()).toEqual(rows.map((row) => expect.objectContaining(row))));
/** Long enough for everything that is due to be tried again. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 400));

describe('a mail to somebody who asked for an account', () => {
  const text = async (i = 0) => (await simpleParser(smtp.taken[i]!.raw)).text!;
  /** As the form leaves it. */
  async function asked(values: Partial<Request> = {}) {
    const row = await makeRequest(house.kernel, values);
    await requestMail(house.app as never, row.id, 'confirm');
    return row;
  }
  async function answered(input: Record<string, unknown>, values: Partial<Request> = {}) {
    const row = await makeOpenRequest(house.kernel, values);
    await apply(house.kernel, { noun: 'request', id: row.id, verb: 'close', actor: await aUser(house, 'toolUser'), input });
    await house.app.query('update mail set due_at = clock_timestamp() where request_id = $1', [row.id]); // it can be taken back no more
    return row;
  }
  const hostOf = async ({ wikiId }: Request): Promise<string> => (await house.app.query('select host from wiki where id = $1', [wikiId])).rows[0].host;

  test.each([['ar', 'أكِّد طلبك لحساب', 'وأغلب الظن أنه أنت'], ['de', 'Bestätigen Sie', 'vermutlich Sie'], ['en', 'Confirm your request', 'probably you'], ['en-x-long', 'Confirm your request', 'probably you']])(
    'has the link that confirms the address, in the language of the form (%s), and goes once', async (language, subject, said) => {
      const row = await asked({ language });
      for (let i = 0; i < 4; i++) mailer();
      await untilLedger({ outcome: 'sent', attempts: 1 });
      await aWhile();
      expect(smtp.taken.map(({ to }) => to)).toEqual([[row.email]]);
      const mail = await simpleParser(smtp.taken[0]!.raw);
      expect(mail.subject).toContain(subject);
      expect(mail.subject).toContain(await hostOf(row));
      expect(mail.text).toContain(said);
      expect(mail.text).toContain(row.name);
      expect(mail.text!.split('\n')).toContain(`${publicUrl}${confirmPath(secretKey, row)}?uselang=${language.slice(0, 2)}`);
      expect([mail.headers.get('auto-submitted'), mail.headers.get('content-language')]).toEqual(['auto-generated', language.slice(0, 2)]);
      expect(smtp.taken[0]!.raw).not.toContain('List-Unsubscribe'); // they have no settings here
    });

  test('is not sent any more once the address is confirmed', async () => {
    const row = await asked();
    await apply(house.kernel, { noun: 'request', id: row.id, verb: 'confirm', actor: system });
    mailer();
    await untilLedger({ outcome: 'cancelled', code: 'mail.moot' });
    expect(smtp.taken).toEqual([]);
  });

  test('is not sent once their address has been erased', async () => {
    const row = await answered({ outcome: 'not-created' });
    house.clock.atMs += row.keepMs;
    expect((await apply(house.kernel, { noun: 'request', id: row.id, verb: 'purge', actor: system })).changed).toBe(true);
    mailer();
    await untilLedger({ outcome: 'cancelled', code: 'mail.no-address' });
    expect(smtp.taken).toEqual([]);
  });

  test('tells what became of it, in the language of the form, with the words of whoever closed it', async () => {
    const created = await answered({ outcome: 'created' }, { language: 'de' });
    await answered({ outcome: 'not-created', text: 'Another has this name.\nTry ExampleName2.' });
    const old = await makeOpenRequest(house.kernel);
    house.clock.atMs = old.closeByMs + 1;
    await applyDue(house.kernel, 'request', old.id, system);
    mailer();
    await untilLedger(...Array(3).fill({ outcome: 'sent' }));
    const texts = new Map<string, string>();
    for (const [i, { to }] of smtp.taken.entries()) texts.set(to[0]!, await text(i));
    expect(texts.get(created.email)).toContain(`Das Konto ${created.name} auf ${await hostOf(created)} ist angelegt.`);
    expect([...texts.values()].join()).toMatch(/was not created\.\n\nAnother has this name\.\nTry ExampleName2\.\n\n-- \n/);
    expect(texts.get(old.email)).toMatch(/was not answered in time and is closed\. You are welcome to ask again\.\n\n-- \n/);
    for (const said of texts.values()) expect(said).not.toMatch(/confirm\/|\$\d|undefined|null/);
  });

  test('waits while the answer can be taken back; of what is taken back at the last instant either the mail goes or the request is in hand again, never both', async () => {
    const kernel = { ...house.kernel, clock: databaseClock, terms: { ...house.kernel.terms, takeBackMs: 3_000 } };
    const actor = await aUser(house, 'toolUser');
    for (let i = 0; i < 3; i++) mailer();
    const fates = { taken: 0, sent: 0 };
    await Promise.all(Array.from({ length: 30 }, async (_, i) => {
      const { id, email } = await makeOpenRequest(kernel);
      const { row } = await apply(kernel, { noun: 'request', id, verb: 'close', actor, input: { outcome: 'not-created' } });
      const lead = 20 * (15 - i); // milliseconds before the end, and after it
      await new Promise((done) => setTimeout(done, row.takeBackUntilMs! - Date.now() - lead));
      const back = await apply(kernel, { noun: 'request', id, verb: 'takeBack', actor }).then(() => true, (error: ReeveError) => {
        expect(['verb.refused', 'request.mail-sent']).toContain(error.code);
        return false;
      });
      fates[back ? 'taken' : 'sent']++;
      const { state } = (await house.app.query('select state from request where id = $1', [id])).rows[0];
      expect(state).toBe(back ? 'reserved' : 'closed');
      if (!back) await eventually(async () => expect(smtp.taken.some(({ to }) => to.includes(email))).toBe(true));
      const { outcome } = (await house.app.query('select outcome from mail where request_id = $1', [id])).rows[0];
      if (back) expect(outcome).toBe('cancelled');
    }));
    await aWhile();
    expect(smtp.taken).toHaveLength(fates.sent);
    expect([fates.taken > 0, fates.sent > 0]).toEqual([true, true]); // both were tried
  }, 30_000);

  test('goes as a copy to the account team: who asked and what they were told, and not where they are to be found', async () => {
    const { row: template } = await create(house.kernel, {
      noun: 'template', actor: await aUser(house, 'toolAdmin'), values: { kind: 'not-created', title: 'With copies', languages: ['ar', 'en'], texts: ['لا', 'Dear {{name}}, no.'], question: null, active: true, preload: false, copyTo: ['team@accounts.example'] },
    });
    const row = await answered({ outcome: 'not-created', template: template.id }, { language: 'en' });
    const erased = await answered({ outcome: 'not-created', template: template.id });
    house.clock.atMs += row.keepMs;
    await apply(house.kernel, { noun: 'request', id: erased.id, verb: 'purge', actor: system });
    mailer();
    await untilLedger({ outcome: 'sent' }, { outcome: 'sent' }, { outcome: 'cancelled' }, { outcome: 'cancelled' });
    const copy = await simpleParser(smtp.taken.find(({ to }) => to[0] === 'team@accounts.example')!.raw);
    expect(copy.subject).toBe(`Copy: request ${row.id} on ${await hostOf(row)}`);
    expect(copy.text).toContain(`${row.name} was told about request ${row.id} on ${await hostOf(row)}:\n\nDear ${row.name}, no.\n\n`);
    expect(copy.text).toContain(`${publicUrl}/requests/${row.id}`);
    expect(smtp.taken.find(({ to }) => to[0] === 'team@accounts.example')!.raw).not.toContain(row.email);
  });

  test('is none where it is closed without a word, or dropped', async () => {
    await answered({ outcome: 'none', text: 'Only for us.' });
    const { id } = await makeOpenRequest(house.kernel);
    await apply(house.kernel, { noun: 'request', id, verb: 'drop', actor: await aUser(house, 'toolUser') });
    expect(await ledger()).toEqual([]);
  });

  test('has no other header and no other line by the name that was asked for', async () => {
    const row = await asked({ name: 'A\r\nBcc: everybody@example.org\r\n\r\nBuy\u202e $2' });
    mailer();
    await untilLedger({ outcome: 'sent' });
    const { raw, to } = smtp.taken[0]!;
    expect(to).toEqual([row.email]);
    expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc/im);
    expect(await text()).toMatch(/asked for the account A Bcc: everybody@example\.org Buy {2}\$2 on /);
  });

  test('is not broken by the words of whoever closed it: they stay text, in one mail', async () => {
    const words = 'One.\n.\nMAIL FROM:<a@example.org>\n.. two\n\nContent-Type: text/html\n\n<b>three</b>\n--=_part\nBcc: everybody@example.org $1 $2';
    const row = await answered({ outcome: 'not-created', text: words });
    mailer();
    await untilLedger({ outcome: 'sent' });
    await aWhile();
    expect(smtp.taken.map(({ to }) => to)).toEqual([[row.email]]);
    const mail = await simpleParser(smtp.taken[0]!.raw);
    expect(mail.text).toContain(words);
    expect([mail.html, mail.attachments, mail.bcc]).toEqual([false, [], undefined]);
  });

  test('goes to no address with a line of its own', async () => {
    await asked({ email: 'a@example.org\r\nRCPT TO:<b@example.org>' });
    mailer();
    await untilLedger({ outcome: 'failed', code: 'mail.bad-field' });
    expect(smtp.taken).toEqual([]);
  });
});
