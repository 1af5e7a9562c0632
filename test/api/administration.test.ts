import { allPermissions } from '../../db/permissions';
import { may } from '../../policies';
import { roles, type Role } from '../../policies/actor';
import { readSettings } from '../../api/routes/administration';
import { person } from '../support/kernel';
import { testApi, type Script } from '../support/api';

const api = testApi();
let admin: Script;
let user: Script;
beforeAll(async () => {
  admin = await api.script(await api.person('Admin', ['admin']));
  user = await api.script(await api.person('User', ['sender']));
});

describe('the matrix of permissions', () => {
  test('is what the policies and the machines say, for everybody who is signed in', async () => {
    const { status, body } = await user.get('/api/permissions');
    expect([status, body.items]).toEqual([200, allPermissions()]);
    const of = (noun: string, whose: string) => body.items.find((one: { noun: string; whose: string }) => one.noun === noun && one.whose === whose);
    const approver = of('delivery', "another's").rights.find(({ who }: { who: string }) => who === 'deliveryApprover').may;
    expect([approver.approve, approver.edit]).toEqual([true, undefined]);
    for (const { noun, whose, rights } of body.items as ReturnType<typeof allPermissions>)
      for (const { who, may: allowed } of rights)
        if (noun === 'wiki' && roles.includes(who as Role)) expect([whose, who, 'edit' in allowed]).toEqual([whose, who, may(person(1, who as Role), 'edit', 'wiki', {}).allowed]);
  });
});

describe('the roles', () => {
  test('are all there, and admins see how many hold each', async () => {
    const seen = (await admin.get('/api/roles')).body.items;
    expect(seen.map(({ role }: { role: string }) => role)).toEqual([...roles]);
    expect(seen.find(({ role }: { role: string }) => role === 'admin')).toEqual({ role: 'admin', words: 'role.admin.what', holders: 1, hidden: [] });
    expect((await user.get('/api/roles')).body.items[0]).toEqual({ role: roles[0], words: expect.any(String), hidden: ['holders'] });
  });

  test('are found by no filter of accounts, where who holds them is not the reader\'s to know', async () => {
    const toolAdmin = await api.script(await api.person('Tool admin', ['toolAdmin']));
    await api.person('Ada', ['organizer']);
    await api.person('Kim', ['checkuser']);
    const holders = async (by: Script, role: Role) => (await by.get(`/api/users?role=${role}&count=true`)).body;
    expect(await holders(admin, 'checkuser')).toMatchObject({ items: [{ name: 'Kim' }], count: 1 });
    for (const role of ['checkuser', 'admin'] as const) expect(await holders(toolAdmin, role)).toMatchObject({ items: [], count: 0 });
    for (const [role, name] of [['organizer', 'Ada'], ['toolAdmin', 'Tool admin']] as const) expect(await holders(toolAdmin, role)).toMatchObject({ items: [{ name }], count: 1 });
  });
});

describe('the settings', () => {
  test('are shown to admins with their meaning, and of secrets no more than whether they are set', async () => {
    const { items } = readSettings({ actor: person(1, 'admin') }, { PORT: '1234', REEVE_SECRET_KEY: 'a secret of more than thirty-two characters' });
    const of = (key: string) => items.find((one) => one.key === key);
    expect(of('PORT')).toMatchObject({ secret: false, isSet: true, value: '1234', from: 'environment', meaning: expect.stringMatching(/./) });
    expect([of('REEVE_SECRET_KEY'), of('TEMPORAL_API_KEY')]).toMatchObject([{ secret: true, isSet: true, value: null }, { secret: true, isSet: false, value: null }]);
    expect(JSON.stringify(items)).not.toContain('a secret of');
    expect((await admin.get('/api/settings')).body.items).toHaveLength(items.length);
  });

  test('are nothing for others', async () => {
    expect((await user.get('/api/settings')).status).toBe(403);
  });
});
