import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { erasures } from '../../db/erasures';
import { nounTables, type KernelNoun } from '../../db/nouns';
import { impersonal, places } from '../../db/queries/privacy';
import { snake } from '../../db/columns';
import { sealOnce } from '../../db/seal';
import { verifyAudit } from '../../db/verify';
import { viewPrivate } from '../../db/entities/view';
import { system } from '../../policies/actor';
import { DAY_MS, testDesk } from '../support/desk';
import { makeRequest } from '../support/house';
import { tablesWith } from '../support/tables';

const desk = testDesk();
const { api, verb } = desk;
const EMAIL = 'wanted@forget.example';
const REASON = 'Asked for by letter.';
const exported = (body: object, by = desk.root) => by.post('/api/privacy/export', { reason: REASON, ...body });
const erase = (body: object, by = desk.root, query = '') => by.post(`/api/privacy/erase${query}`, { reason: REASON, ...body });
const found = (manifest: { place: string; found: number }[]) => Object.fromEntries(manifest.filter(({ found }) => found).map(({ place, found }) => [place, found]));
const texts = (noun: KernelNoun): string[] => nounTables[noun].private.filter((column) => column !== 'hash');
const lists = ['questions', 'answers'];
let people = 0;

/** Somebody with an account, everything of it and of two requests; each private value holds a mark of its own, which `marks` names. */
async function somebody(email: string) {
  const [n, marks] = [++people, {} as Record<string, string>];
  const marked = async (noun: 'user' | 'membership' | 'key' | 'request' | 'view', id: number, columns: string[]) => {
    for (const column of columns.filter((name) => name !== 'email')) {
      const mark = (marks[`${noun}.${column}`] = `mark${n}of${noun}${column}`);
      await api.sql(`update "${noun}" set ${snake(column)} = $2 where id = $1`, [id, lists.includes(column) ? [mark] : mark]);
    }
  };
  const user = (await create(api.api.kernel, { noun: 'user', actor: system, values: { name: `Person ${n}`, email, language: 'eo', timeZone: 'Asia/Kolkata' } })).row;
  await marked('user', user.id, texts('user'));
  const membership = (await create(api.api.kernel, { noun: 'membership', actor: system, values: { userId: user.id, role: 'organizer', wikiId: null, untilMs: null, note: null }, then: 'approve', reason: `reason${n}` })).row;
  await marked('membership', membership.id, texts('membership'));
  const { id: keyId } = await api.script({ id: user.id, name: user.name });
  await marked('key', keyId, texts('key'));
  const [{ id: viewId }] = await api.sql(`insert into view (owner_id, name, path, query, shared, created_at_ms) values ($1, 'x', '/events', 'x', true, 1) returning id`, [user.id]);
  await marked('view', viewId, viewPrivate);
  await api.sql(`insert into session (hash, user_id, since_ms, used_at_ms) values ('\\x01'::bytea || int4send($1), $1, 1, 1)`, [user.id]);
  const request = await desk.open({ email });
  for (const [text, visibility] of [[`words${n}, reached at ${email}`, 'user'], [`sock${n}`, 'checkuser']]) await verb(desk.kim, request.id, 'comment', { text, visibility, acknowledge: true });
  await verb(desk.tom, request.id, 'reserve', { reason: `because${n}` });
  await verb(desk.tom, request.id, 'close', { outcome: 'not-created', text: `answer${n}` });
  await api.sql(`update request set questions = '{x}', answers = '{x}' where id = $1`, [request.id]);
  await marked('request', request.id, texts('request'));
  const unconfirmed = await makeRequest(api.api.kernel, { email: email.toUpperCase(), name: `Second ${n}` });
  const other = await desk.open();
  await verb(desk.tom, other.id, 'comment', { text: `The same as ${email}`, acknowledge: true });
  return { user, membership, keyId, request, unconfirmed, other, words: [`words${n}`, `sock${n}`, `reason${n}`, `because${n}`, `answer${n}`], marks };
}

describe('every place', () => {
  test('of the database is one that is looked at, or one that holds nothing of a person', async () => {
    const tables = await api.sql<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
    expect([...Object.keys(places), ...impersonal].sort()).toEqual(tables.map(({ name }) => name));
  });

  test.each(Object.keys(nounTables) as KernelNoun[])('that is private in a %s is erased, or stays for a reason', (noun) => {
    const place = places[nounTables[noun].table];
    if (noun in erasures) expect(Object.keys(erasures[noun as keyof typeof erasures]).sort()).toEqual([...nounTables[noun].private].sort());
    else expect([noun, place?.kept?.why ?? place?.withheld ?? impersonal.includes(nounTables[noun].table)]).not.toEqual([noun, false]);
  });
});

describe('an export', () => {
  test('holds all that is kept of one person, and says where it was looked for', async () => {
    const { user, request, unconfirmed, words, marks } = await somebody(EMAIL);
    const { body } = await exported({ email: EMAIL });
    expect(body).toMatchObject({ email: EMAIL, users: [user.id], requests: [request.id, unconfirmed.id] });
    expect(body.manifest.map(({ place }: { place: string }) => place)).toEqual(Object.keys(places));
    expect(found(body.manifest)).toMatchObject({ request: 2, request_comment: 1, mail: 2, user: 1, membership: 1, key: 1, view: 1, session: 1 });
    const text = JSON.stringify(body);
    for (const [where, mark] of Object.entries(marks)) expect([where, text.includes(mark)]).toEqual([where, where !== 'user.passwordHash']);
    for (const word of words) expect([word, text.includes(word)]).toEqual([word, !word.startsWith('sock')]); // what is for checkusers only
    expect(text).not.toMatch(/hash/i);
  });

  test('stands in the log of who asked for it, with why and without whose it is', async () => {
    await exported({ email: 'never-seen@forget.example' });
    const [entry] = await api.sql(`select a.actor, a.noun, a.entity, a.code, r.text from audit a join audit_reason r on r.id = a.reason_id where verb = 'exportPerson' order by a.id desc limit 1`);
    expect(entry).toEqual({ actor: `user/${desk.ids.root}/key/${desk.root.id}`, noun: 'user', entity: desk.ids.root, code: 'email', text: REASON });
    expect(await tablesWith(api.sql, 'never-seen@forget')).toEqual([]);
  });

  test('of an account goes by no address that it only names: nobody gets, or wipes out, what is another\'s', async () => {
    const email = 'theirs@forget.example';
    const { user, request, unconfirmed } = await somebody(email);
    const thief = await api.person('A thief');
    await (await api.script(thief)).patch('/api/me', { email }).expect(200);
    const { body } = await exported({ user: 'A thief' });
    expect(body).toMatchObject({ email: null, users: [thief.id], requests: [] });
    expect(JSON.stringify({ ...body.held, user: [] })).not.toContain(email);
    expect((await erase({ user: 'A thief' })).body.users).toEqual([thief.id]);
    expect(await api.sql('select u.email, r.email as filed, r.purged_at_ms as purged from "user" u, request r where u.id = $1 and r.id = $2', [user.id, request.id])).toEqual([{ email, filed: email, purged: null }]);
    await api.sql('update membership set official_email = $2, address_confirmed_at_ms = 1 where user_id = $1', [user.id, email]);
    expect((await exported({ user: String(user.id) })).body).toMatchObject({ users: [user.id], requests: [request.id, unconfirmed.id] });
  });

  test('of nobody is an empty one', async () => {
    const { body } = await exported({ user: 'Nobody at all' });
    expect([found(body.manifest), body.held, body.users]).toEqual([{}, {}, []]);
  });
});

describe('erasing', () => {
  test('leaves nothing of the person in any column of any table, and every row', async () => {
    const email = 'gone@forget.example';
    const { user, membership, keyId, request, unconfirmed, other, words, marks } = await somebody(email);
    const said = [email, ...words, ...Object.values(marks), `Second ${people}`];
    for (const word of said) expect([word, (await tablesWith(api.sql, word)).length > 0]).toEqual([word, true]); // the control
    const { body } = await erase({ email });
    expect(body).toMatchObject({ users: [user.id], requests: [request.id, unconfirmed.id], erased: { request: 2, user: 1, membership: 1, key: 1, view: 1, session: 1 } });
    for (const word of said) expect([word, await tablesWith(api.sql, word)]).toEqual([word, []]);
    expect(await api.sql(`select state, outcome, purged_at_ms is not null as erased from request where id = any ($1) order by id`, [[request.id, unconfirmed.id]])).toEqual([
      { state: 'closed', outcome: 'not-created', erased: true }, { state: 'expired', outcome: null, erased: true }]);
    expect(await api.sql('select name, email, language, time_zone from "user" where id = $1', [user.id])).toEqual([{ name: `Erased #${user.id}`, email: null, language: 'en', time_zone: 'UTC' }]);
    expect(await api.sql('select m.state, k.state as key from membership m, key k where m.id = $1 and k.id = $2', [membership.id, keyId])).toEqual([{ state: 'ended', key: 'revoked' }]);
    expect(await api.sql('select text from request_comment where request_id = $1', [other.id])).toEqual([{ text: null }]); // it named the address
    await sealOnce(api.api.kernel.pool);
    expect((await verifyAudit(api.api.kernel.pool)).findings).toEqual([]);
  });

  test('by an address takes it out of where others have named it, and nothing else that is theirs', async () => {
    const email = 'named@forget.example';
    const [note, vouchedBy] = ['She writes from Named@forget.example', 'The library'];
    const other = await api.person('Who names it');
    const script = await api.script(other);
    const { body: { id } } = await script.post('/api/memberships', { role: 'organizer', accepted: true, officialEmail: email, vouchedBy });
    const { body: { id: noted } } = await desk.root.post('/api/memberships', { user: other.id, role: 'toolUser', identified: true, note, vouchedBy });
    await desk.tom.post('/api/views', { name: email, path: '/requests', shared: true });
    await desk.tom.post('/api/views', { name: 'Hers', path: '/requests', query: 'q=named%40forget.example', shared: true });
    expect(JSON.stringify((await exported({ email })).body)).not.toContain(vouchedBy);
    await erase({ email });
    for (const word of [email, 'named%40forget']) expect([word, await tablesWith(api.sql, word)]).toEqual([word, []]);
    expect(await api.sql('select official_email, vouched_by, note from membership where id = any ($1) order by id', [[id, noted]])).toEqual([
      { official_email: null, vouched_by: vouchedBy, note: null }, { official_email: null, vouched_by: vouchedBy, note: null }]);
  });

  test('twice is the same as once, and both stand in the log', async () => {
    const email = 'twice@forget.example';
    const { user } = await somebody(email);
    await erase({ email });
    const rows = () => api.sql('select u.*, (select jsonb_agg(r order by r.id) from request r) as requests from "user" u where id = $1', [user.id]);
    const before = await rows();
    expect((await erase({ email })).body).toMatchObject({ users: [], requests: [], erased: {}, kept: [] });
    expect((await erase({ user: String(user.id) })).body.erased).toEqual({});
    expect(await rows()).toEqual(before);
    const log = await api.sql(`select verb, code, r.text from audit a left join audit_reason r on r.id = a.reason_id where noun = 'user' and (verb = 'erasePerson' or entity = $1) and verb like 'erase%' order by a.id desc limit 4`, [user.id]);
    expect(log).toEqual([{ verb: 'erasePerson', code: 'user', text: REASON }, { verb: 'erasePerson', code: 'email', text: REASON }, { verb: 'erase', code: 'privacy', text: null }, { verb: 'erasePerson', code: 'email', text: REASON }]);
  });

  test('says what stays, why, and until when', async () => {
    const email = 'stays@forget.example';
    const { user, other } = await somebody(email);
    await api.sql('insert into request_comment (request_id, user_id, visibility, text, at_ms) values ($1, $2, $3, $4, 1)', [other.id, user.id, 'user', 'Seems fine']);
    await desk.max.post('/api/bans', { target: 'email', pattern: email, action: 'drop', reason: 'Many names.', until: '2031-08-01T00:00:00Z' });
    const { body } = await erase({ email });
    const kept = Object.fromEntries(body.kept.map(({ place, until }: { place: string; until: string }) => [place, until]));
    expect(kept).toEqual({ ban: '2031-08-01T00:00:00.000Z', request_comment: new Date(other.closeByMs + other.keepMs).toISOString(), audit: null });
    for (const { why } of body.kept) expect(why).toMatch(/\.$/);
  });

  test('takes a request out of the hands of who has it, and stops a mail that is held', async () => {
    const email = 'held@forget.example';
    const reserved = await desk.open({ email });
    await verb(desk.tom, reserved.id, 'reserve');
    const answered = await desk.open({ email });
    await verb(desk.tom, answered.id, 'close', { outcome: 'not-created', text: 'Sorry.' });
    await erase({ email });
    expect(await api.sql('select state, outcome, holder_id from request where id = $1', [reserved.id])).toEqual([{ state: 'closed', outcome: 'dropped', holder_id: null }]);
    for (const { id } of [reserved, answered]) for (const again of ['reopen', 'takeBack']) expect((await verb(desk.tom, id, again)).body.status).toBeGreaterThanOrEqual(403);
  });

  test('ends an application, too, that the same admin has declined before: no appeal holds it up', async () => {
    const person = await api.person('Who appeals');
    const script = await api.script(person);
    const { body: { id } } = await script.post('/api/memberships', { role: 'organizer', accepted: true });
    await desk.root.post(`/api/memberships/${id}/decline`);
    await script.post(`/api/memberships/${id}/appeal`, { text: 'Please look again.' });
    expect((await erase({ user: person.name })).body).toMatchObject({ users: [person.id], erased: { user: 1, membership: 1 } });
    expect(await api.sql('select state, appeal from membership where id = $1', [id])).toEqual([{ state: 'declined', appeal: null }]);
  });

  test('keeps the name of an account that was made, and says so', async () => {
    const email = 'made@forget.example';
    const { id, name } = await desk.open({ email });
    await verb(desk.tom, id, 'create');
    await apply(api.api.kernel, { noun: 'request', id, verb: 'created', actor: system });
    expect((await erase({ email })).body.kept).toContainEqual(expect.objectContaining({ place: 'request', count: 1 }));
    expect(await api.sql('select name, email from request where id = $1', [id])).toEqual([{ name, email: '' }]);
  });

  test('takes an address out of where copies go, and shows the person nobody else\'s', async () => {
    const email = 'staff@forget.example';
    const { id } = (await desk.max.post('/api/templates', { kind: 'not-created', title: 'With copies', texts: { en: 'No.' }, copyTo: [email, 'list@team.example'] })).body;
    const request = await desk.open({ email: 'copied@forget.example' });
    await verb(desk.tom, request.id, 'close', { outcome: 'not-created', template: id });
    expect(JSON.stringify((await exported({ email: 'copied@forget.example' })).body)).not.toMatch(/team\.example|staff@/);
    expect((await erase({ email })).body.erased).toEqual({ mail: 1, template: 1 });
    expect(await tablesWith(api.sql, email)).toEqual([]);
    expect((await desk.max.get(`/api/templates/${id}`)).body.copyTo).toEqual(['list@team.example']);
  });

  test('waits for an account that is being made: it is refused, and nothing is changed', async () => {
    const email = 'making@forget.example';
    const { id } = await desk.open({ email });
    await desk.open({ email });
    await verb(desk.tom, id, 'create');
    expect((await erase({ email })).body).toMatchObject({ status: 409, code: 'privacy.creating', requests: [id] });
    expect(await api.sql('select count(*)::int as n from request where email = $1', [email])).toEqual([{ n: 2 }]);
  });

  test('can be tried before: a dry run counts, and changes nothing', async () => {
    const email = 'dry@forget.example';
    const { request } = await somebody(email);
    expect((await erase({ email }, desk.root, '?dryRun=true')).body).toMatchObject({ dryRun: true, erased: { request: 2, user: 1 } });
    expect(await api.sql('select email from request where id = $1', [request.id])).toEqual([{ email }]);
  });

  test('comes long before retention, which then finds nothing to do', async () => {
    const email = 'early@forget.example';
    const { id } = await desk.open({ email });
    await verb(desk.tom, id, 'close', { outcome: 'none' });
    await erase({ email });
    await desk.wait(id, 16 * DAY_MS);
    expect((await apply(api.api.kernel, { noun: 'request', id, verb: 'purge', actor: system })).changed).toBe(false);
  });
});

describe('both', () => {
  test('are for admins, of others than themselves where it is erased, and for keys that name them', async () => {
    const { ada, tom, max, kim, ulla, ids } = desk;
    for (const by of [ada, tom, max, kim, ulla]) for (const ask of [exported, erase]) expect((await ask({ email: EMAIL }, by)).body).toMatchObject({ status: 403, code: 'policy.forbidden' });
    expect((await erase({ user: 'Root' })).body).toMatchObject({ status: 403, code: 'policy.own' });
    expect((await exported({ user: 'Root' })).body.users).toEqual([ids.root]);
    const narrow = await api.script({ id: ids.root, name: 'Root' }, ['user:export']);
    expect((await exported({ email: EMAIL }, narrow)).status).toBe(200);
    expect((await erase({ email: EMAIL }, narrow)).status).toBe(403);
    const able = await api.script({ id: ids.root, name: 'Root' }, ['user:erase']);
    await desk.open({ email: 'by-key@forget.example' });
    expect((await erase({ email: 'by-key@forget.example' }, able)).body.erased).toMatchObject({ request: 1 });
  });

  test('refuse a number that is the name of one account and the id of another: nobody is taken for somebody else', async () => {
    const { user } = await somebody('numbered@forget.example');
    const other = await api.person(String(user.id));
    for (const ask of [exported, erase]) expect((await ask({ user: String(user.id) })).body).toMatchObject({ status: 422, errors: [{ pointer: '/user', code: 'input.invalid' }] });
    expect((await exported({ user: String(other.id) })).body.users).toEqual([other.id]);
  });

  test.each([
    ['nobody', {}, '/email', 'input.invalid'],
    ['two at once', { email: EMAIL, user: 'Ada' }, '/user', 'input.invalid'],
    ['what is no address', { email: 'gone' }, '/email', 'format'],
    ['no reason', { email: EMAIL, reason: undefined }, '/reason', 'required'],
    ['a reason that names the address', { email: EMAIL, reason: `For ${EMAIL.toUpperCase()}` }, '/reason', 'privacy.reason-names'],
    ['a reason that names the account', { user: 'Nobody At All', reason: 'It is nobody at all.' }, '/reason', 'privacy.reason-names'],
  ])('refuse %s, and name the field', async (_what, body, pointer, code) => {
    for (const ask of [exported, erase]) expect((await ask(body)).body).toMatchObject({ status: 422, errors: [{ pointer, code }] });
  });
});
