import { mkdtempSync, rmSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInbox, type Inbox, type Message } from '../../demo/inbox';
import { createMail, type OutgoingMail } from '../../gateways/mail';

const folder = mkdtempSync(join(tmpdir(), 'reeve-inbox-'));
const dataFile = join(folder, 'inbox.jsonl');
let inbox: Inbox;
beforeEach(async () => (inbox = await startInbox({ dataFile })));
afterEach(async () => {
  await inbox.close();
  rmSync(dataFile, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const send = (to: string, more: Partial<OutgoingMail> = {}, url = inbox.smtp) =>
  createMail({ url, from: 'reeve@example.org' }).send({ to, subject: 'Sendung 7 – fertig', text: 'Grüße & <b>mehr</b>\n', messageId: '<notice.7@example.org>', headers: { 'Auto-Submitted': 'auto-generated' }, ...more }, async () => {});
const messages = async (query = ''): Promise<Message[]> => ((await (await fetch(`${inbox.url}/messages${query}`)).json()) as { items: Message[] }).items;

describe('the inbox', () => {
  test('has every mail as it reads, newest first, and those to one address', async () => {
    await send('a@example.org');
    await send('b@example.org', { subject: 'Two' });
    expect(await messages()).toEqual([
      expect.objectContaining({ to: ['b@example.org'], subject: 'Two' }),
      { id: 1, at: expect.any(String), from: 'reeve@example.org', to: ['a@example.org'], subject: 'Sendung 7 – fertig', text: 'Grüße & <b>mehr</b>\n', headers: expect.objectContaining({ 'message-id': '<notice.7@example.org>', 'auto-submitted': 'auto-generated' }) },
    ]);
    expect(await messages('?to=B@example.org')).toHaveLength(1);
    expect(((await (await fetch(`${inbox.url}/messages/1`)).json()) as { raw: string }).raw).toContain('Content-Transfer-Encoding: quoted-printable');
    expect((await fetch(`${inbox.url}/messages/9`)).status).toBe(404);
  });

  test('shows them on a page that runs nothing of theirs', async () => {
    await send('a@example.org', { subject: '<script>alert(1)</script>' });
    const page = await fetch(inbox.url);
    const html = await page.text();
    expect(html).toContain('&#60;script&#62;alert(1)');
    expect(html).toContain('Grüße &#38; &#60;b&#62;mehr');
    expect(html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('takes mail from whoever signs in, too', async () => {
    await send('a@example.org', {}, inbox.smtp.replace('//', '//somebody:secret@'));
    expect(await messages()).toHaveLength(1);
  });

  test('still has them when it comes back, but for a line that was cut off', async () => {
    await send('a@example.org');
    await inbox.close();
    appendFileSync(dataFile, '{"id":2,"at":');
    inbox = await startInbox({ dataFile });
    expect(await messages()).toMatchObject([{ id: 1, to: ['a@example.org'] }]);
    await send('a@example.org');
    expect((await messages()).map(({ id }) => id)).toEqual([2, 1]);
  });
});
