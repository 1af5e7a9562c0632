import { testApi, type Script } from '../support/api';

const api = testApi();
let sender: Script;
let other: Script;
let operator: Script;
beforeAll(async () => {
  sender = await api.script(await api.person('Sender', ['globalSender']));
  other = await api.script(await api.person('Other'));
  operator = await api.script(await api.person('Operator', ['operator']));
});
const names = async (script: Script, path = '/api/views?limit=100') => (await script.get(path)).body.items.map(({ name }: { name: string }) => name);

describe('saved views', () => {
  test('are a name for what a page shows, one\'s own until they are shared', async () => {
    const { status, body } = await sender.post('/api/views', { name: 'Late ones', path: '/deliveries', query: 'state=requested&sort=-createdAt' });
    expect([status, body]).toMatchObject([201, { name: 'Late ones', path: '/deliveries', query: 'state=requested&sort=-createdAt', shared: false, own: true, actions: [{ verb: 'edit' }, { verb: 'delete' }] }]);
    expect([await names(sender), await names(other)]).toEqual([['Late ones'], []]);
    for (const [method, input] of [['patch', { name: 'Mine' }], ['delete', undefined]] as const) expect((await other[method](`/api/views/${body.id}`, input)).status).toBe(404);
    expect((await sender.patch(`/api/views/${body.id}`, { shared: true })).body).toMatchObject({ name: 'Late ones', shared: true });
    expect((await other.get('/api/views')).body.items).toMatchObject([{ name: 'Late ones', own: false, actions: [] }]);
    for (const [method, input] of [['patch', { name: 'Mine' }], ['delete', undefined]] as const) expect((await other[method](`/api/views/${body.id}`, input)).status).toBe(403);
    expect((await sender.delete(`/api/views/${body.id}`)).status).toBe(204);
    expect([await names(sender), (await sender.delete(`/api/views/${body.id}`)).status]).toEqual([[], 404]);
  });

  test('changed twice at once keep both changes: one that is taken back is not shared again by another name', async () => {
    for (let round = 0; round < 8; round++) {
      const { body } = await sender.post('/api/views', { name: 'For all', path: '/deliveries', shared: true });
      const address = `/api/views/${body.id}`;
      await Promise.all([{ shared: false }, { name: 'Mine' }, { query: 'mine=true' }].map((change) => sender.patch(address, change)));
      expect((await sender.get('/api/views?limit=100')).body.items).toMatchObject([{ name: 'Mine', shared: false, query: 'mine=true' }]);
      await sender.delete(address);
    }
  });

  test('of a page that the reader does not have are not offered, but to their owner', async () => {
    const { body } = await operator.post('/api/views', { name: 'Broken wikis', path: '/operations', query: 'attention=true', shared: true });
    expect([await names(operator), await names(sender)]).toEqual([['Broken wikis'], []]);
    await api.sql("update membership set state = 'ended' where role = 'operator'");
    expect(await names(operator)).toEqual(['Broken wikis']);
    expect((await operator.delete(`/api/views/${body.id}`)).status).toBe(204);
  });

  test('are found by page, and made once however often it is said', async () => {
    const view = { name: 'A', path: '/deliveries', query: 'mine=true' };
    const [first, second] = [await sender.post('/api/views', view), await sender.post('/api/views', view)];
    expect(second.body.id).toBe(first.body.id);
    expect((await sender.post('/api/views', { ...view, name: 'a', query: '' })).body).toMatchObject({ status: 409, errors: [{ pointer: '/name', code: 'conflict' }] });
    await sender.post('/api/views', { ...view, path: '/target-lists' });
    expect((await sender.get('/api/views?path=/target-lists')).body.items).toMatchObject([{ name: 'A', path: '/target-lists' }]);
    const renamed = await sender.post('/api/views', { ...view, name: 'B' });
    expect((await sender.patch(`/api/views/${renamed.body.id}`, { name: 'A' })).body).toMatchObject({ status: 409, errors: [{ pointer: '/name' }] });
  });

  test('are at most fifty a person, also when two come at once', async () => {
    for (let i = 0; i < 48; i++) await other.post('/api/views', { name: `V${i}`, path: '/deliveries' });
    const made = await Promise.all([1, 2, 3, 4].map((i) => other.post('/api/views', { name: `Last ${i}`, path: '/deliveries' })));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    expect(made.find(({ status }) => status === 409)!.body.code).toBe('view.too-many');
  });

  test.each([['path', 'deliveries'], ['path', '//elsewhere.example.org'], ['path', '/a?b=c'], ['query', 'a b'], ['name', ''], ['name', 'a\nb']])('with %s %j are refused by the field', async (field, value) => {
    expect((await sender.post('/api/views', { name: 'N', path: '/deliveries', [field]: value })).body).toMatchObject({ status: 422, errors: [{ pointer: `/${field}` }] });
  });

  test('are none of a visitor, and of no key whose scopes do not name them', async () => {
    const narrow = await api.script(await api.person('Narrow'), ['delivery:read']);
    expect((await narrow.get('/api/views')).status).toBe(403);
    expect((await narrow.post('/api/views', { name: 'N', path: '/deliveries' })).status).toBe(403);
  });
});
