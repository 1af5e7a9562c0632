/** Where some roles count only for people who are identified: what is refused, in which words, and what lets them in. */
import { testApi, type Script, type TestPerson } from '../support/api';

const house = testApi();
let toolAdmin: Script;
beforeAll(async () => {
  toolAdmin = await house.script(await house.person('Tool admin', ['toolAdmin']));
});
beforeEach(() => void (house.api.kernel.terms.identifiedRoles = ['toolUser']));
afterEach(() => void (house.api.kernel.terms.identifiedRoles = []));

async function applicant(name: string, role: string): Promise<{ id: number; person: TestPerson; own: Script }> {
  const person = await house.person(name);
  const own = await house.script(person);
  const { body } = await own.post('/api/memberships', { role, accepted: true });
  return { id: body.id, person, own };
}
const verb = (id: number, name: string, body: object = {}) => toolAdmin.post(`/api/memberships/${id}/${name}`, body);

describe('a role that needs identification', () => {
  test('is not given before it is recorded; an organizer needs none', async () => {
    const { id } = await applicant('Unknown', 'toolUser');
    expect((await verb(id, 'approve')).body).toMatchObject({ status: 422, code: 'membership.not-identified' });
    expect((await verb(id, 'identify', { reason: 'Seen in person.' })).body).toMatchObject({ state: 'applied', identifiedAt: expect.any(String) });
    expect((await verb(id, 'identify')).status).toBe(409); // once
    expect((await verb(id, 'approve')).body.state).toBe('active');
    const organizer = await applicant('Organizer', 'organizer');
    expect((await verb(organizer.id, 'approve')).body.state).toBe('active');
    expect((await verb(organizer.id, 'changeRole', { role: 'toolUser' })).body.code).toBe('membership.not-identified');
  });

  test('is granted only by whoever says that they know who it is', async () => {
    await house.person('Granted');
    const grant = (more: object) => toolAdmin.post('/api/memberships', { role: 'toolUser', user: 'Granted', ...more });
    expect((await grant({})).body).toMatchObject({ status: 422, errors: [{ pointer: '/identified', code: 'membership.not-identified' }] });
    expect((await grant({ identified: true })).body).toMatchObject({ state: 'active', identifiedAt: expect.any(String) });
  });

  test('that was given before counts no more, and its holder is told why, until it is recorded', async () => {
    const person = await house.person('Of old', ['toolUser']);
    const own = await house.script(person);
    const [{ id }] = (await house.sql('select id from membership where user_id = $1', [person.id])) as [{ id: number }];
    expect((await own.get('/api/me')).body).toMatchObject({ roles: [], unidentified: true });
    const refused = await own.post('/api/bans', { target: 'name', pattern: '^x$', action: 'block', reason: 'r', seenBy: 'admin' });
    expect(refused.body).toMatchObject({ status: 403, code: 'policy.not-identified' });
    await verb(id, 'identify');
    expect((await own.get('/api/me')).body).toMatchObject({ roles: [{ role: 'toolUser', wiki: null }], unidentified: false });
  });

  test('is nobody’s to record for themselves, nor an applicant’s for themselves', async () => {
    const { id, own } = await applicant('Own word', 'toolUser');
    expect((await own.post(`/api/memberships/${id}/identify`)).status).toBe(403);
    expect((await own.post('/api/memberships', { role: 'organizer', accepted: true, identified: true })).body.identifiedAt).toBeNull();
  });
});
