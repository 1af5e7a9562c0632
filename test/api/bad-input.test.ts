import type { MediaWiki } from '../../gateways/mediawiki';
import { testApi, type Script } from '../support/api';
import { casesOf, everythingIn, taking } from '../support/hostile';

const api = testApi();
let admin: Script;
let sender: Script;
let listId: number;
let draft: { id: number; version: number };
beforeAll(async () => {
  await api.wiki('en.example.org');
  admin = await api.script(await api.person('Admin', ['admin']));
  sender = await api.script(await api.person('Sender', ['sender']));
  listId = (await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' })).body.id;
  draft = (await sender.post('/api/deliveries', delivery())).body;
});
const delivery = (more: Record<string, unknown> = {}) => ({ wiki: 'en.example.org', listIds: [listId], subject: 'Scholarships', body: 'They are open. ~~~~', page: null, subjectSection: null, bodySection: null, ...more });

const everything = () => everythingIn(api);

// Complete bodies, from which each case breaks one field.
const sound: Record<string, () => Record<string, unknown>> = {
  '/api/sessions': () => ({ name: 'A', password: 'a password of tests', code: '123456' }),
  '/api/me/identities': () => ({ wiki: 'en.example.org', next: '/requests' }),
  '/api/me/second-factor': () => ({ currentPassword: 'a password of tests' }),
  '/api/me/second-factor/confirm': () => ({ code: '123456' }),
  '/api/me/second-factor/disable': () => ({ currentPassword: 'a password of tests', code: '123456' }),
  '/api/users': () => ({ name: 'New person', password: 'a password of tests', language: 'en', timeZone: 'UTC', email: 'new@example.org' }),
  '/api/memberships': () => ({ role: 'sender', wiki: 'en.example.org', until: '2099-01-01T00:00:00Z', note: 'please', user: 'Sender', vouchedBy: 'Admin', officialEmail: 'sender@example.org', accepted: true, identified: true }),
  '/api/memberships/{id}/appeal': () => ({ text: 'But.', reason: 'because' }),
  '/api/keys': () => ({ label: 'x', scopes: ['all'], expiresAt: '2099-01-01T00:00:00Z' }),
  '/api/wikis': () => ({
    host: 'new.example.org', apiUrl: 'http://127.0.0.1/api.php', botUser: 'Bot', botPassword: 'secret', editsPerMinute: 10, inFlight: 2, allowedNamespaces: [4], allowedPages: ['Project:Pump'],
    optOutCategory: 'Category', aliases: ['m.new.example.org'], changeTag: 'tag', footer: 'foot', welcome: '{{subst:Welcome}} ~~~~', oauthClientId: 'client', oauthClientSecret: 'secret',
  }),
  '/api/wikis/{id}/pauseCreations': () => ({ mode: 'bot', reason: 'because' }),
  '/api/wikis/{id}/resumeCreations': () => ({ mode: 'bot', reason: 'because' }),
  '/api/target-lists': () => ({ name: 'List', wiki: 'en.example.org', format: 'lines', content: 'Talk:A' }),
  '/api/target-lists/{id}/revert': () => ({ revision: 1 }),
  '/api/deliveries': () => delivery({ sendAt: '2099-01-01T00:00:00Z', listsAfresh: true, channel: 'page' }),
  '/api/events': () => ({
    title: 'Workshop', page: 'Event:Workshop', startsAt: '2099-01-01T10:00', endsAt: '2099-01-01T12:00', timeZone: 'Europe/Berlin', organizers: ['Admin'], wikis: 'all', topics: ['birds'], types: ['editing-event'], participation: 'hybrid', country: 'DE',
    address: 'The hall', meetingUrl: 'https://meet.example.org/a', tracks_contributions: true, trackingTool: 'https://dashboard.example.org/a', chatUrl: 'https://chat.example.org/a', key: 'read aloud', places: 20, form: null, test: false,
  }),
  '/api/events/{id}/reschedule': () => ({ startsAt: '2099-01-01T10:00', endsAt: '2099-01-01T12:00', reason: 'because' }),
  '/api/requests': () => ({ name: 'Newcomer', email: 'newcomer@mail.example', comment: 'Please.', wiki: 'en.example.org', event: 'a-link', eventKey: 'a key', queueLink: 'a-link', answers: {} }),
  '/api/requests/{id}/sendReservation': () => ({ to: 'Admin', reason: 'because' }),
  '/api/requests/{id}/close': () => ({ outcome: 'not-created', template: 1, text: 'No.', acknowledge: ['question'], reason: 'because' }),
  '/api/requests/{id}/create': () => ({ mode: 'bot', reason: 'because' }),
  '/api/requests/{id}/defer': () => ({ queue: 'flagged', template: 1, text: 'Wait.', acknowledge: ['question'], reason: 'because' }),
  '/api/requests/{id}/comment': () => ({ text: 'Well.', visibility: 'user', acknowledge: true }),
  '/api/queues': () => ({ key: 'second-look', names: { en: 'Second look' }, priority: 5, timeZone: 'Europe/Berlin', form: null, hours: ['Mo-Fr 09:00-17:00'], holidays: ['2027-12-24'] }),
  '/api/forms': () => ({ name: 'At the library', intro: { en: 'Welcome' }, texts: { title: { en: 'Join us' } }, fields: [{ key: 'how', kind: 'line', required: true, label: { en: 'How?' }, help: { en: 'Say how.' }, choices: {} }] }),
  '/api/bans': () => ({ target: 'name', pattern: '^Sock [0-9]+$', action: 'defer', queue: 'default', reason: 'because', until: '2099-01-01T00:00:00Z', seenBy: 'admin' }),
  '/api/templates': () => ({ kind: 'none', title: 'A new one', texts: { en: 'Dear {{name}}' }, question: 'Sure?', active: true, preload: true, copyTo: ['team@example.org'] }),
  '/api/bans/{id}/reschedule': () => ({ until: '2099-01-01T00:00:00Z', reason: 'because' }),
  '/api/bans/try': () => ({ target: 'name', pattern: '^Sock [0-9]+$' }),
  '/api/requests/search': () => ({ email: 'newcomer@mail.example', address: undefined, reason: 'because' }),
  '/api/privacy/export': () => ({ email: 'nobody@mail.example', user: undefined, reason: 'because' }),
  '/api/privacy/erase': () => ({ email: 'nobody@mail.example', user: undefined, reason: 'because' }),
  '/api/comments/{id}/reveal': () => ({ fields: ['text'], reason: 'because' }),
  '/api/requests/{id}/reveal': () => ({ fields: ['email'], reason: 'because' }),
  '/api/views': () => ({ name: 'View', path: '/deliveries', query: 'mine=true', shared: true }),
  '/api/deliveries/{id}/submit': () => ({ acknowledge: ['a'] }),
  '/api/deliveries/{id}/reject': () => ({ reason: 'because' }),
  '/api/deliveries/{id}/reschedule': () => ({ sendAt: '2099-01-01T00:00:00Z' }),
  '/api/deliveries/{id}/test': () => ({ page: 'User talk:A' }),
  '/api/deliveries/{id}/settle': () => ({ target: 1, as: 'sent', reason: 'seen' }),
  '/api/deliveries/{id}/targets/{target}/settle': () => ({ as: 'sent', reason: 'seen' }),
  '/api/memberships/{id}/changeRole': () => ({ role: 'sender', until: '2099-01-01T00:00:00Z', reason: 'because' }),
  '/api/operations/retry': () => ({ ids: [1], reason: 'because' }),
  '/api/operations/skip': () => ({ filter: { code: 'a', wiki: 'b', kind: 'c', entity: 'd' }, reason: 'because' }),
  '/api/operations/abort': () => ({ workflowId: 'delivery/1', reason: 'because' }),
};
const reasonOnly = () => ({ reason: 'because' });

describe.each(taking('post'))('POST $path', (operation) => {
  const { path, schema } = operation;
  const fields = Object.entries(schema.properties ?? {});
  const body = sound[path] ?? (fields.length === 0 ? () => ({}) : fields.every(([name]) => name === 'reason') ? reasonOnly : undefined);
  const url = () => path.replace('{id}', String(draft.id)).replace('{target}', '1').replace('{workflowId}', '1');

  test('names every field that there is in this test', () => {
    expect(body).toBeDefined();
    if (path.startsWith('/api/operations/') && !path.includes('{')) return; // exactly one of three
    if (path === '/api/target-lists') return; // its pages come in one of three ways
    expect(Object.keys(body!()).sort()).toEqual(fields.map(([name]) => name).sort());
  });

  test('names a field that there is not', async () => {
    const before = await everything();
    const { status, body: answer } = await admin.post(url(), { ...body!(), colour: 'red' });
    expect([status, answer.errors]).toEqual([422, expect.arrayContaining([{ pointer: '/colour', code: 'unknown-field', detail: expect.any(String) }])]);
    expect(await everything()).toEqual(before);
  });

  const cases = casesOf(operation);
  if (cases.length)
    test.each(cases)('refuses as %s %s, names it, and makes nothing', async (name, _what, value) => {
      const before = await everything();
      const { status, body: answer } = await admin.post(url(), { ...body!(), [name]: value });
      if (status === 413) return expect(answer.code).toBe('input.too-large'); // more than the whole body may be
      expect([status, answer.errors?.map(({ pointer }: { pointer: string }) => pointer.split('/')[1])]).toEqual([422, expect.arrayContaining([name])]);
      expect(await everything()).toEqual(before);
    });
});

describe('the name of an account', () => {
  const give = (name: string) => admin.post('/api/users', { name });

  test.each([['', 'empty'], [' _ _ ', 'empty'], ['\ufeff', 'empty'], ['A#B', 'format'], ['A\u200bB', 'format'], ['A\nB', 'format'], ['A@B', 'format'], ['x'.repeat(86), 'too-long']])('%j is refused as %s, and nobody is made', async (name, code) => {
    const before = await everything();
    expect((await give(name)).body).toMatchObject({ status: 422, errors: [{ pointer: '/name', code }] });
    expect(await everything()).toEqual(before);
  });

  test('is written as wikis write it', async () => {
    expect((await give(' _Anna__of  Bergen_ ')).body.name).toBe('Anna of Bergen');
    expect((await give('Anna of Bergen')).body).toMatchObject({ status: 409, errors: [{ pointer: '/name', code: 'user.name-taken' }] });
  });
});

describe('the bad input of a delivery', () => {
  const million = 2 * 1024 * 1024;
  const cases: [string, Record<string, unknown>, string, string][] = [
    ['an empty subject', { subject: '' }, '/subject', 'delivery.no-subject'],
    ['a subject of blanks', { subject: ' \t ' }, '/subject', 'delivery.no-subject'],
    ['a subject that nobody can see', { subject: '\u200e\u200b\u202e\u00ad' }, '/subject', 'delivery.no-subject'],
    ['a body that nobody can see', { body: '\u200b\ufeff\n' }, '/body', 'delivery.no-body'],
    ['a subject with a line break', { subject: 'a\nb' }, '/subject', 'delivery.bad-subject'],
    ['a subject with a carriage return', { subject: 'a\rb' }, '/subject', 'delivery.bad-subject'],
    ['a subject with a line separator', { subject: 'a\u2028b' }, '/subject', 'delivery.bad-subject'],
    ['a subject that closes its heading', { subject: 'a == b' }, '/subject', 'delivery.bad-subject'],
    ['a subject that ends with =', { subject: 'a=' }, '/subject', 'delivery.bad-subject'],
    ['a subject with a comment', { subject: 'a <!-- b' }, '/subject', 'delivery.bad-subject'],
    ['a subject with a control character', { subject: 'a\u0007b' }, '/subject', 'delivery.bad-subject'],
    ['a subject of 241 characters', { subject: 'x'.repeat(241) }, '/subject', 'delivery.bad-subject'],
    ['an empty body', { body: '' }, '/body', 'delivery.no-body'],
    ['a body of blanks', { body: ' \n ' }, '/body', 'delivery.no-body'],
    ['a body that opens a comment', { body: 'a <!-- b' }, '/body', 'delivery.bad-body'],
    ['a body that closes the marker', { body: 'a --> b' }, '/body', 'delivery.bad-body'],
    ['a body over 2 MB', { body: 'x'.repeat(million + 1) }, '/body', 'delivery.body-too-large'],
    ['a body over 2 MB in bytes', { body: 'é'.repeat(million / 2 + 1) }, '/body', 'delivery.body-too-large'],
    ['a body with a control character', { body: 'a\u0000b' }, '/body', 'input.invalid'],
    ['an unknown list', { listIds: [987_654] }, '/listIds/0', 'delivery.unknown-list'],
    ['no list', { listIds: [] }, '/listIds', 'delivery.no-list'],
    ['an unknown host', { wiki: 'nowhere.example.org' }, '/wiki', 'delivery.unknown-wiki'],
    ['an unknown wiki by id', { wiki: 987_654 }, '/wiki', 'delivery.unknown-wiki'],
    ['an instant without offset', { sendAt: '2099-01-01T00:00:00' }, '/sendAt', 'format'],
    ['lists read afresh at no instant', { listsAfresh: true }, '/listsAfresh', 'delivery.afresh-unscheduled'],
    ['a day that there is not', { sendAt: '2099-02-30T00:00:00Z' }, '/sendAt', 'format'],
  ];

  test.each(cases)('%s is refused on making it, by its field and code, and nothing is made', async (_what, broken, pointer, code) => {
    const before = await everything();
    const { status, body } = await sender.post('/api/deliveries', delivery(broken));
    expect([status, body.errors]).toEqual([422, [{ pointer, code, detail: expect.any(String) }]]);
    expect(await everything()).toEqual(before);
  });

  test.each(cases)('%s is refused on changing it, and it stays as it was', async (_what, broken, pointer, code) => {
    const before = await everything();
    const { status, body } = await sender.patch(`/api/deliveries/${draft.id}`, broken).set('If-Match', `"${draft.version}"`);
    expect([status, body.errors]).toEqual([422, [{ pointer, code, detail: expect.any(String) }]]);
    expect(await everything()).toEqual(before);
  });

  test('a change that changes nothing is no version and no line of the log', async () => {
    const made = (await sender.post('/api/deliveries', delivery())).body;
    const before = await everything();
    const { status, body } = await sender.patch(`/api/deliveries/${made.id}`, { ...delivery(), subject: ` ${made.subject} ` }).set('If-Match', '"1"');
    expect([status, body.version]).toEqual([200, 1]);
    expect(await everything()).toEqual(before);
    expect((await sender.patch(`/api/deliveries/${made.id}`, { listIds: null }).set('If-Match', '"1"')).body).toMatchObject({ version: 2, lists: [] });
  });

  test('an instant cannot be taken back while lists are read afresh at it; both together can', async () => {
    const { body: { id } } = await sender.post('/api/deliveries', delivery({ sendAt: '2099-01-01T00:00:00Z', listsAfresh: true }));
    const change = (fields: object) => sender.patch(`/api/deliveries/${id}`, fields).set('If-Match', '"1"');
    expect((await change({ sendAt: null })).body.errors).toMatchObject([{ pointer: '/listsAfresh', code: 'delivery.afresh-unscheduled' }]);
    expect((await change({ sendAt: null, listsAfresh: false })).body).toMatchObject({ sendAt: null, listsAfresh: false, version: 2 });
  });

  test('a draft that lacks everything is refused by `submit` with all of it named, as its preview says before; a test wants the message alone', async () => {
    const { body: { id } } = await sender.post('/api/deliveries', { wiki: 'en.example.org' });
    const codes = (problems: { code: string }[]) => problems.map(({ code }) => code);
    const all = ['delivery.no-subject', 'delivery.no-body', 'delivery.no-list'];
    expect(codes((await sender.post(`/api/deliveries/${id}/submit`)).body.errors)).toEqual(all);
    const { submits, problems } = (await sender.get(`/api/deliveries/${id}/preview`)).body;
    expect([submits, codes(problems)]).toEqual([null, all]);
    const tried = (await sender.post(`/api/deliveries/${id}/test`, { page: 'User talk:Me' })).body;
    expect([tried.status, codes(tried.errors)]).toEqual([422, all.slice(0, 2)]);
  });

  test('an instant that is over is refused by `submit`, which its preview says before, and by `reschedule`; one of this minute is not', async () => {
    const past = { pointer: '/sendAt', code: 'delivery.send-past', detail: expect.stringContaining('before now') };
    const made = async (atMs: number) => (await sender.post('/api/deliveries', delivery({ sendAt: new Date(atMs).toISOString() }))).body.id as number;
    const [over, ahead, now] = [await made(Date.now() - 120_000), await made(Date.now() + 3_600_000), await made(Date.now() - 1_000)];
    expect((await sender.post(`/api/deliveries/${over}/submit`)).body).toMatchObject({ status: 422, code: past.code, errors: [past] });
    expect((await sender.get(`/api/deliveries/${over}/preview`)).body).toMatchObject({ submits: null, problems: [past] });
    expect((await sender.post(`/api/deliveries/${ahead}/submit`)).body.state).toBe('approved');
    expect((await sender.post(`/api/deliveries/${ahead}/reschedule`, { sendAt: '2020-01-01T00:00:00Z' })).body).toMatchObject({ status: 422, errors: [past] });
    expect((await sender.get(`/api/deliveries/${ahead}`)).body.state).toBe('approved');
    expect((await sender.post(`/api/deliveries/${now}/submit`)).body.state).toBe('expanding');
  });

  test('several at once are named all', async () => {
    const { body } = await sender.post('/api/deliveries', delivery({ subject: '', body: '<!--', listIds: [7777] }));
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/subject', '/body', '/listIds/0']);
    expect(body.code).toBe('input.invalid');
  });

  test('a body far over 2 MB still names the field', async () => {
    const { status, body } = await sender.post('/api/deliveries', delivery({ body: 'x'.repeat(14_000_000) }));
    expect([status, body.code, body.errors[0].pointer]).toEqual([413, 'input.too-large', '/body']);
  });

  test('a body over what this wiki\'s pages may hold is refused where the wiki says so', async () => {
    api.api.wiki = async () => ({ siteInfo: async () => ({ maxArticleBytes: 100_000 }) }) as unknown as MediaWiki;
    const { body } = await sender.post('/api/deliveries', delivery({ body: 'x'.repeat(100_001) }));
    expect(body).toMatchObject({ status: 422, code: 'delivery.body-too-large', errors: [{ pointer: '/body', detail: expect.stringContaining('100,000') }] });
    api.api.wiki = () => Promise.reject(new Error('the wiki is away'));
    expect((await sender.post('/api/deliveries', delivery({ body: 'x'.repeat(100_001) }))).status).toBe(201);
    api.api.wiki = undefined;
  });

  test('a body of just 2 MB, and a subject of 240 characters, are taken', async () => {
    const { status, body } = await sender.post('/api/deliveries', delivery({ body: 'x'.repeat(million), subject: 's'.repeat(240) }));
    expect([status, body.body.length]).toEqual([201, million]);
  });

  test('a list without targets is taken: the delivery will say that it has none', async () => {
    const list = await sender.post('/api/target-lists', { name: 'Empty', wiki: 'en.example.org', content: '' });
    expect(list.body).toMatchObject({ targets: 0, problemCount: 0 });
    const made = await sender.post('/api/deliveries', delivery({ listIds: [list.body.id] }));
    expect(made.body.lists).toMatchObject([{ targets: 0 }]);
    expect((await sender.post(`/api/deliveries/${made.body.id}/submit`)).body.state).toBe('expanding');
  });

  test('line ends of Windows become those of wikis', async () => {
    expect((await sender.post('/api/deliveries', delivery({ body: 'a\r\nb' }))).body.body).toBe('a\nb');
  });
});
