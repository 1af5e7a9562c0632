import { createMail, reachMail, type OutgoingMail } from '../../gateways/mail';
import { startSmtp, type Act, type TestSmtp } from '../support/smtp';

let smtp: TestSmtp;
beforeAll(async () => (smtp = await startSmtp()));
afterAll(() => smtp.close());
beforeEach(() => {
  smtp.acts = {};
  smtp.taken.length = smtp.heard.length = 0;
});

const mail: OutgoingMail = { to: 'reader@example.org', subject: 'Delivery 7 is finished', text: 'One.\n.\nTwo – ü.\n', messageId: '<notice.1@example.org>', headers: { 'Auto-Submitted': 'auto-generated' } };
const gateway = (more = {}) => createMail({ url: smtp.url, from: 'reeve@example.org', envelopeMs: 400, answerMs: 600, ...more });
const handOver = jest.fn(async () => {});
beforeEach(() => handOver.mockClear());
const fate = (what: Partial<OutgoingMail> = {}, more = {}): Promise<unknown> =>
  gateway(more).send({ ...mail, ...what }, handOver).then(() => 'sent', ({ fate, code, message }) => (fate ? `${fate} ${code}` : message));

describe('a mail', () => {
  test('arrives once, with its name, in bytes that any server takes, a line of one dot included', async () => {
    expect(await fate()).toBe('sent');
    expect(smtp.taken).toEqual([{ from: 'reeve@example.org', to: ['reader@example.org'], raw: expect.stringContaining('Message-ID: <notice.1@example.org>\r\n') }]);
    expect(smtp.taken[0]!.raw).toMatch(/^Subject: Delivery 7 is finished\r$/m);
    expect(smtp.taken[0]!.raw).toMatch(/One\.\r\n\.\r\nTwo =E2=80=93 =C3=BC\./);
    expect(smtp.taken[0]!.raw).not.toMatch(/[^\x00-\x7f]/);
  });

  test.each<[stage: 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data', act: Act, fate: string]>([
    ['greeting', '554 go away', 'trouble smtp.554'],
    ['greeting', 'hang', 'trouble smtp.etimedout'],
    ['greeting', 'cut', 'trouble smtp.econnection'],
    ['ehlo', 'hang', 'trouble smtp.etimedout'],
    ['ehlo', 'cut', 'trouble smtp.econnection'],
    ['mail', '451 later', 'deferred smtp.451'],
    ['mail', '530 sign in', 'trouble smtp.530'],
    ['mail', '421 closing', 'trouble smtp.421'],
    ['mail', 'cut', 'trouble smtp.econnection'],
    ['rcpt', '450 greylisted', 'deferred smtp.450'],
    ['rcpt', '550 no such user', 'refused smtp.550'],
    ['rcpt', 'hang', 'trouble smtp.etimedout'],
    ['data', '452 full', 'deferred smtp.452'],
    ['data', '554 spam', 'refused smtp.554'],
    ['data', 'cut', 'trouble smtp.econnection'],
  ])('that ends at %s with %s was surely not taken: %s', async (stage, act, told) => {
    smtp.acts = { [stage]: act };
    expect(await fate()).toBe(told);
    expect(handOver).not.toHaveBeenCalled();
    expect(smtp.taken).toEqual([]);
  });

  test.each<[act: Act, fate: string, taken: number]>([
    ['451 later', 'deferred smtp.451', 0],
    ['554 spam', 'refused smtp.554', 0],
    ['hang', 'unknown smtp.etimedout', 0],
    ['cut', 'unknown smtp.econnection', 0],
    ['half-cut', 'unknown smtp.econnection', 0],
    ['take-hang', 'unknown smtp.etimedout', 1],
    ['take-cut', 'unknown smtp.econnection', 1],
  ])('that was given away and answered by %s is %s', async (act, told, taken) => {
    smtp.acts = { text: act };
    expect(await fate()).toBe(told);
    expect(handOver).toHaveBeenCalledTimes(1);
    expect(smtp.taken).toHaveLength(taken);
  });

  test('is not given away when its last check fails, and the server throws away what it has', async () => {
    handOver.mockRejectedValueOnce(new Error('not mine any more'));
    expect(await fate()).toBe('not mine any more');
    expect(await fate()).toBe('sent');
    expect(smtp.taken).toHaveLength(1);
  });

  test('waits where there is no server', async () => {
    expect(await fate({}, { url: 'smtp://127.0.0.1:1' })).toBe('trouble smtp.esocket');
  });

  test('is not sent with a password over a line without TLS, but on this machine', async () => {
    const { port } = new URL(smtp.url);
    expect(await fate({}, { url: `smtp://someone:secret@[::ffff:127.0.0.1]:${port}` })).toMatch(/^trouble/);
    expect(smtp.heard).toContain('STARTTLS');
    expect(smtp.heard).not.toContain('AUTH');
    expect(await fate({}, { url: `smtp://someone:secret@127.0.0.1:${port}` })).toBe('trouble smtp.502'); // it knows no sign-in
    expect(smtp.heard).toContain('AUTH');
    expect(smtp.taken).toEqual([]);
  });
});

describe('a server', () => {
  test('is reached without a mail, or says by a code why not', async () => {
    await reachMail(smtp.url, 500);
    await expect(reachMail(smtp.url.replace('//', '//a:b@'), 500)).rejects.toMatchObject({ code: 'smtp.502' });
    smtp.acts = { greeting: 'hang' };
    await expect(reachMail(smtp.url, 300)).rejects.toMatchObject({ code: 'smtp.etimedout' });
    expect(smtp.taken).toEqual([]);
  });
});

describe('a field that would end a header', () => {
  const bad = 'x\r\nBcc: everybody@example.org';
  test.each<[string, Partial<OutgoingMail>]>([
    ['subject', { subject: bad }],
    ['subject, by a bare newline', { subject: 'x\nBcc: everybody@example.org' }],
    ['address', { to: `a@example.org${bad}` }],
    ['address with a second one', { to: 'a@example.org, everybody@example.org' }],
    ['address as a list', { to: 'a@example.org>,<everybody@example.org' }],
    ['message id', { messageId: '<a@example.org>\r\nBcc: everybody@example.org' }],
    ['header', { headers: { 'List-Unsubscribe': bad } }],
    ['name of a header', { headers: { 'X\r\nBcc': 'everybody@example.org' } }],
  ])('is refused: %s', async (_what, fields) => {
    expect(await fate(fields)).toBe('refused mail.bad-field');
    expect(smtp.taken).toEqual([]);
  });

  test('is harmless in the text', async () => {
    expect(await fate({ text: 'x\r\n.\r\nMAIL FROM:<evil@example.org>\r\n\r\nBcc: everybody@example.org' })).toBe('sent');
    expect(smtp.taken).toHaveLength(1);
    expect(smtp.taken[0]!.raw.split('\r\n\r\n')[0]).not.toContain('everybody');
  });
});
