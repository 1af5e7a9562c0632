/** The pages for everybody, as a program reads them: what they say, in which language, and what they never do. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import request, { type Response } from 'supertest';
import { testApi, type TestPerson } from '../support/api';
import { reader, words, type Reader } from './form';
import { needAttention, publicSend, type Send } from './sends';

const NOW = /As of <time[^>]*>[^<]*/;

describe('the public pages', () => {
  const test = testApi();
  let wiki: { id: number; host: string };
  let sender: TestPerson;
  let send: Send;
  let signedIn: Reader;
  const get = (path: string, language = 'en'): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', language));
  const every = (): string[] => ['/', '/sign-in', '/help', '/help/outcomes', '/public/log', `/public/deliveries/${send.id}`, `/public/deliveries/${send.id}?outcome=skipped`, `/public/target-lists/${send.list}`, '/source', '/request', '/request/sent', '/e/x/sent?to=event', '/e/x/sent?to=team', '/nonsense'];

  beforeAll(async () => {
    wiki = await test.wiki('en.example.org');
    sender = await test.person('Sender <i>', ['globalSender']);
    send = await publicSend(test, sender, wiki, 'Far along', { sent: 600, total: 1_204 });
    await needAttention(test, send, wiki.host);
    signedIn = await reader(test, await test.person('Somebody', ['admin']));
  });

  it('tell of a send who sent what to which lists at which revision, each fault with its reason in words, and how far it is', async () => {
    const read = words(await get(`/public/deliveries/${send.id}`));
    expect(read).toMatch(/Far along Running .*Needs attention .*The wiki is read-only\. .*5 tries/);
    expect(read).not.toContain('private words');
    expect(read).toMatch(/Sender Sender <i> .*Sent from en\.example\.org .*Readers of Far along , revision 1, 2 pages \(1 line cannot be used\)/);
    expect(read).toContain('World & <b>more</b> ~~~~');
    expect(read).toMatch(/Pages 1,204 Sent 600 Skipped 1 Failed 1 Unknown 1 Waiting 601/);
    expect(read).toMatch(/Project:Rules \(the list says WP:R \).*The page is protected/);
    expect(read).toMatch(/User talk:Gone .*No account of this name/);
    expect(read).toMatch(/Talk:Odd .*Some of the bot’s edits are hidden/);
  });

  it('tell what was sent where a page was the message: in each language, at its revision, and what was typed after it', async () => {
    const { id } = await publicSend(test, sender, wiki, 'Seasons');
    await test.sql(
      `insert into delivery_text (delivery_id, language, html_language, dir, source, title, revision_id, subject, body)
       values ($1, 'en', 'en', 'ltr', true, 'Project:News/en', 71, 'Apples', 'Ripe.'), ($1, 'he', 'he', 'rtl', false, 'Project:News/he', 72, 'תפוחים', 'בשל <b>מאוד</b>.')`, [id]);
    const page = await get(`/public/deliveries/${id}`);
    expect(words(page)).toMatch(/Message Project:News\/en in en, revision 71 Apples\s+Ripe\. Project:News\/he in he, revision 72 תפוחים\s+בשל <b>מאוד<\/b>\. Typed, after each of them World & <b>more<\/b>/);
    expect(page.text).toMatch(/title=Project%3ANews%2Fhe&amp;oldid=72"[^]*<pre dir="rtl"/);
  });

  it('show every page of an outcome in parts that lead on, and all as CSV', async () => {
    const first = await get(`/public/deliveries/${send.id}?outcome=sent`);
    expect(words(first)).toContain('User talk:Reader 500');
    expect(first.text).toContain('title=User+talk%3AReader+1&amp;oldid=1');
    const next = /href="([^"]*)" rel="next"/.exec(first.text)![1]!.replaceAll('&amp;', '&');
    expect(words(await get(next))).toMatch(/User talk:Reader 501 .*User talk:Reader 600/);
    const csv = /href="([^"]*targets\.csv)"/.exec((await get(`/public/deliveries/${send.id}`)).text)![1]!;
    expect((await get(csv)).text).toContain('en.example.org,Project:Rules,WP:R,failed,protectedpage');
  });

  it('lead from a list to its lines, its bad lines, its history, what changed, and the sends that used it', async () => {
    const script = await test.script(sender, ['all']);
    const path = `/public/target-lists/${send.list}`;
    await script.put(`/api/target-lists/${send.list}`, { content: 'User talk:B\nUser talk:C' }).set('If-Match', '*').expect(200);
    expect(words(await get(`${path}?revision=1`))).toMatch(/Revision 1, by Sender <i> .*2 pages\. .*older revision.* 1 line cannot be used Line 3: Bad\[line – no page can be called that .*User talk:A .*User talk:B .*History .*Messages that went to it Far along/);
    const newest = await get(path);
    expect(words(newest)).toMatch(/Revision 2, .*User talk:C/);
    expect(newest.text).toContain(`href="${path}?from=1&amp;to=2"`);
    expect(words(await get(`${path}?from=1&to=2`))).toMatch(/From revision 1 to revision 2 : 1 page went, 1 page came\. .*Removed: User talk:A .*Added: User talk:C/);
  });

  it('show nothing of drafts and wishes', async () => {
    const script = await test.script(await test.person('New here'), ['all']);
    const { body } = await script.post('/api/deliveries', { wiki: wiki.host, listIds: [(await script.post('/api/target-lists', { name: 'Mine', wiki: wiki.host, content: 'Talk:X' })).body.id], subject: 'Only a wish', body: 'x ~~~~' });
    await script.post(`/api/deliveries/${body.id}/submit`, {});
    expect(words(await get('/public/log'))).not.toContain('Only a wish');
    const [hidden, missing, nonsense] = await Promise.all([get(`/public/deliveries/${body.id}`), get('/public/deliveries/99999'), get('/nonsense')]);
    expect([hidden.status, missing.status, nonsense.status]).toEqual([404, 404, 404]);
    expect(hidden.text).toBe(missing.text);
    expect(nonsense.text).toBe(missing.text);
    expect((await signedIn.agent.get('/also-nothing').set('Accept-Language', 'en')).text).toBe(missing.text);
  });

  it.each(['/public/target-lists/99999', '/public/target-lists/1?revision=x', '/public/target-lists/1?revision=99', '/public/target-lists/1?after=-1', '/public/target-lists/1?from=1&to=99', '/public/deliveries/1?outcome=toString', '/public/deliveries/x', '/help/nothing', '/help/..%2Farchitecture', '/source/package.json'])('have nothing at %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('say what is wrong with a cursor that is none', async () => {
    const { status, text } = await get('/public/log?cursor=nonsense');
    expect(status).toBe(422);
    expect(text).toContain('This cursor does not belong to this list');
  });

  it('are the same for everybody: they show and read no session, and but for forms and the first page anybody may keep them', async () => {
    const lasting = ({ text }: Response): string => text.replace(NOW, '').replace(/name="token" value="[^"]*"/, '');
    for (const path of every().filter((one) => !['/', '/sign-in'].includes(one))) {
      const [mine, anybodys] = [await signedIn.agent.get(path).set('Accept-Language', 'en'), await get(path)];
      expect(lasting(mine)).toBe(lasting(anybodys));
      expect(mine.headers['set-cookie']).toBeUndefined();
      expect(mine.headers['cache-control']).toMatch(/^\/(nonsense|request|e\/)/.test(path) ? /^no-store$/ : /^public, max-age=\d+$/);
    }
    for (const path of ['/', '/sign-in']) expect((await get(path)).headers['cache-control']).toBe('no-store');
  });

  it('lead who is signed in from the first page to what waits for them', async () => {
    expect((await signedIn.get('/')).headers.location).toBe('/home');
    expect(words(await get('/'))).toContain('Far along');
  });

  it('run no script, load nothing from elsewhere, and weigh at most 45 kB with all that they load', async () => {
    for (const path of every()) {
      const { headers, text } = await get(path);
      expect(headers['content-security-policy']).toContain("script-src 'none'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
      expect(text).not.toMatch(/<script| style="| on\w+="/);
      const loaded = [...text.matchAll(/<link [^>]*href="([^"]*)"/g)].map(([, href]) => href!);
      expect(loaded).toHaveLength(3);
      let bytes = await weight(path);
      for (const href of loaded) bytes += await weight(href);
      expect({ path, small: bytes < 45 * 1_024 }).toEqual({ path, small: true });
    }
  });

  describe('in the reader’s language', () => {
    it('are Arabic from right to left for who prefers it, with plurals, and say so', async () => {
      const page = await get(`/public/deliveries/${send.id}`, 'ar, en;q=0.5');
      expect(page.text).toContain('<html lang="ar" dir="rtl">');
      expect(page.headers['content-language']).toBe('ar');
      expect(page.headers.vary).toMatch(/Accept-Language/);
      expect(words(page)).toMatch(/Far along جارية/);
      expect(words(page)).toContain('المراجعة 1، صفحتان');
    });

    it('follow uselang along links and in forms, whatever else is preferred', async () => {
      const page = await get('/public/log?uselang=ar');
      expect(page.text).toContain(`href="/public/deliveries/${send.id}?uselang=ar"`);
      expect((await get('/sign-in?uselang=ar')).text).toContain('action="/sign-in?uselang=ar"');
      expect((await get('/public/log?uselang=xx')).text).toContain('<html lang="en"');
    });

    it('show keys under qqx, and no key otherwise', async () => {
      expect(words(await get('/public/log?uselang=qqx'))).toContain('(public.log.title)');
      for (const path of every()) for (const language of ['en', 'ar']) expect(words(await get(path, language))).not.toMatch(/(public|delivery|target|targetList|code|error|line)\.[a-z]/);
    });

    it('stretch every word by 40 % under x-long, for who looks whether a page holds that', async () => {
      const page = await get('/public/log?uselang=x-long');
      expect(page.text).toContain('<html lang="en-x-long" dir="rtl">');
      expect(words(page)).toContain('Messagesages sentnt');
      expect(page.text).toContain(`href="/public/deliveries/${send.id}?uselang=x-long"`);
    });

    it('remember what the footer chose, and lead back to the same address only', async () => {
      const chosen = await get(`/public/target-lists/${send.list}?revision=1&setlang=ar`);
      expect([chosen.status, chosen.headers.location]).toEqual([303, `/public/target-lists/${send.list}?revision=1`]);
      const cookie = chosen.headers['set-cookie']![0]!.split(';')[0]!;
      expect((await request(test.app).get('/help').set('Cookie', cookie).set('Accept-Language', 'en')).text).toContain('<html lang="ar"');
      expect((await get('//evil.example/x?setlang=ar')).headers.location).toBe('/');
      expect((await get('/help?setlang=ar%0d%0aX: y')).headers['set-cookie']).toBeUndefined();
    });
  });

  it('say which version runs and hand out the source that belongs to it', async () => {
    const page = await get('/source');
    const archive = /href="(\/source\/reeve-[^"]*\.tar\.gz)"/.exec(page.text)![1]!;
    const { status, body } = await request(test.app).get(archive).buffer(true).parse((res, done) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
    });
    expect(status).toBe(200);
    expect([...(body as Buffer).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect((await get('/source/LICENSE')).text).toContain('GNU GENERAL PUBLIC LICENSE');
    expect(words(page)).toMatch(/@wikimedia\/codex 2\.6\.0 GPL-2\.0\+/);
    expect((await get('/help')).text).toContain('href="/source"');
  });

  /** As it comes over the wire to a browser. */
  const weight = (path: string): Promise<number> => new Promise((resolve, reject) => {
    const server = test.app.listen(0, '127.0.0.1', () => {
      http.get({ port: (server.address() as AddressInfo).port, path, headers: { 'Accept-Encoding': 'gzip', 'Accept-Language': 'en' } }, (answer) => {
        let bytes = answer.rawHeaders.join('').length;
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => server.close(() => resolve(bytes)));
      }).on('error', reject);
    });
  });
});
