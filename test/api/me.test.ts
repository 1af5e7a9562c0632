import request from 'supertest';
import type { Role } from '../../policies/actor';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
type Section = { section: string; path: string; count?: number };
type Area = { area: string; path: string; count?: number; sections: Section[] };

let seq = 0;
const withRoles = async (...roles: Role[]): Promise<Script> => api.script(await api.person(`Person ${++seq}`, roles));
const areasOf = async (script: Script): Promise<Area[]> => (await script.get('/api/me')).body.areas;
const sectionsOf = async (script: Script): Promise<Record<string, string[]>> =>
  Object.fromEntries((await areasOf(script)).map(({ area, sections }) => [area, sections.map(({ section }) => section)]));

describe('where one may go', () => {
  test.each<[string, Role[], Record<string, string[]>]>([
    ['anybody', [], { events: ['all'], deliveries: ['mine', 'all', 'new', 'targetLists', 'log'], me: ['settings', 'notices', 'memberships', 'keys', 'sessions'] }],
    ['an organizer', ['organizer'], { events: ['mine', 'all', 'new', 'forms'] }],
    ['an approver', ['deliveryApprover'], { deliveries: ['mine', 'all', 'new', 'targetLists', 'approve', 'log'] }],
    ['a tool user', ['toolUser'], { requests: ['open', 'mine', 'flagged', 'events', 'all', 'statistics'] }],
    ['a checkuser', ['checkuser'], { requests: ['open', 'all', 'statistics', 'bans', 'comments'] }],
    ['an operator', ['operator'], { operations: ['attention', 'all', 'system'] }],
    ['an auditor', ['auditor'], { log: ['all', 'creations'] }],
    ['a tool admin', ['toolAdmin'], { events: ['mine', 'all', 'new', 'approve'], requests: ['open', 'mine', 'flagged', 'events', 'all', 'statistics', 'queues', 'forms', 'bans', 'comments', 'templates'], log: ['creations'], admin: ['users', 'memberships', 'wikis'] }],
    ['an admin', ['admin'], { operations: ['attention', 'all', 'system'], log: ['all', 'creations'], admin: ['users', 'memberships', 'roles', 'permissions', 'wikis', 'privacy', 'settings', 'keys'] }],
  ])('is told to %s', async (_who, roles, wanted) => {
    expect(await sectionsOf(await withRoles(...roles))).toMatchObject(wanted);
  });

  test('names no area without a section, and of those that others have none', async () => {
    expect(Object.keys(await sectionsOf(await withRoles('sender')))).toEqual(['events', 'deliveries', 'me']);
  });

  test('is cut to a key\'s scopes', async () => {
    const person = await api.person('Scoped', ['admin']);
    expect(await sectionsOf(await api.script(person, ['operation:read', 'operation:retry']))).toEqual({ operations: ['attention', 'all', 'system'] });
  });

  test('says how much waits, and never what is one\'s own to have decided', async () => {
    const applicant = await api.person('Applicant');
    await (await api.script(applicant)).post('/api/memberships', { role: 'organizer', accepted: true });
    const tool = await withRoles('toolAdmin');
    await tool.post('/api/memberships', { role: 'toolUser', accepted: true });
    await (await withRoles()).post('/api/memberships', { role: 'sender' });
    const counts = async (script: Script) => (await areasOf(script)).find(({ area }) => area === 'admin')!;
    const forTool = await counts(tool);
    expect(forTool.count).toBe(1); // the sender's is the admins' to decide, the own nobody's
    expect(forTool.sections.find(({ section }) => section === 'memberships')!.count).toBe(1);
    expect((await counts(await withRoles('admin'))).count).toBe(3);
  });

  test('counts what needs attention for those who answer it', async () => {
    const values = { workflowId: 'delivery/1', runId: 'r', seq: 1, kind: 'massDelivery', entity: 'delivery/1', wiki: null, code: 'wiki.readonly', attempts: 5, skippable: true, detail: null };
    await create(api.api.kernel, { noun: 'operation', values, actor: system });
    const [area] = (await areasOf(await withRoles('operator'))).filter(({ area }) => area === 'operations');
    expect(area).toMatchObject({ path: '/operations?attention=true', count: 1, sections: [{ section: 'attention', count: 1 }, { section: 'all' }, { section: 'system' }] });
  });

  test('leads to lists that the API takes as they are written', async () => {
    const admin = await withRoles('admin');
    const paths = (await areasOf(admin)).flatMap(({ sections }) => sections.map(({ path }) => path)).filter((path) => path.includes('?'));
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) expect({ path, status: (await admin.get(`/api${path}`)).status }).toEqual({ path, status: 200 });
  });
});

describe('settings', () => {
  test('are kept one by one', async () => {
    const script = await withRoles();
    expect((await script.get('/api/me')).body.settings).toEqual({ theme: 'auto', textSize: 'medium', singleKeys: true });
    expect((await script.patch('/api/me', { settings: { theme: 'dark' } })).body.settings).toEqual({ theme: 'dark', textSize: 'medium', singleKeys: true });
    await Promise.all([script.patch('/api/me', { settings: { textSize: 'large' } }), script.patch('/api/me', { settings: { singleKeys: false } })]);
    expect((await script.get('/api/me')).body.settings).toEqual({ theme: 'dark', textSize: 'large', singleKeys: false });
  });

  test.each([[{ theme: 'sepia' }, '/settings/theme'], [{ textSize: 12 }, '/settings/textSize'], [{ singleKeys: 'no' }, '/settings/singleKeys'], [{ font: 'x' }, '/settings/font']])('refuse %j at %s', async (settings, pointer) => {
    expect((await (await withRoles()).patch('/api/me', { settings })).body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});

describe('own sessions', () => {
  test('are listed with the one that asks marked, by ids that are no session\'s', async () => {
    const person = await api.person('Two places');
    const [first, second] = [await api.browser(person), await api.browser(person)];
    const { items } = (await second.get('/api/me/sessions')).body as { items: { id: string; current: boolean; since: string }[] };
    expect(items.map(({ current }) => current)).toEqual([true, false]);
    expect(Date.now() - Date.parse(items[0]!.since)).toBeLessThan(60_000);
    expect((await first.get('/api/me/sessions')).body.items.map(({ current }: { current: boolean }) => current)).toEqual([false, true]);
    for (const { id } of items) expect((await request(api.app).get('/api/me').set('Cookie', `reeve=${id}`)).status).toBe(401);
  });

  test('end one by one: the other is signed out, this one stays', async () => {
    const person = await api.person('Ends one');
    const [here, there] = [await api.browser(person), await api.browser(person)];
    const other = (await here.get('/api/me/sessions')).body.items.find(({ current }: { current: boolean }) => !current);
    expect((await here.post(`/api/me/sessions/${other.id}/end`)).body).toEqual({ ended: 1 });
    expect([(await here.get('/api/me')).status, (await there.get('/api/me')).status]).toEqual([200, 401]);
    expect((await here.post(`/api/me/sessions/${other.id}/end`)).status).toBe(404);
  });

  test('end everywhere else at once, and nobody else\'s', async () => {
    const [person, stranger] = [await api.person('Ends others'), await api.person('Stranger to it')];
    const [here, there, away] = [await api.browser(person), await api.browser(person), await api.browser(stranger)];
    const theirs = (await away.get('/api/me/sessions')).body.items[0].id;
    expect((await here.post(`/api/me/sessions/${theirs}/end`)).status).toBe(404);
    expect((await here.post('/api/me/sessions/end-others')).body).toEqual({ ended: 1 });
    expect([(await here.get('/api/me')).status, (await there.get('/api/me')).status, (await away.get('/api/me')).status]).toEqual([200, 401, 200]);
  });

  test('that are ended stand in the log of the account, each way of ending them once, and what was not there does not', async () => {
    const person = await api.person('Logged');
    const [here, there] = [await api.browser(person), await api.browser(person)];
    await api.browser(person);
    const { items } = (await here.get('/api/me/sessions')).body as { items: { id: string; current: boolean }[] };
    const other = items.find(({ current }) => !current)!.id;
    const end = () => here.post(`/api/me/sessions/${other}/end`).set('Idempotency-Key', 'end-it');
    expect([(await end()).body, (await end()).body]).toEqual([{ ended: 1 }, { ended: 1 }]);
    expect((await here.post(`/api/me/sessions/${other}/end`)).status).toBe(404);
    expect((await here.post('/api/me/sessions/end-others')).body).toEqual({ ended: 1 });
    expect((await here.post('/api/me/sessions/end-others')).body).toEqual({ ended: 0 });
    expect((await there.get('/api/me')).status).toBe(401);
    expect((await here.delete('/api/sessions/current')).status).toBe(204);
    expect((await here.delete('/api/sessions/current')).status).toBe(204);
    expect(await api.sql('select verb, actor from audit where noun = $1 and entity = $2 and version > 1 order by version', ['user', person.id]))
      .toEqual(['endSession', 'endOtherSessions', 'endSession'].map((verb) => ({ verb, actor: `user/${person.id}` })));
  });

  const unused = (person: TestPerson, minutes: number) => api.sql('update session set used_at_ms = used_at_ms - $2 where user_id = $1', [person.id, minutes * 60_000]);

  test('this one may be ended, too, also in the minute that its use would be written', async () => {
    const person = await api.person('Ends itself');
    const here = await api.browser(person);
    const own = (await here.get('/api/me/sessions')).body.items[0].id;
    await unused(person, 5);
    expect((await here.post(`/api/me/sessions/${own}/end`)).status).toBe(200);
    expect((await here.get('/api/me')).status).toBe(401);
  });

  test('do not come back by a request that was under way when they were ended', async () => {
    const person = await api.person('Ended meanwhile');
    const here = await api.browser(person);
    await unused(person, 5);
    const { pool } = api.api.kernel;
    const plain = pool.query.bind(pool) as (...given: unknown[]) => Promise<unknown>;
    const meanwhile = jest.spyOn(pool, 'query').mockImplementation((async (...given: unknown[]) => {
      if (String(given[0]).startsWith('update session')) await plain('delete from session where user_id = $1', [person.id]);
      return plain(...given);
    }) as never);
    expect((await here.get('/api/me')).status).toBe(200);
    meanwhile.mockRestore();
    expect(await api.sql('select 1 from session where user_id = $1', [person.id])).toEqual([]);
    expect((await here.get('/api/me')).status).toBe(401);
  });

  test('that are used live on, a week from each use, which is kept to the minute', async () => {
    const person = await api.person('Renews');
    const here = await api.browser(person);
    await unused(person, 6 * 24 * 60);
    const last = async () => (await here.get('/api/me/sessions')).body.items[0] as { usedAt: string; endsAt: string };
    const used = await last();
    expect(Date.now() - Date.parse(used.usedAt)).toBeLessThan(60_000);
    expect(Date.parse(used.endsAt) - Date.parse(used.usedAt)).toBe(7 * 24 * 3_600_000);
    expect(await last()).toEqual(used);
  });

  test('end by themselves a week after the last use, and are listed no more', async () => {
    const person = await api.person('Forgets it');
    const [here, there] = [await api.browser(person), await api.browser(person)];
    await unused(person, 7 * 24 * 60 - 1);
    expect((await there.get('/api/me')).status).toBe(200);
    await unused(person, 2);
    expect((await here.get('/api/me')).status).toBe(401);
    expect((await there.get('/api/me/sessions')).body.items).toHaveLength(1);
  });

  test('of organizers end after 30 idle minutes, whatever the page that stands open asks by itself', async () => {
    const person = await api.person('Leaves the desk', ['organizer']);
    const here = await api.browser(person);
    await unused(person, 29);
    expect((await here.get('/api/me').set('X-Unattended', '1')).status).toBe(200);
    expect((await here.get('/api/me').set('Accept', 'text/event-stream')).status).toBe(200);
    await unused(person, 2);
    expect((await here.get('/api/me').set('X-Unattended', '1')).status).toBe(401);
    const again = await api.browser(person);
    await unused(person, 29);
    expect((await again.get('/api/me')).status).toBe(200); // a use
    await unused(person, 29);
    expect((await again.get('/api/me')).status).toBe(200);
  });
});
