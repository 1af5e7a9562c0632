/** What a form of its own puts on the public page: safe Markdown, the reader's language, questions whose answers survive every step, the unlisted page of a queue. */
import request, { type Response } from 'supertest';
import { testApi, type Script } from '../support/api';
import { words } from './form';
import { faultsIn, newcomer, openEvent, send, type OpenEvent } from './requests';

describe('a form of its own', () => {
  const test = testApi({ REEVE_TRUST_PROXY: '1' });
  let admin: Script;
  let event: OpenEvent;
  let form: number;
  const get = (path: string, language = 'en'): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', language));
  const say = async (more: object): Promise<void> => {
    await admin.patch(`/api/forms/${form}`, more).expect(200);
    await admin.post(`/api/forms/${form}/publish`, {});
  };

  beforeAll(async () => {
    await test.wiki('en.example.org');
    admin = await test.script(await test.person('Admin', ['toolAdmin']));
    event = await openEvent(test, 'An evening of mosses');
    form = (await admin.post('/api/forms', { name: 'Mosses' })).body.id;
    await admin.patch(`/api/events/${event.id}`, { form }).set('If-Match', '*').expect(200);
  }, 60_000);

  it('is not shown before it is published, nor once it is retired', async () => {
    await admin.patch(`/api/forms/${form}`, { intro: { en: 'Bring your **boots**.' } }).expect(200);
    expect((await get(`/e/${event.uuid}`)).text).not.toContain('boots');
    await admin.post(`/api/forms/${form}/publish`, {}).expect(200);
    expect((await get(`/e/${event.uuid}`)).text).toContain('Bring your <strong>boots</strong>.');
    expect((await get('/request')).text).not.toContain('boots');
    await admin.post(`/api/forms/${form}/retire`, {}).expect(200);
    expect((await get(`/e/${event.uuid}`)).text).not.toContain('boots');
  });

  it.each([
    ['<script>alert(1)</script>', '<script'],
    ['<img src=x onerror=alert(1)>', '<img'],
    ['![x](https://elsewhere.example/a.png)', '<img'],
    ['[x](javascript:alert(1))', 'href="javascript'],
    ['[x](data:text/html,x)', 'href="data'],
    ['[x](//elsewhere.example)', 'href="//elsewhere'],
    ['<a href="https://elsewhere.example" style="x">x</a>', 'style="x"'],
  ])('draws of %j nothing that acts', async (intro, never) => {
    await say({ intro: { en: intro } });
    const page = /<div class="intro">[\s\S]*?<\/div>/.exec((await get(`/e/${event.uuid}`)).text)![0];
    expect(page).not.toContain(never);
  });

  it('lends nobody its name: links are marked, and headings stand below the page\'s own', async () => {
    await say({ intro: { en: '# Tonight\n\n[Our blog](https://blog.example/a)' } });
    const { text } = await get(`/e/${event.uuid}`);
    expect(text).toContain('<h2>Tonight</h2>');
    expect(text).toContain('<a href="https://blog.example/a" rel="nofollow noopener noreferrer">Our blog</a>');
    expect(text.match(/<h1/g)).toHaveLength(1);
  });

  it('speaks the reader\'s language, else English, else what there is, and says which', async () => {
    await say({ intro: { en: 'Welcome', ar: 'أهلًا' }, texts: { 'title': { ar: 'طلب في الأمسية' }, 'comment.label': { en: 'About you' } } });
    const [english, arabic] = [await get(`/e/${event.uuid}`), await get(`/e/${event.uuid}`, 'ar')];
    expect(words(english)).toMatch(/طلب في الأمسية Welcome .*About you/);
    expect(english.text).toContain('<h1><span lang="ar" dir="rtl">');
    expect(arabic.text).toContain('<div class="intro"><p>أهلًا</p>');
    expect(arabic.text).toContain('<span lang="en" dir="ltr">About you</span>');
  });

  it('asks its questions, keeps every answer through mistakes and the preview, and files them', async () => {
    await say({ intro: {}, texts: {}, fields: [
      { key: 'card', kind: 'check', label: { en: 'I have a library card' } },
      { key: 'table', kind: 'choice', required: true, label: { en: 'Which table?', ar: 'أي طاولة؟' }, choices: { en: ['By the door', 'By the window'], ar: ['عند الباب', 'عند النافذة'] } },
      { key: 'about', kind: 'line', label: { en: 'What will you write about?' }, help: { en: 'A word is enough.' } },
    ] });
    const page = await get(`/e/${event.uuid}`);
    expect(words(page)).toMatch(/Key of the event.*I have a library card \(optional\) Which table\? By the door By the window What will you write about\? \(optional\) A word is enough\./);
    const fields = newcomer({ 'eventKey': event.key, 'answers.card': 'yes', 'answers.about': 'Bogs & <moors>' });
    const refused = await send(test, `/e/${event.uuid}`, fields);
    expect([refused.status, faultsIn({ ...refused, text: refused.text.replaceAll('answers.', 'answers_') } as Response)]).toEqual([422, { answers_table: 'Answer this question.' }]);
    expect(refused.text).toContain('href="#answers.table"');
    expect(refused.text).toMatch(/name="answers\.card" value="yes" checked|checked[^>]*name="answers\.card"/);
    expect(refused.text).toContain('value="Bogs &amp; &lt;moors&gt;"');
    const preview = await send(test, `/e/${event.uuid}`, { ...fields, 'answers.table': 'By the window', 'step': 'preview' });
    expect(words(preview)).toMatch(/I have a library card ✓ Which table\? By the window What will you write about\? Bogs & <moors>/);
    expect(preview.text).toContain('<input type="hidden" name="answers.table" value="By the window">');
    expect((await send(test, `/e/${event.uuid}`, { ...fields, 'answers.table': 'عند النافذة' })).status).toBe(303); // typed on the page in another language
    expect(await test.sql('select questions, answers from request where name = $1', [fields.name])).toEqual([{ questions: ['I have a library card', 'Which table?', 'What will you write about?'], answers: ['✓', 'By the window', 'Bogs & <moors>'] }]);
  });

  it('stays within what a public page may weigh', async () => {
    const long = 'A line of words that says what the evening is for. '.repeat(98).slice(0, 5_000);
    await say({ intro: { en: long }, fields: Array.from({ length: 10 }, (_, i) => ({ key: `q${i}`, kind: 'choice', label: { en: 'A question of some length, as one asks them' }, choices: { en: Array.from({ length: 20 }, (_, n) => `Choice ${n} of twenty`) } })) });
    expect((await get(`/e/${event.uuid}`)).text.length).toBeLessThan(45_000);
  });

  it('takes as much as its fields do, in any script', async () => {
    await say({ intro: {}, texts: {}, fields: Array.from({ length: 10 }, (_, n) => ({ key: `q${n}`, kind: 'lines', label: { en: `Question ${n}` } })) });
    const long = '長い文。'.repeat(500);
    const fields = newcomer({ eventKey: event.key, comment: long, ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`answers.q${n}`, long])) });
    expect((await send(test, `/e/${event.uuid}`, fields)).status).toBe(303);
  });

  it('stands at the unlisted page of a queue; of one that is disabled, or none, the main form', async () => {
    await say({ intro: { en: 'For those at a desk.' }, fields: [] });
    const { body: { items } } = await admin.get('/api/queues');
    const queue = items.find(({ key }: { key: string }) => key === 'events');
    await admin.patch(`/api/queues/${queue.id}`, { form }).expect(200);
    const path = new URL(queue.url).pathname;
    const page = await get(path);
    expect([page.status, page.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(words(page)).toContain('For those at a desk.');
    const fields = newcomer();
    const sent = await send(test, path, fields);
    expect([sent.status, sent.headers.location]).toEqual([303, `${path}/sent`]);
    expect((await get(sent.headers.location!)).text).toContain(`href="${path}"`);
    expect(await test.sql('select queue, event_id from request where name = $1', [fields.name])).toEqual([{ queue: 'events', event_id: null }]);
    await test.sql(`update queue set state = 'disabled' where id = $1`, [queue.id]);
    for (const one of [path, '/request/nowhere', '/request/%00']) expect([(await get(one)).status, (await get(one)).headers.location]).toEqual([302, '/request']);
    await test.sql(`update queue set state = 'enabled' where id = $1`, [queue.id]);
  });
});
