import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { startMailer, type Mailer, type MailerOptions } from '../../activities/mail';
import { noticeMail } from '../../activities/mail-text';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { mailStatus, settleByHand } from '../../db/queries/mails';
import { createMail } from '../../gateways/mail';
import { system } from '../../policies/actor';
import { eventually } from '../support/eventually';
import { aDelivery, aUser, testKernel } from '../support/kernel';
import { startSmtp, type TestSmtp } from '../support/smtp';

const house = testKernel();
let smtp: TestSmtp;
const mailers: Mailer[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => (smtp = await startSmtp()));
afterAll(() => smtp.close());
beforeEach(async () => {
  smtp.acts = {};
  smtp.taken.length = 0;
  await house.app.query('delete from notice');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
});

const publicUrl = 'https://reeve.example.org';
const errors: [code: unknown, id: number | undefined][] = [];
function mailer(more: Partial<MailerOptions> & { url?: string } = {}): Mailer {
  const mail = createMail({ url: more.url ?? smtp.url, from: 'reeve@example.org', envelopeMs: 500, answerMs: 500 });
  const made = startMailer({ pool: house.app, mail, publicUrl, secretKey: 'k'.repeat(32), pollMs: 20, retryMs: 60, leaseMs: 1_000, answerMs: 1_000, onError: (error, id) => errors.push([(error as { code?: string }).code, id]), ...more });
  mailers.push(made);
  return made;
}
async function reader(settings: { email?: string | null; language?: string; timeZone?: string; appOnly?: string[] } = {}) {
  const actor = await aUser(house);
  const { email = `reader-${actor.userId}@example.org`, language = 'en', timeZone = 'UTC', appOnly = [] } = settings;
  await house.app.query('update "user" set email = $2, language = $3, time_zone = $4, app_only = $5 where id = $1', [actor.userId, email, language, timeZone, appOnly]);
  return { ...actor, email };
}
/** A delivery of theirs that was rejected. */
async function told(sender: Awaited<ReturnType<typeof reader>>) {
  const { id } = await aDelivery(house, sender);
  const approver = await aUser(house, 'admin');
  await apply(house.kernel, { noun: 'delivery', id, verb: 'submit', actor: sender });
  await apply(house.kernel, { noun: 'delivery', id, verb: 'reject', actor: approver });
  return id;
}
const ledger = async () => (await house.app.query('select outcome, code, attempts from mail order by id')).rows as { outcome: string; code: string | null; attempts: number }[];
const untilLedger = (...rows: object[]) => eventually(async () => expect(await ledger()).toEqual(rows.map((row) => expect.objectContaining(row))));
/** Long enough for everything that is due to be tried again. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 400));

describe('a notice', () => {
  test('is a mail as well for whoever has an address and wants this kind by mail, and for nobody else', async () => {
    const wants = await reader();
    await told(wants);
    await told(await reader({ email: null }));
    await told(await reader({ appOnly: ['delivery'] }));
    await told(await reader({ appOnly: ['operation', 'approval'] }));
    expect((await house.app.query('select user_id from mail m join notice n on n.id = m.notice_id order by user_id')).rows.map((row) => row.user_id - wants.userId)).toEqual([0, expect.any(Number)]);
  });

  test('that is not written, because its act is not, is no mail', async () => {
    const sender = await reader();
    const { id } = await aDelivery(house, sender);
    await expect(apply(house.kernel, { noun: 'delivery', id, verb: 'reject', actor: await aUser(house, 'admin') })).rejects.toThrow();
    expect(await ledger()).toEqual([]);
  });

  test('arrives once however many senders there are and however often the act is repeated', async () => {
    const sender = await reader();
    for (let i = 0; i < 8; i++) mailer();
    const ids = await Promise.all(Array.from({ length: 20 }, () => told(sender)));
    await untilLedger(...ids.map(() => ({ outcome: 'sent', attempts: 1 })));
    await aWhile();
    expect(smtp.taken).toHaveLength(20);
    const names = smtp.taken.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw)![1]);
    expect(new Set(names).size).toBe(20);
  });

  test('is told in the reader\'s language and zone, with where to look and where to end these mails', async () => {
    const id = await told(await reader({ language: 'de-AT', timeZone: 'Asia/Tokyo' }));
    mailer();
    await untilLedger({ outcome: 'sent' });
    const mail = await simpleParser(smtp.taken[0]!.raw);
    expect(mail.subject).toBe(`Sendung ${id} wurde abgelehnt`);
    expect(mail.text).toContain(`https://reeve.example.org/deliveries/${id}`);
    expect(mail.text).toMatch(/29\. Februar 2028.*21:00/);
    expect(mail.text).toContain('https://reeve.example.org/me');
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(smtp.taken[0]!.raw).toContain('List-Unsubscribe: <https://reeve.example.org/me>');
  });

  test.each([['delivery', '/deliveries/3'], ['membership', '/memberships/3'], ['operation', '/operations/3'], ['something', '/']])('of a %s leads to its page', (noun, path) => {
    const mail = noticeMail('a@example.org', { id: 1, code: 'other', noun, entity: 3, atMs: 0, createdAtMs: 5, name: 'A', language: 'en', timeZone: 'UTC' }, publicUrl);
    expect(mail.text).toContain(`Where: https://reeve.example.org${path}\n`);
  });

  test('is told in English where we have no other words, with the month as English has it', () => {
    const mail = noticeMail('a@example.org', { id: 1, code: 'operation.new', noun: 'operation', entity: 3, atMs: Date.UTC(2028, 1, 29, 12), createdAtMs: 5, name: 'A', language: 'fr', timeZone: 'America/New_York' }, publicUrl);
    expect(mail.subject).toBe('A workflow needs attention (3)');
    expect(mail.text).toContain('February 29, 2028 at 7:00');
    expect(mail.headers['Content-Language']).toBe('en');
  });
});

describe('the mailer', () => {
  test('killed while the server already has the mail, sends it to nobody twice: it waits for a person\'s word', async () => {
    await told(await reader());
    smtp.acts = { text: 'take-hang' };
    await killedWhen(() => smtp.taken.length === 1);
    smtp.acts = {};
    mailer();
    await untilLedger({ outcome: 'unknown', code: 'mail.sender-died' });
    await aWhile();
    expect(smtp.taken).toHaveLength(1);
    expect(await mailStatus(house.app)).toMatchObject({ waiting: 0, unknown: 1 });

    const { rows } = await house.app.query('select id from mail');
    expect(await settleByHand(house.app, rows[0].id, 'pending')).toBe(true);
    await untilLedger({ outcome: 'sent' });
    const [first, second, ...others] = smtp.taken.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw)![1]);
    expect(second).toBe(first); // so that servers and readers can tell
    expect(others).toEqual([]);
  });

  test('killed before the server could have the mail, leaves it to the next, who sends it', async () => {
    await told(await reader());
    smtp.acts = { data: 'hang' };
    await killedWhen(() => smtp.counts.data > 0);
    smtp.acts = {};
    mailer();
    await untilLedger({ outcome: 'sent', attempts: 2 });
    await aWhile();
    expect(smtp.taken).toHaveLength(1);
  });

  test('that cannot write down what the server said does not send it again', async () => {
    await told(await reader());
    await house.owner.query(`create function refuse_sent() returns trigger language plpgsql as $$ begin if new.outcome = 'sent' then raise exception 'no'; end if; return new; end $$`);
    await house.owner.query('create trigger refuse_sent before update on mail for each row execute function refuse_sent()');
    try {
      mailer();
      await untilLedger({ outcome: 'unknown', code: 'mail.sender-died' });
      expect(smtp.taken).toHaveLength(1);
    } finally {
      await house.owner.query('drop trigger refuse_sent on mail; drop function refuse_sent()');
    }
  });

  test.each([['take-hang', 'smtp.etimedout'], ['take-cut', 'smtp.econnection']] as const)('whose server takes a mail and answers with %s leaves it in doubt', async (text, code) => {
    await told(await reader());
    smtp.acts = { text };
    mailer();
    await untilLedger({ outcome: 'unknown', code });
    smtp.acts = {};
    await aWhile();
    expect(smtp.taken).toHaveLength(1);
  });

  test.each([['rcpt', '450 later', 'smtp.450'], ['text', '451 later', 'smtp.451']] as const)('tries again, later each time, what is put off at %s', async (stage, act, code) => {
    await told(await reader());
    smtp.acts = { [stage]: act };
    mailer();
    await eventually(async () => expect((await ledger())[0]).toMatchObject({ code, attempts: 3 }));
    smtp.acts = {};
    await untilLedger({ outcome: 'sent' });
    expect(smtp.taken).toHaveLength(1);
  });

  test('writes down what is refused with its code, and goes on with the others', async () => {
    await told(await reader());
    smtp.acts = { rcpt: '550 no such user' };
    mailer();
    await untilLedger({ outcome: 'failed', code: 'smtp.550' });
    smtp.acts = {};
    await told(await reader());
    await untilLedger({ outcome: 'failed' }, { outcome: 'sent' });
    expect(smtp.taken).toHaveLength(1);
  });

  test('waits for a server that is away, without counting it against the mails', async () => {
    await told(await reader());
    await told(await reader());
    const away = await startSmtp();
    const { port } = new URL(away.url);
    await away.close();
    mailer({ url: away.url });
    await eventually(async () => expect((await ledger()).map(({ code }) => code)).toContain('smtp.esocket'));
    expect((await ledger()).every(({ attempts }) => attempts <= 1)).toBe(true);
    const back = await startSmtp(Number(port));
    await untilLedger({ outcome: 'sent', attempts: 1 }, { outcome: 'sent', attempts: 1 });
    expect(back.taken).toHaveLength(2);
    await back.close();
  });

  test('sends nothing to whoever has withdrawn the address, or the wish, in the meantime', async () => {
    const [gone, quiet] = [await reader(), await reader()];
    await told(gone);
    await told(quiet);
    await house.app.query('update "user" set email = null where id = $1', [gone.userId]);
    await house.app.query(`update "user" set app_only = '{delivery}' where id = $1`, [quiet.userId]);
    mailer();
    await untilLedger({ outcome: 'cancelled', code: 'mail.no-address' }, { outcome: 'cancelled', code: 'mail.unwanted' });
    expect(smtp.taken).toEqual([]);
  });

  test('that is asked to stop leaves what is not given away to the next, at once', async () => {
    await told(await reader());
    smtp.acts = { mail: 'hang' };
    const before = smtp.counts.mail;
    const first = mailer({ leaseMs: 60_000 });
    await eventually(async () => expect(smtp.counts.mail).toBe(before + 1));
    await first.stop();
    smtp.acts = {};
    mailer();
    await untilLedger({ outcome: 'sent' });
    expect(smtp.taken).toHaveLength(1);
  });

  test('refuses to send to what is no address, whoever wrote it there', async () => {
    await told(await reader({ email: 'a@example.org\r\nBcc: everybody@example.org' }));
    mailer();
    await untilLedger({ outcome: 'failed', code: 'mail.bad-field' });
    expect(smtp.taken).toEqual([]);
  });

  test('tells nobody of addresses when it complains', async () => {
    expect(errors.length).toBeGreaterThan(3);
    expect(JSON.stringify(errors)).not.toContain('@');
  });
});

test('an operation\'s mail goes to those who look after workflows', async () => {
  const operator = await reader();
  await create(house.kernel, { noun: 'membership', values: { role: 'operator', wikiId: null, untilMs: null, userId: operator.userId }, actor: system, then: 'approve' });
  await house.app.query('delete from notice');
  const values = { workflowId: 'delivery/1', runId: 'r', seq: 1, kind: 'wikiDelivery', entity: 'delivery/1', wiki: null, code: 'wiki.blocked', attempts: 5, skippable: true, detail: null };
  await create(house.kernel, { noun: 'operation', values, actor: system });
  mailer();
  await eventually(async () => expect(smtp.taken.map(({ to }) => to)).toEqual([[operator.email]]));
});

/** Starts a sender in a process of its own and kills it as it stands. */
async function killedWhen(isSo: () => boolean): Promise<void> {
  smtp.counts.data = 0;
  const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, '../support/mailer-process.ts'), (house.app as unknown as { options: { connectionString: string } }).options.connectionString, smtp.url], { stdio: 'inherit' });
  children.push(child);
  await eventually(async () => expect(isSo()).toBe(true));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
}
