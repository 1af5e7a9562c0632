import { create } from '../../db/create';
import { system, type Role } from '../../policies/actor';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
type Item = { kind: string; entity: string; path: string; title: string | null; state?: string; since: string; code?: string };
let wikiId: number;
beforeAll(async () => {
  wikiId = (await api.wiki('en.example.org')).id;
});

let seq = 0;
const somebody = async (...roles: Role[]): Promise<{ person: TestPerson; script: Script }> => {
  const person = await api.person(`Person ${++seq}`, roles);
  await api.sql('update notice set read_at_ms = at_ms where user_id = $1', [person.id]); // of the roles just given
  return { person, script: await api.script(person) };
};
const home = async (script: Script): Promise<Record<string, Item[]>> =>
  Object.fromEntries((await script.get('/api/home')).body.areas.map(({ area, items }: { area: string; items: Item[] }) => [area, items]));
const draft = async (script: Script, subject: string): Promise<number> => {
  const list = await script.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'Talk:A' });
  return (await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject, body: 'World ~~~~' })).body.id;
};
const submit = (script: Script, id: number) => script.post(`/api/deliveries/${id}/submit`, { acknowledge: ['no-signature'] });
const became = (id: number, state: string, at = 'updated_at_ms') => api.sql(`update delivery set state = $2, timers = '{}', due_at_ms = null, updated_at_ms = ${at} where id = $1`, [id, state]);

describe('what waits', () => {
  test('for nobody in particular is nothing', async () => {
    expect((await (await somebody()).script.get('/api/home')).body).toEqual({ areas: [] });
  });

  test('for a sender: drafts, what was sent back, what is paused, what failed; oldest first, and nobody else\'s', async () => {
    const { script } = await somebody('globalSender');
    const ids: Record<string, number> = {};
    for (const name of ['failed', 'paused', 'rejected', 'draft', 'fine']) ids[name] = await draft(script, `Subject of ${name}`);
    await became(ids.failed!, 'finished');
    await became(ids.fine!, 'finished');
    await became(ids.paused!, 'paused');
    await became(ids.rejected!, 'rejected');
    await api.sql('insert into delivery_wiki (delivery_id, wiki_id, total, sent, failed) values ($1, $3, 3, 2, 1), ($2, $3, 3, 3, 0)', [ids.failed, ids.fine, wikiId]);
    const { deliveries } = await home(script);
    expect(deliveries!.map(({ kind, entity, path, title }) => ({ kind, entity, path, title }))).toEqual(
      ['failed', 'paused', 'rejected', 'draft'].map((kind) => ({ kind, entity: `delivery/${ids[kind]}`, path: `/deliveries/${ids[kind]}`, title: `Subject of ${kind}` })));
    expect((await home((await somebody('globalSender', 'operator')).script)).deliveries).toBeUndefined();
  });

  test('what failed waits 30 days, what is unknown until it is settled', async () => {
    const { script } = await somebody('globalSender');
    const [failed, unknown] = [await draft(script, 'Failed'), await draft(script, 'Unknown')];
    for (const id of [failed, unknown]) await became(id, 'finished', 'updated_at_ms - 31 * 86400000::bigint');
    await api.sql('insert into delivery_wiki (delivery_id, wiki_id, total, failed, unknown) values ($1, $3, 1, 1, 0), ($2, $3, 1, 0, 1)', [failed, unknown, wikiId]);
    expect((await home(script)).deliveries!.map(({ entity }) => entity)).toEqual([`delivery/${unknown}`]);
  });

  test('for approvers: what others have submitted, never their own, and what they were told', async () => {
    const approver = await somebody('deliveryApprover');
    const sender = await somebody();
    const [own, others] = [await draft(approver.script, 'Own'), await draft(sender.script, 'Of others')];
    await submit(approver.script, own);
    await submit(sender.script, others);
    const { deliveries, me } = await home(approver.script);
    expect(deliveries).toMatchObject([{ kind: 'approve', entity: `delivery/${others}`, title: 'Of others', state: 'requested' }]);
    expect(me).toMatchObject([{ kind: 'unread', entity: `delivery/${others}`, title: 'Of others', code: 'delivery.submit' }]);
    await sender.script.post(`/api/deliveries/${others}/revise`);
    const after = await home(approver.script); // a draft again: not for the approver to read
    expect(after.deliveries).toBeUndefined();
    expect(after.me).toMatchObject([{ entity: `delivery/${others}`, title: null }]);
  });

  test('for operators: what needs attention', async () => {
    const { script } = await somebody('operator');
    const values = { workflowId: 'delivery/1', runId: 'r', seq: 1, kind: 'massDelivery', entity: 'delivery/1', wiki: null, code: 'wiki.readonly', attempts: 5, skippable: true, detail: null };
    const { row } = await create(api.api.kernel, { noun: 'operation', values, actor: system });
    expect(await home(script)).toMatchObject({ operations: [{ kind: 'attention', entity: `operation/${row.id}`, path: `/operations/${row.id}`, code: 'wiki.readonly' }], me: [{ entity: `operation/${row.id}` }] });
  });

  test('for those who decide on memberships: the applications that are theirs to decide', async () => {
    const applicant = await somebody();
    for (const role of ['organizer', 'sender']) await applicant.script.post('/api/memberships', { role, accepted: true });
    const roles = async (script: Script) => (await home(script)).admin!.map(({ title, code }) => ({ title, code }));
    expect(await roles((await somebody('toolAdmin')).script)).toEqual([{ title: applicant.person.name, code: 'organizer' }]);
    expect(await roles((await somebody('admin')).script)).toHaveLength(2);
  });

  test('beyond 20 is said to be there', async () => {
    const { script, person } = await somebody();
    for (let i = 0; i < 21; i++) await api.sql(`insert into notice (user_id, noun, entity, code, at_ms, audit_version) values ($1, 'membership', $2::int, 'membership.approve', $2::int, 1)`, [person.id, i + 1]);
    const [area] = (await script.get('/api/home')).body.areas;
    expect([area.items.length, area.more, area.items[0].entity]).toEqual([20, true, 'membership/1']);
  });

  test('is cut to a key\'s scopes', async () => {
    const { person, script } = await somebody();
    await draft(script, 'Secret');
    expect((await (await api.script(person, ['membership:read'])).get('/api/home')).body).toEqual({ areas: [] });
  });
});
