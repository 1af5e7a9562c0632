/** Changes (PATCH, PUT) of every noun with each field wrong: the field is named, and what was there stays as it was. */
import { testApi, type Script } from '../support/api';
import { makeOpenRequest } from '../support/house';
import { casesOf, everythingIn, taking } from '../support/hostile';

const api = testApi();
let admin: Script;
/** `/api/users/{id}` → the admin's to change, but for the values themselves. */
const things: Record<string, string> = {};
beforeAll(async () => {
  const wiki = await api.wiki('en.example.org');
  admin = await api.script(await api.person('Admin', ['admin', 'toolAdmin']));
  const made = async (path: string, body: object): Promise<void> => void (things[`${path}/{id}`] = `${path}/${(await admin.post(path, body)).body.id}`);
  things['/api/me'] = '/api/me';
  things['/api/users/{id}'] = `/api/users/${(await api.person('Ada')).id}`;
  things['/api/wikis/{id}'] = `/api/wikis/${wiki.id}`;
  await made('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  await made('/api/deliveries', { wiki: 'en.example.org', listIds: [1], subject: 'Scholarships', body: 'They are open. ~~~~' });
  await made('/api/events', { title: 'Editathon' });
  await made('/api/templates', { kind: 'none', title: 'A title', texts: { en: 'Dear {{name}}' } });
  await made('/api/queues', { key: 'second-look' });
  await made('/api/forms', { name: 'A form' });
  const { id } = await makeOpenRequest(api.api.kernel);
  await admin.post(`/api/requests/${id}/comment`, { text: 'Well then.' });
  things['/api/comments/{id}'] = `/api/comments/${(await admin.get('/api/comments')).body.items[0].id}`;
  await made('/api/views', { name: 'V', path: '/deliveries', query: 'mine=true' });
});

/** Whole bodies that would be taken, from which each case breaks one field. */
const sound: Record<string, Record<string, unknown>> = {
  '/api/me': { language: 'de', timeZone: 'Europe/Berlin', email: 'admin@example.org', appOnly: ['operation'], settings: { theme: 'dark' }, password: 'another password of tests', currentPassword: 'a password of tests' },
  '/api/users/{id}': { name: 'Grace', password: 'another password of tests', language: 'de', timeZone: 'Europe/Berlin', email: 'ada@example.org', appOnly: ['operation'] },
  '/api/wikis/{id}': {
    host: 'other.example.org', apiUrl: 'http://127.0.0.1/api.php', botUser: 'Bot', botPassword: 'secret', editsPerMinute: 10, inFlight: 2, allowedNamespaces: [4], allowedPages: ['Project:Pump'],
    optOutCategory: 'Category', aliases: ['en.example.org'], changeTag: 'tag', footer: 'foot', welcome: '{{subst:Welcome}} ~~~~', oauthClientId: 'client', oauthClientSecret: 'secret', sameWiki: true,
  },
  '/api/target-lists/{id}': { name: 'M', format: 'lines', content: 'Talk:B' },
  '/api/deliveries/{id}': { wiki: 'en.example.org', listIds: [1], channel: 'page', subject: 'Grants', body: 'They are open. ~~~~', page: null, subjectSection: null, bodySection: null, sendAt: '2099-01-01T00:00:00Z', listsAfresh: true },
  '/api/events/{id}': {
    title: 'Workshop', page: 'Event:Workshop', startsAt: '2099-01-01T10:00', endsAt: '2099-01-01T12:00', timeZone: 'Europe/Berlin', organizers: ['Admin'], wikis: 'all', topics: ['birds'], types: ['editing-event'], participation: 'hybrid',
    country: 'DE', address: 'Street 1', meetingUrl: 'https://meet.example.org/1', tracks_contributions: true, trackingTool: 'https://outreach.example.org/1', chatUrl: 'https://chat.example.org/1', key: 'birds', places: 5, form: null, test: false,
  },
  '/api/templates/{id}': { kind: 'created', title: 'Another', texts: { en: 'Welcome, {{name}}' }, question: 'Sure?', active: false, preload: true, copyTo: ['team@example.org'] },
  '/api/queues/{id}': { names: { en: 'Second look' }, priority: 5, timeZone: 'Europe/Berlin', form: null, hours: ['Mo-Fr 09:00-17:00'], holidays: ['2027-12-24'] },
  '/api/forms/{id}': { name: 'At the library', intro: { en: 'Welcome' }, texts: { title: { en: 'Join us' } }, fields: [{ key: 'how', kind: 'line', required: true, label: { en: 'How?' }, help: { en: 'Say how.' }, choices: {} }] },
  '/api/comments/{id}': { text: 'Well.', acknowledge: true, reason: 'because' },
  '/api/views/{id}': { name: 'W', path: '/target-lists', query: 'mine=true', shared: true },
};
/** Of a list's pages there is one source at a time. */
const instead: Record<string, object> = { page: { format: 'wikitext', content: undefined }, category: { format: 'category', content: undefined } };

const change = (method: string, path: string, body: object) => admin[method as 'patch' | 'put'](things[path]!, body).set('If-Match', '*');

describe.each(taking('patch', 'put'))('$method $path', (operation) => {
  const { method, path, schema } = operation;
  const body = (more: object): object => ({ ...sound[path], ...more });

  test('has every field named in this test', () => {
    const besides = path === '/api/target-lists/{id}' ? Object.keys(instead) : [];
    expect([...Object.keys(sound[path] ?? {}), ...besides].sort()).toEqual(Object.keys(schema.properties ?? {}).sort());
  });

  test('names a field that there is not', async () => {
    const before = await everythingIn(api);
    const { status, body: answer } = await change(method, path, body({ colour: 'red' }));
    expect([status, answer.errors]).toEqual([422, [{ pointer: '/colour', code: 'unknown-field', detail: expect.any(String) }]]);
    expect(await everythingIn(api)).toEqual(before);
  });

  test.each(casesOf(operation))('refuses as %s %s, names it, and changes nothing', async (name, _what, value) => {
    const before = await everythingIn(api);
    const { status, body: answer } = await change(method, path, body({ ...instead[name], [name]: value }));
    if (status === 413) expect(answer.code).toBe('input.too-large'); // more than the whole body may be
    else expect([status, answer.errors?.map(({ pointer }: { pointer: string }) => pointer.split('/')[1])]).toEqual([422, expect.arrayContaining([name])]);
    expect(await everythingIn(api)).toEqual(before);
  });
});

test('the control: each of the whole bodies is taken, and changes its thing', async () => {
  for (const { method, path } of taking('patch', 'put')) {
    const before = await everythingIn(api);
    const { status } = await change(method, path, sound[path]!);
    expect([method, path, status]).toEqual([method, path, 200]);
    expect(await everythingIn(api)).not.toEqual(before);
  }
});
