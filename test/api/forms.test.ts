import request from 'supertest';
import { apply, readRow } from '../../db/apply';
import type { Request } from '../../db/entities/request';
import { system } from '../../policies/actor';
import type { Script } from '../support/api';
import { DAY_MS, offered, testDesk } from '../support/desk';
import { unique } from '../support/house';

const desk = testDesk();
const { api } = desk;
const write = (by: Script, body: object = {}) => by.post('/api/forms', { name: unique('Form'), ...body });
const on = (by: Script, id: number, verb: string) => by.post(`/api/forms/${id}/${verb}`, {});
async function published(by: Script, body: object): Promise<number> {
  const { id } = (await write(by, body)).body;
  await on(by, id, 'publish');
  return id;
}
const file = (more: object) => request(api.app).post('/api/requests').send({ name: unique('Asker'), email: 'asker@mail.example', ...more });
const stored = async (id: number): Promise<Request> => (await readRow(api.api.kernel, 'request', id)).row!;
const questions = [
  { key: 'library-card', kind: 'check', label: { en: 'I have a library card' } },
  { key: 'table', kind: 'choice', required: true, label: { en: 'Which table?', ar: 'أي طاولة؟' }, choices: { en: ['By the door', 'By the window'], ar: ['عند الباب', 'عند النافذة'] } },
  { key: 'about', kind: 'lines', label: { en: 'What will you write about?' } },
];

describe('a form', () => {
  test('of others is told by no cursor: one made up of its number and of one made up of none are refused alike', async () => {
    const { ada, max } = desk;
    for (const name of ['Apples', 'Pears']) await write(ada, { name });
    const hidden = (await write(max, { name: 'Nuts' })).body.id as number; // a draft
    const { body: first } = await ada.get('/api/forms?sort=name&limit=1');
    const after = (id: number) => ada.get(`/api/forms?sort=name&limit=1&cursor=${Buffer.from(Buffer.from(first.next, 'base64url').toString().replace(/^\d+/, String(id))).toString('base64url')}`);
    expect((await after(first.items[0].id)).body.items).toMatchObject([{ name: expect.any(String) }]);
    const bodies = await Promise.all([hidden, 987_654].map(async (id) => ({ ...(await after(id)).body, requestId: '' })));
    expect(bodies[0]).toMatchObject({ status: 422, errors: [{ pointer: '?cursor' }] });
    expect(bodies[1]).toEqual(bodies[0]);
  });

  test('is written by tool admins and admins for all, by organizers for their own events; others use what is published for all', async () => {
    const { ada, bo, tom, max, kim, root, ulla } = desk;
    const { id } = (await write(max, { intro: { en: 'Welcome' } })).body;
    const { id: own } = (await write(ada)).body;
    expect((await max.get(`/api/forms/${id}`)).body).toMatchObject({ state: 'draft', shared: true });
    expect((await ada.get(`/api/forms/${own}`)).body).toMatchObject({ shared: false, owner: desk.ids.ada });
    for (const by of [kim, ulla]) expect((await write(by)).status).toBe(403);
    expect(await Promise.all([ada, bo, tom, kim, ulla, max, root].map(async (by) => [(await by.get(`/api/forms/${id}`)).status, (await by.get(`/api/forms/${own}`)).status]))).toEqual([[404, 200], [404, 404], [404, 404], [404, 404], [404, 404], [200, 200], [200, 200]].map(([a, b], i) => ([3, 4].includes(i) ? [403, 403].map(() => expect.any(Number)) : [a, b])));
    await on(max, id, 'publish');
    for (const by of [ada, bo, tom]) {
      expect(offered((await by.get(`/api/forms/${id}`)).body)).toEqual([]);
      expect((await by.patch(`/api/forms/${id}`, { name: 'Mine' })).status).toBe(403);
    }
    await max.patch(`/api/forms/${id}`, { intro: { en: 'Not yet' } });
    expect((await ada.get(`/api/forms/${id}`)).body.intro).toEqual({ en: 'Welcome' }); // what is written is not what everybody sees
    expect((await ada.get(`/api/forms/${id}/preview`)).text).toContain('Welcome');
    expect((await max.get(`/api/forms/${id}`)).body).toMatchObject({ intro: { en: 'Not yet' }, unpublished: true });
  });

  test.each([
    [{ texts: { footer: { en: 'A' } } }, '/texts/footer', /title, name.help/],
    [{ intro: { 'no tag': 'A' } }, '/intro/no tag', /./],
    [{ fields: [{ key: 'A B', kind: 'line', label: { en: 'A' } }] }, '/fields/0/key', /small letters/],
    [{ fields: [{ key: 'a', kind: 'line', label: { en: ' ' } }] }, '/fields/0/label', /needs its words/],
    [{ fields: [{ key: 'a', kind: 'line', label: { en: 'A' } }, { key: 'a', kind: 'line', label: { en: 'A' } }] }, '/fields/1/key', /Another question/],
    [{ fields: [{ key: 'a', kind: 'choice', label: { en: 'A' }, choices: { en: ['A'] } }] }, '/fields/0/choices', /two choices/],
    [{ fields: [{ key: 'a', kind: 'choice', label: { en: 'A' }, choices: { en: ['A', 'B'], ar: ['A'] } }] }, '/fields/0/choices', /each language/],
    [{ fields: [{ key: 'a', kind: 'line', label: { en: 'A' }, choices: { en: ['A', 'B'] } }] }, '/fields/0/choices', /nothing else/],
    [{ fields: Array.from({ length: 11 }, (_, i) => ({ key: `a${i}`, kind: 'line', label: { en: 'A' } })) }, '/fields', /10/],
  ])('is refused as %j, with the field and what would be right', async (body, pointer, words) => {
    expect((await write(desk.max, body)).body).toMatchObject({ status: 422, errors: [{ pointer, detail: expect.stringMatching(words) }] });
  });

  test('is used by an organizer\'s event where it is published for all, or their own; a queue uses only what is published for all', async () => {
    const { ada, cy, max } = desk;
    const [all, own, foreign] = [await published(max, {}), (await write(ada)).body.id, (await write(cy)).body.id];
    const { id } = (await ada.post('/api/events', { title: 'An evening' })).body;
    for (const form of [all, own]) expect((await ada.patch(`/api/events/${id}`, { form }).set('If-Match', '*')).body.form).toBe(form);
    for (const form of [foreign, 999_999]) expect((await ada.patch(`/api/events/${id}`, { form }).set('If-Match', '*')).body).toMatchObject({ status: 422, errors: [{ pointer: '/form', code: 'form.unusable' }] });
    expect((await ada.get(`/api/forms/${own}`)).body.usedBy).toEqual({ events: 1, queues: 0 });
    const queues = Object.fromEntries((await max.get('/api/queues')).body.items.map((one: { key: string; id: number }) => [one.key, one.id]));
    expect((await max.patch(`/api/queues/${queues.events}`, { form: own })).body.code).toBe('form.unusable');
    expect((await max.patch(`/api/queues/${queues.flagged}`, { form: all })).body.code).toBe('queue.no-form');
    expect((await max.patch(`/api/queues/${queues.events}`, { form: all })).body).toMatchObject({ form: all, url: expect.stringMatching(/\/request\/[0-9a-f-]{36}$/) });
    await max.patch(`/api/queues/${queues.events}`, { form: null });
  });
});

test('of an event is changed, published and retired by all its organizers, and handed on to another event only by who wrote it', async () => {
  const { ada, bo, cy, max } = desk;
  const form = (await write(ada, { name: 'Of Ada' })).body.id;
  const [both, others] = await Promise.all([bo.post('/api/events', { title: 'Of both', organizers: ['Ada'] }), bo.post('/api/events', { title: 'Of Bo and Cy', organizers: ['Cy'] })]).then((made) => made.map(({ body }) => body.id as number));
  const use = (by: Script, event: number, body: object) => by.patch(`/api/events/${event}`, body).set('If-Match', '*');
  expect((await bo.get(`/api/forms/${form}`)).status).toBe(404);
  await use(ada, both!, { form }).expect(200);
  expect((await bo.get(`/api/forms/${form}`)).body).toMatchObject({ name: 'Of Ada', usable: false });
  expect((await bo.get('/api/forms?limit=1000')).body.items.map(({ id }: { id: number }) => id)).toContain(form);
  await bo.patch(`/api/forms/${form}`, { intro: { en: 'By Bo.' } }).expect(200);
  for (const verb of ['publish', 'retire', 'publish']) expect((await on(bo, form, verb)).status).toBe(200);
  await use(bo, both!, { title: 'Of us both', form }).expect(200); // as it is
  expect((await use(bo, others!, { form })).body).toMatchObject({ status: 422, errors: [{ pointer: '/form', code: 'form.unusable' }] });
  for (const by of [cy, desk.ulla]) expect([(await by.get(`/api/forms/${form}`)).status, (await on(by, form, 'retire')).status]).toEqual([404, 404]);
  await use(ada, both!, { form: null }).expect(200);
  expect((await bo.patch(`/api/forms/${form}`, { name: 'Of Bo' })).status).toBe(404); // it is theirs no more
  await use(ada, both!, { form }).expect(200);
  await api.sql('update event set disabled_at_ms = 1 where id = $1', [both]);
  expect((await bo.get(`/api/forms/${form}`)).status).toBe(404);
  expect((await max.get(`/api/forms/${form}`)).body.usable).toBe(true);
});

describe('an answer to a form\'s own question', () => {
  let form: number;
  beforeAll(async () => {
    form = await published(desk.max, { fields: questions });
    await desk.max.patch(`/api/events/${desk.event.id}`, { form }).set('If-Match', '*').expect(200);
  });
  const asked = (answers: object, more: object = {}) => file({ event: desk.event.uuid, eventKey: desk.event.key, answers, ...more });

  test('is kept beside the request, read like its comment, and erased with it', async () => {
    const { ada, tom } = desk;
    const { body: { id } } = await asked({ 'library-card': 'yes', 'table': 'By the window', 'about': 'Moors.\nAnd mosses.' });
    const answers = [{ question: 'I have a library card', answer: '✓' }, { question: 'Which table?', answer: 'By the window' }, { question: 'What will you write about?', answer: 'Moors.\nAnd mosses.' }];
    expect((await desk.see(tom, id)).answers).toBeUndefined(); // nobody has confirmed the address
    await api.sql(`update request set state = 'open', confirmed_at_ms = $2 where id = $1`, [id, desk.clock.atMs]);
    expect((await desk.see(ada, id)).answers).toEqual(answers);
    await desk.verb(tom, id, 'escalate');
    expect((await desk.see(ada, id)).answers).toBeUndefined();
    expect((await desk.see(tom, id)).answers).toEqual(answers);
    await desk.verb(tom, id, 'close', { outcome: 'none' });
    await desk.wait(id, 20 * DAY_MS);
    await apply(api.api.kernel, { noun: 'request', id, verb: 'purge', actor: system });
    expect(await stored(id)).toMatchObject({ questions: [], answers: [] });
  });

  test('is read by organizers without the addresses in it, alone and in a list, by the account team whole', async () => {
    const { ada, bo, tom, max } = desk;
    const { body: { id } } = await asked({ table: 'By the door', about: 'Ask me: new.comer@example.org,\nfrom 203.0.113.9 or 2001:db8::17.' });
    await api.sql(`update request set state = 'open', confirmed_at_ms = $2 where id = $1`, [id, desk.clock.atMs]);
    for (const by of [ada, bo]) {
      expect((await desk.see(by, id)).answers).toContainEqual({ question: 'What will you write about?', answer: 'Ask me: […]\nfrom […] or […].' });
      const { text } = await by.get('/api/requests?limit=1000');
      expect(text).toContain('Ask me: […]');
      expect(text).not.toMatch(/new\.comer|203\.0|2001:db8/);
    }
    for (const by of [tom, max]) expect((await desk.see(by, id)).answers[1].answer).toContain('new.comer@example.org');
  });

  test('stays as it was asked when the form asks something else', async () => {
    const { body: { id } } = await asked({ table: 'By the door' });
    await desk.max.patch(`/api/forms/${form}`, { fields: questions.slice(0, 1) });
    await on(desk.max, form, 'publish');
    expect(await stored(id)).toMatchObject({ questions: ['Which table?'], answers: ['By the door'] });
    await desk.max.patch(`/api/forms/${form}`, { fields: questions });
    await on(desk.max, form, 'publish');
  });

  test.each([
    [{}, '/answers/table', 'request.unanswered'],
    [{ table: 'On the roof' }, '/answers/table', 'request.bad-answer'],
    [{ 'table': 'By the door', 'library-card': 'no' }, '/answers/library-card', 'request.bad-answer'],
    [{ table: 'By the door', about: 'a\0b' }, '/answers/about', 'request.bad-answer'],
    [{ table: 'By the door', constructor: 'x' }, '/answers/constructor', 'request.bad-answer'],
  ])('is refused as %j', async (answers, pointer, code) => {
    expect((await asked(answers)).body.errors).toEqual([expect.objectContaining({ pointer, code })]);
  });

  test('is asked for nowhere else', async () => {
    expect((await file({ answers: { table: 'By the door' } })).body.errors).toEqual([expect.objectContaining({ pointer: '/answers/table', code: 'request.bad-answer' })]);
    expect((await file({})).status).toBe(201);
  });
});

test('a request by the unlisted link of a queue waits in it, and by one that is disabled in the main one', async () => {
  const { max } = desk;
  const { body: queue } = await max.post('/api/queues', { key: 'at-desks' });
  const queueLink = queue.url.split('/').at(-1);
  const first = (await file({ queueLink })).body;
  expect(await stored(first.id)).toMatchObject({ queue: 'at-desks', eventId: null });
  await api.sql(`update queue set state = 'disabled' where id = $1`, [queue.id]);
  for (const link of [queueLink, 'nowhere']) expect(await stored((await file({ queueLink: link })).body.id)).toMatchObject({ queue: 'default' });
});
