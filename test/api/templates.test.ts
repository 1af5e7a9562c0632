import { apply } from '../../db/apply';
import { system } from '../../policies/actor';
import type { Script } from '../support/api';
import { offered, testDesk } from '../support/desk';

const desk = testDesk();
const { api, verb, see } = desk;
let titles = 0;
const write = (by: Script, body: object = {}) => by.post('/api/templates', { kind: 'not-created', title: `Title ${++titles}`, texts: { en: 'Dear {{name}}, not on {{ wiki }}: {{request}}.', ar: 'لا يا {{name}}' }, ...body });
const idOf = async (body: object = {}): Promise<number> => (await write(desk.max, body)).body.id;
const mailOf = async (id: number) => (await api.sql('select kind, text, template_id, template_version, outcome, extract(epoch from due_at - created_at)::float8 as held from mail where request_id = $1 order by id desc limit 1', [id]))[0];

describe('a template', () => {
  test('is written and changed by tool admins and admins, read in use by those who answer, and by nobody else', async () => {
    const { ada, tom, max, kim, root, ulla } = desk;
    const id = await idOf();
    for (const by of [ada, tom, kim, ulla]) {
      expect((await write(by)).status).toBe(403);
      expect((await by.patch(`/api/templates/${id}`, { title: 'Mine' })).status).toBe([ada, tom].includes(by) ? 403 : 404);
    }
    for (const by of [ada, tom, max, root]) expect((await by.get(`/api/templates/${id}`)).status).toBe(200);
    expect((await root.patch(`/api/templates/${id}`, { active: false })).body).toMatchObject({ active: false, version: 2 });
    for (const by of [ada, tom]) expect((await by.get(`/api/templates/${id}`)).status).toBe(404);
    expect((await max.get(`/api/templates/${id}`)).body).toMatchObject({ active: false, texts: { en: expect.any(String), ar: expect.any(String) } });
  });

  test.each([
    [{ texts: { en: 'Dear {{nmae}}' } }, '/texts/en', /\{\{nmae\}\}.*\{\{name\}\}, \{\{wiki\}\}, \{\{request\}\}/],
    [{ texts: {} }, '/texts', /one to 30 languages/],
    [{ texts: { en: 'A', EN: 'B' } }, '/texts', /each once/],
    [{ texts: { 'no tag': 'A' } }, '/texts/no tag', /./],
    [{ texts: { en: '' } }, '/texts/en', /empty/],
    [{ kind: 'maybe' }, '/kind', /one of/],
  ])('is refused as %j, with the field and what would be right', async (body, pointer, words) => {
    expect((await write(desk.max, body)).body).toMatchObject({ status: 422, errors: [{ pointer, detail: expect.stringMatching(words) }] });
  });

  test('keeps nobody waiting, whatever its braces hold', async () => {
    const begun = performance.now();
    expect((await write(desk.max, { texts: { en: `Dear {{${' '.repeat(2_500)}` } })).status).toBe(201);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('has a title of its own', async () => {
    await write(desk.max, { title: 'The same' });
    expect((await write(desk.max, { title: 'the same' })).body).toMatchObject({ status: 409, errors: [{ pointer: '/title', code: 'template.title-taken' }] });
  });
});

describe('an answer by a template', () => {
  test('says its text in the requester\'s language, or in English, with their values, and keeps what was sent', async () => {
    const { tom, max } = desk;
    const template = await idOf();
    for (const [language, start] of [['ar', 'لا يا '], ['ar-EG', 'لا يا '], ['pt', 'Dear ']]) {
      const { id, name } = await desk.open({ language });
      const { body } = await verb(tom, id, 'close', { outcome: 'not-created', template });
      const text = start === 'Dear ' ? `Dear ${name}, not on en.example.org: ${id}.` : `${start}${name}`;
      expect(body).toMatchObject({ outcome: 'not-created', answer: text });
      expect(await mailOf(id)).toMatchObject({ kind: 'answer', text, template_id: template, template_version: 1 });
    }
    const { id, name } = await desk.open();
    await verb(tom, id, 'close', { outcome: 'not-created', template });
    await max.patch(`/api/templates/${template}`, { texts: { en: 'Another.' } });
    expect((await mailOf(id)).text).toBe(`Dear ${name}, not on en.example.org: ${id}.`);
  });

  test('says what was typed instead, and never reads a name as a placeholder', async () => {
    const template = await idOf();
    const { id } = await desk.open();
    expect((await verb(desk.tom, id, 'close', { outcome: 'not-created', template, text: 'In my own words.' })).body.answer).toBe('In my own words.');
    expect(await mailOf(id)).toMatchObject({ text: 'In my own words.', template_id: template });
    const { id: odd } = await desk.open({ name: 'A {{request}} B' });
    await verb(desk.tom, odd, 'close', { outcome: 'not-created', template });
    expect((await mailOf(odd)).text).toContain('Dear A {{request}} B,');
  });

  test('goes with its own kind, or with each that is told', async () => {
    const [created, any, defer, retired] = [await idOf({ kind: 'created' }), await idOf({ kind: 'none' }), await idOf({ kind: 'defer' }), await idOf({ active: false })];
    const { id } = await desk.open();
    for (const template of [created, defer, retired, 999_999]) expect((await verb(desk.tom, id, 'close', { outcome: 'not-created', template })).body).toMatchObject({ status: 422, errors: [{ pointer: '/template', code: 'template.unusable' }] });
    expect((await verb(desk.tom, id, 'close', { outcome: 'none', template: any })).body).toMatchObject({ errors: [{ pointer: '/template' }] });
    expect((await verb(desk.tom, id, 'defer', { queue: 'events', template: any })).body).toMatchObject({ errors: [{ pointer: '/template' }] });
    const fitting = (await desk.tom.get(`/api/requests/${id}/templates`)).body.items;
    expect(fitting.find((one: { id: number }) => one.id === any)).toMatchObject({ fits: ['created', 'not-created'], text: expect.stringMatching(/^Dear /), language: 'en' });
    expect(fitting.map((one: { id: number }) => one.id)).not.toContain(retired);
    expect((await verb(desk.tom, id, 'defer', { queue: 'events', template: defer })).body.queue).toBe('events');
    expect(await mailOf(id)).toMatchObject({ kind: 'note', template_id: defer, text: expect.stringContaining('Dear ') });
    expect((await verb(desk.tom, id, 'close', { outcome: 'not-created', template: any, acknowledge: ['mailed-before'] })).status).toBe(200);
  });

  test('is sent once its question is answered, and once a mail before it has been seen', async () => {
    const template = await idOf({ question: 'Have you looked?' });
    const { id } = await desk.open();
    const close = (acknowledge?: string[]) => verb(desk.tom, id, 'close', { outcome: 'not-created', template, ...(acknowledge && { acknowledge }) });
    expect((await close()).body).toMatchObject({ status: 422, code: 'request.unacknowledged', errors: [{ pointer: '/acknowledge', code: 'question', detail: 'Have you looked?' }] });
    expect((await close(['question'])).status).toBe(200);
    await verb(desk.tom, id, 'reopen');
    expect((await close(['question'])).body.errors).toEqual([{ pointer: '/acknowledge', code: 'mailed-before', detail: expect.any(String) }]);
    expect((await verb(desk.tom, id, 'close', { outcome: 'none' })).status).toBe(200); // no mail, no question
    await verb(desk.tom, id, 'reopen');
    expect((await close(['question', 'mailed-before'])).status).toBe(200);
  });

  test('is shown before to whoever may read the request, and to an organizer only of their own', async () => {
    const { ada, cy, tom } = desk;
    await idOf();
    const { id, name } = await desk.tagged();
    for (const by of [ada, tom]) expect(JSON.stringify((await by.get(`/api/requests/${id}/templates`)).body)).toContain(name);
    expect((await cy.get(`/api/requests/${id}/templates`)).status).toBe(404);
    await verb(ada, id, 'escalate');
    expect((await ada.get(`/api/requests/${id}/templates`)).status).toBe(404);
  });
});

describe('copies of an answer', () => {
  const copyTo = ['team@accounts.example', 'list@accounts.example'];
  const copies = (id: number) => api.sql(`select copy_to, text, outcome, extract(epoch from due_at - clock_timestamp())::float8 as held from mail where request_id = $1 and kind = 'copy' order by id`, [id]);

  test('go to each address of the template, a while after it can be taken back no more, without the requester\'s address', async () => {
    const template = await idOf({ copyTo });
    const { id, email } = await desk.open();
    await verb(desk.tom, id, 'close', { outcome: 'not-created', template, text: `We wrote to ${email.toUpperCase()}, seen from 192.0.2.7.` });
    const sent = await copies(id);
    expect(sent.map(({ copy_to, text }) => [copy_to, text])).toEqual(copyTo.map((to) => [to, 'We wrote to […], seen from […].']));
    for (const { held } of sent) expect(held).toBeCloseTo(75, 0);
    expect((await api.sql(`select text from mail where request_id = $1 and kind = 'answer'`, [id]))[0]).toMatchObject({ text: `We wrote to ${email.toUpperCase()}, seen from 192.0.2.7.` });
    await verb(desk.tom, id, 'takeBack');
    expect((await copies(id)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    expect((await verb(desk.tom, id, 'close', { outcome: 'not-created', template })).status).toBe(200); // a copy is no mail to the requester
  });

  test('go with a move to another queue, too, and are none where nothing is told', async () => {
    const defer = await idOf({ kind: 'defer', copyTo: copyTo.slice(0, 1) });
    const { id } = await desk.open();
    await verb(desk.tom, id, 'defer', { queue: 'events', template: defer });
    expect(await copies(id)).toHaveLength(1);
    await verb(desk.tom, id, 'close', { outcome: 'none' });
    expect(await copies(id)).toHaveLength(1);
  });

  test('are said by their number to who answers, by their address to who writes templates', async () => {
    const template = await idOf({ copyTo });
    const { id } = await desk.tagged();
    for (const by of [desk.ada, desk.tom]) {
      const shown = await by.get(`/api/requests/${id}/templates`);
      expect(shown.body.items.find((one: { id: number }) => one.id === template)).toMatchObject({ copies: 2 });
      expect(shown.text + (await by.get('/api/templates?limit=1000')).text).not.toContain('accounts.example');
    }
    expect((await desk.tom.get(`/api/templates/${template}`)).body.hidden).toEqual(['copyTo']);
    for (const by of [desk.max, desk.root]) expect((await by.get(`/api/templates/${template}`)).body.copyTo).toEqual(copyTo);
  });

  test.each([[['nobody']], [['a@b.example', 'A@B.example']], [Array.from({ length: 11 }, (_, i) => `a${i}@b.example`)]])('are refused to %j', async (wrong) => {
    const { body } = await desk.max.post('/api/templates', { kind: 'none', title: 'Copied wrongly', texts: { en: 'No.' }, copyTo: wrong });
    expect([body.status, body.errors[0].pointer.split('/')[1]]).toEqual([422, 'copyTo']);
  });
});

describe('an answer by mail', () => {
  const closed = async (by: Script = desk.tom) => {
    const { id } = await desk.tagged();
    return { id, body: (await verb(by, id, 'close', { outcome: 'not-created', text: 'No.' })).body };
  };

  test('waits as long as it can be taken back by whoever gave it, who then has the request in hand', async () => {
    const { tom, tess, ada, ids } = desk;
    const { id, body } = await closed();
    expect(body.takeBackUntilMs).toBe(desk.clock.atMs + 15_000);
    expect((await mailOf(id)).held).toBeCloseTo(15, 1);
    expect(offered(body)).toContain('takeBack');
    for (const by of [tess, ada]) expect((await verb(by, id, 'takeBack')).status).toBe(403);
    expect((await verb(tom, id, 'takeBack')).body).toMatchObject({ state: 'reserved', holder: { id: ids.tom }, outcome: null, answer: null, closedAt: null, purgeAt: null, takeBackUntilMs: null });
    expect((await mailOf(id)).outcome).toBe('cancelled');
    expect((await api.sql('select remind_at_ms, escalate_at_ms from request where id = $1', [id]))[0]).toMatchObject({ remind_at_ms: expect.any(Number), escalate_at_ms: expect.any(Number) });
    expect((await verb(tom, id, 'close', { outcome: 'not-created' })).status).toBe(200); // none has gone out: nothing to acknowledge
  });

  test('can be taken back by an organizer who gave it, and later by nobody', async () => {
    const { ada, tom } = desk;
    const { id } = await closed(ada);
    expect((await verb(ada, id, 'takeBack')).body.state).toBe('reserved');
    const late = await closed(tom);
    desk.clock.advance(15_000);
    expect(offered(await see(tom, late.id))).not.toContain('takeBack');
    expect((await verb(tom, late.id, 'takeBack')).status).toBe(409);
    expect(await see(tom, late.id)).toMatchObject({ state: 'closed', takeBackUntilMs: null });
  });

  test('is not taken back once it has been given away', async () => {
    const { id } = await closed();
    await api.sql(`update mail set outcome = 'attempting', given_away = true where request_id = $1 and kind = 'answer'`, [id]);
    expect((await verb(desk.tom, id, 'takeBack')).body).toMatchObject({ status: 409, code: 'request.mail-sent' });
    expect(await see(desk.tom, id)).toMatchObject({ state: 'closed', answer: 'No.' });
  });

  test('that is none does not wait, and its words are erased with the request', async () => {
    const { id } = await desk.open();
    expect((await verb(desk.tom, id, 'close', { outcome: 'none' })).body.takeBackUntilMs).toBeNull();
    const told = await closed();
    await desk.wait(told.id, 16 * 86_400_000);
    await apply(api.api.kernel, { noun: 'request', id: told.id, verb: 'purge', actor: system });
    expect((await mailOf(told.id)).text).toBeNull();
  });
});
