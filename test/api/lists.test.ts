import request from 'supertest';
import type { Role } from '../../policies/actor';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sender: Script;
let other: Script;
let admin: Script;
let nobody: Script;
const subjects = ['Alpha', 'Beta 100%', 'Gamma', 'Delta', 'Epsilon'];
const ids: number[] = [];
let listId: number;
beforeAll(async () => {
  await api.wiki('en.example.org');
  const script = async (name: string, ...roles: Role[]) => api.script(await api.person(name, roles));
  [sender, other, admin, nobody] = await Promise.all([script('Sender', 'globalSender'), script('Other', 'globalSender'), script('Admin', 'admin'), script('Nobody')]);
  listId = (await sender.post('/api/target-lists', { name: 'Friends of Alpha', wiki: 'en.example.org', content: 'Talk:A' })).body.id;
  for (const subject of subjects) ids.push((await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [listId], subject, body: 'World ~~~~' })).body.id);
});
const idsOf = (body: { items: { id: number }[] }) => body.items.map(({ id }) => id);
const found = async (script: Script, path: string) => idsOf((await script.get(path)).body);

describe('a list', () => {
  test('goes on and back to the same rows, whichever way it is sorted', async () => {
    for (const sort of ['-createdAt', 'createdAt']) {
      const all = sort === 'createdAt' ? ids : [...ids].reverse();
      const page = (cursor?: string) => sender.get(`/api/deliveries?mine=true&limit=2&sort=${sort}${cursor ? `&cursor=${cursor}` : ''}`);
      const first = (await page()).body;
      const second = (await page(first.next)).body;
      const third = await page(second.next);
      expect([idsOf(first), idsOf(second), idsOf(third.body)]).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
      expect([first.prev, third.body.next]).toEqual([undefined, undefined]);
      expect(third.headers.link).toMatch(/^<[^>]*cursor=[^>]*>; rel="prev"$/);
      const back = (await page(third.body.prev)).body;
      expect(idsOf(back)).toEqual(all.slice(2, 4));
      const start = (await page(back.prev)).body;
      expect([idsOf(start), start.prev]).toEqual([all.slice(0, 2), undefined]);
      expect(idsOf((await page(start.next)).body)).toEqual(all.slice(2, 4));
    }
  });

  test('refuses the cursor of another sort, and a sort that there is not', async () => {
    const { next } = (await sender.get('/api/deliveries?limit=2')).body;
    expect((await sender.get(`/api/deliveries?limit=2&sort=createdAt&cursor=${next}`)).body).toMatchObject({ status: 422, errors: [{ pointer: '?cursor' }] });
    expect((await sender.get('/api/deliveries?sort=subject')).body).toMatchObject({ status: 422, errors: [{ pointer: '?sort', code: 'choice' }] });
  });

  test('sorts users by name, through pages', async () => {
    const names: string[] = [];
    for (let path = '/api/users?sort=name&limit=3'; ;) {
      const { body } = await admin.get(path);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      if (!body.next) break;
      path = `/api/users?sort=name&limit=3&cursor=${body.next}`;
    }
    expect(names.slice(0, 2)).toEqual(['Admin', 'Nobody']);
    expect(names).toEqual([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  });

  test('counts what matches and what the reader may see, when asked', async () => {
    expect((await sender.get('/api/deliveries?mine=true')).body.count).toBeUndefined();
    expect((await sender.get('/api/deliveries?count=true&limit=1')).body).toMatchObject({ count: 5 });
    expect((await sender.get('/api/deliveries?count=true&q=alpha')).body).toMatchObject({ count: 1 });
    expect((await other.get('/api/deliveries?count=true')).body).toMatchObject({ count: 0, items: [] });
  });

  test('counts no further than 1,000', async () => {
    const person = await api.person('Much told');
    await api.sql("insert into notice (user_id, noun, entity, code, at_ms, audit_version) select $1, 'delivery', n, 'delivery.finish', n, 1 from generate_series(1, 1000) n", [person.id]);
    const script = await api.script(person);
    const { body } = await script.get('/api/notices?count=true');
    expect([body.count, 'countIsMore' in body]).toEqual([1_000, false]);
    await api.sql("insert into notice (user_id, noun, entity, code, at_ms, audit_version) values ($1, 'delivery', 2000, 'delivery.finish', 1, 1)", [person.id]);
    expect((await script.get('/api/notices?count=true')).body).toMatchObject({ count: 1_000, countIsMore: true });
  });

  test.each<[string, () => Script, boolean]>([
    ['/api/deliveries', () => nobody, true], ['/api/target-lists', () => nobody, true], ['/api/memberships', () => nobody, true], ['/api/keys', () => nobody, true],
    ['/api/users', () => nobody, false], ['/api/users', () => admin, true], ['/api/wikis', () => nobody, false], ['/api/wikis', () => admin, true], ['/api/notices', () => admin, false],
  ])('%s offers `new` to who may make one', async (path, script, may) => {
    const { actions } = (await script().get(path)).body as { actions: { verb: string; input: { properties: object } }[] };
    expect(actions.map(({ verb }) => verb)).toEqual(may ? ['new'] : []);
    if (may) expect(Object.keys(actions[0]!.input.properties).length).toBeGreaterThan(1);
  });

  test('offers visitors nothing', async () => {
    expect((await request(api.app).get('/api/deliveries')).body).toMatchObject({ items: [], actions: [] });
  });
});

describe('the filters', () => {
  test('of deliveries: text of the subject as it is written, and the sender', async () => {
    expect(await found(sender, '/api/deliveries?q=beta%20100%25')).toEqual([ids[1]]);
    expect(await found(sender, '/api/deliveries?q=%25')).toEqual([ids[1]]);
    expect(await found(sender, '/api/deliveries?sender=sender')).toHaveLength(5);
    expect(await found(sender, '/api/deliveries?sender=other')).toEqual([]);
  });

  test('of target lists: mine, wiki, name', async () => {
    expect(await found(sender, '/api/target-lists?mine=true&wiki=EN.example.org&q=friends')).toEqual([listId]);
    expect(await found(admin, '/api/target-lists?q=friends')).toEqual([listId]);
    expect(await found(admin, '/api/target-lists?mine=true')).toEqual([]);
    expect(await found(sender, '/api/target-lists?wiki=de.example.org')).toEqual([]);
  });

  test('of users: part of the name, role', async () => {
    const names = async (query: string) => (await admin.get(`/api/users?${query}`)).body.items.map(({ name }: { name: string }) => name);
    expect(await names('q=ENDE')).toEqual(['Sender']);
    expect((await names('role=globalSender')).sort()).toEqual(['Other', 'Sender']);
    expect((await admin.get('/api/users?role=king')).body.errors).toMatchObject([{ pointer: '?role', code: 'choice' }]);
  });
});

describe('the actions', () => {
  test('of a draft name `edit`, of what is submitted no more', async () => {
    const verbs = async (id: number) => (await sender.get(`/api/deliveries/${id}`)).body.actions.map(({ verb }: { verb: string }) => verb);
    expect(await verbs(ids[0]!)).toContain('edit');
    await sender.post(`/api/deliveries/${ids[4]}/submit`);
    expect(await verbs(ids[4]!)).not.toContain('edit');
  });

  test('ask before much is approved, in the list as on its page', async () => {
    const content = Array.from({ length: 1_001 }, (_, i) => `Talk:P${i}`).join('\n');
    const list = (await nobody.post('/api/target-lists', { name: 'Many', wiki: 'en.example.org', content })).body.id;
    const { id } = (await nobody.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list], subject: 'Many', body: 'World ~~~~' })).body;
    expect((await nobody.post(`/api/deliveries/${id}/submit`)).body.state).toBe('requested');
    const approve = (thing: { actions: { verb: string; confirm?: object }[] }) => thing.actions.find(({ verb }) => verb === 'approve')!.confirm;
    expect(approve((await admin.get('/api/deliveries?state=requested')).body.items[0])).toEqual({ facts: { pages: 1_001 } });
    expect(approve((await admin.get(`/api/deliveries/${id}`)).body)).toEqual({ facts: { pages: 1_001 } });
  });

  test('of an unread notice name `read`, of a read one nothing; of wikis and users `edit` for who may', async () => {
    const [notice] = (await admin.get('/api/notices')).body.items;
    expect(notice.actions).toMatchObject([{ verb: 'read' }]);
    expect((await admin.post(`/api/notices/${notice.id}/read`)).body.actions).toEqual([]);
    const verbs = async (script: Script, path: string) => (await script.get(path)).body.items[0].actions.map(({ verb }: { verb: string }) => verb);
    expect(await verbs(admin, '/api/wikis')).toContain('edit');
    expect(await verbs(nobody, '/api/wikis')).toEqual([]);
    expect(await verbs(nobody, '/api/users')).toEqual(['edit']); // oneself
  });
});
