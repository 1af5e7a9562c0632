import request from 'supertest';
import { pagesPerWiki } from '../../db/queries/preview';
import { testApi, type Script, type TestPerson } from '../support/api';

const api = testApi();
let wikiId: number;
let otherWikiId: number;
let sender: Script;
let senderPerson: TestPerson;
let user: Script;
let approver: Script;
let admin: Script;
beforeAll(async () => {
  wikiId = (await api.wiki('en.example.org')).id;
  otherWikiId = (await api.wiki('de.example.org')).id;
  senderPerson = await api.person('Sender', ['sender'], wikiId);
  sender = await api.script(senderPerson);
  user = await api.script(await api.person('User'));
  approver = await api.script(await api.person('Approver', ['deliveryApprover']));
  admin = await api.script(await api.person('Admin', ['admin']));
});

const draft = async (script: Script, content = 'Talk:A', more: object = {}) => {
  const list = await script.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content });
  return (await script.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Hello', body: 'World ~~~~', ...more })).body;
};
const verb = (script: Script, id: number, name: string, body: object = {}) => script.post(`/api/deliveries/${id}/${name}`, body);
const verbsOf = (body: { actions: { verb: string; unavailable?: unknown }[] }) => body.actions.filter(({ unavailable }) => !unavailable).map((one) => one.verb);

/** Puts a delivery where the workers would have brought it: running, with a ledger. */
const running = async (script: Script, outcomes: string[]) => {
  const made = await draft(script);
  await verb(script, made.id, 'submit');
  await api.sql("update delivery set state = 'running', timers = '{}', due_at_ms = null where id = $1", [made.id]);
  for (const [i, outcome] of outcomes.entries())
    await api.sql('insert into target (delivery_id, wiki_id, page, outcome, code, revision_id, at_ms) values ($1, $2, $3, $4, $5, $6, $7)', [made.id, wikiId, `Talk:P${i}`, outcome, outcome === 'failed' ? 'protectedpage' : null, outcome === 'sent' ? 100 + i : null, 1_700_000_000_000]);
  const n = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  await api.sql('insert into delivery_wiki (delivery_id, wiki_id, total, sent, skipped, failed, unknown) values ($1, $2, $3, $4, $5, $6, $7)', [made.id, wikiId, outcomes.length, n('sent'), n('skipped'), n('failed'), n('unknown')]);
  return made.id as number;
};

describe('a delivery', () => {
  test('is a draft with what was given, its lists and its marker, seen by its sender alone', async () => {
    const made = await draft(sender, 'Talk:A\nbad|title');
    expect(made).toMatchObject({
      state: 'draft', version: 1, wiki: 'en.example.org', subject: 'Hello', body: 'World ~~~~', sendAt: null, sender: { id: senderPerson.id, name: 'Sender' },
      lists: [{ name: 'L', revision: 1, targets: 1, problemCount: 1 }], counts: { total: 0, pending: 0, sent: 0, skipped: 0, failed: 0, unknown: 0, cancelled: 0 }, wikis: [], attention: [],
    });
    expect(made.marker).toMatch(/^reeve:[a-z2-7]{16}$/);
    expect((await draft(sender)).marker).not.toBe(made.marker);
    for (const other of [user, approver]) expect((await other.get(`/api/deliveries/${made.id}`)).status).toBe(404);
  });

  test('goes out at once for who may send there', async () => {
    const made = await draft(sender);
    expect((await verb(sender, made.id, 'submit')).body.state).toBe('expanding');
  });

  test('waits for another person\'s approval otherwise; nobody approves their own', async () => {
    const made = await draft(user);
    expect((await verb(user, made.id, 'submit', { acknowledge: ['no-signature'] })).body.state).toBe('requested');
    expect((await verb(user, made.id, 'approve')).status).toBe(403);
    const seen = (await approver.get(`/api/deliveries/${made.id}`)).body;
    expect(verbsOf(seen)).toEqual(['approve', 'reject', 'cancel']);
    expect((await verb(approver, made.id, 'approve', { reason: 'Fine.' })).body.state).toBe('expanding');
  });

  test('says who approved it and when: its sender, approvers, auditors and admins read the name, everybody else when', async () => {
    const made = await draft(user);
    const waiting = (await verb(user, made.id, 'submit')).body;
    expect([waiting.approver, waiting.approvedAt, waiting.hidden]).toEqual([null, null, []]);
    const [auditor, colleague] = await Promise.all((['auditor', 'deliveryApprover'] as const).map(async (role) => api.script(await api.person(`The ${role}`, [role]))));
    await verb(approver, made.id, 'approve');
    const [{ at }] = await api.sql(`select at_ms as at from audit where noun = 'delivery' and entity = $1 and verb = 'approve'`, [made.id]);
    const address = `/api/deliveries/${made.id}`;
    for (const script of [user, approver, colleague!, auditor!, admin]) expect((await script.get(address)).body).toMatchObject({ approver: { name: 'Approver' }, approvedAt: new Date(Number(at)).toISOString(), hidden: [] });
    for (const { body, text } of [await request(api.app).get(address), await sender.get(address)]) {
      expect(body).toMatchObject({ approvedAt: new Date(Number(at)).toISOString(), hidden: ['approver'] });
      expect(text).not.toContain('"Approver"');
    }
    const sent = await draft(sender);
    expect((await verb(sender, sent.id, 'submit')).body).toMatchObject({ state: 'expanding', approver: null, approvedAt: null }); // nobody had to
  });

  test('to more than 1,000 pages asks its approver to look twice', async () => {
    const confirmOf = async (pages: number) => {
      const made = await draft(user, Array.from({ length: pages }, (_, i) => `Talk:P${i}`).join('\n'));
      await verb(user, made.id, 'submit');
      return (await approver.get(`/api/deliveries/${made.id}`)).body.actions.find((one: { verb: string }) => one.verb === 'approve').confirm;
    };
    expect([await confirmOf(1_000), await confirmOf(1_001)]).toEqual([undefined, { facts: { pages: 1_001 } }]);
  });

  test('to pages that stand in several lists counts each once', async () => {
    const listIds = await Promise.all([0, 1, 500].map(async (first) => (await user.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: Array.from({ length: 800 }, (_, i) => `Talk:P${first + i}`).join('\n') })).body.id));
    const made = await draft(user, 'Talk:P0', { listIds });
    await verb(user, made.id, 'submit');
    const [one, { items }] = [(await approver.get(`/api/deliveries/${made.id}`)).body, (await approver.get('/api/deliveries?state=requested')).body];
    for (const { actions } of [one, items.find(({ id }: { id: number }) => id === made.id)]) expect(actions.find(({ verb: it }: { verb: string }) => it === 'approve').confirm).toEqual({ facts: { pages: 1_300 } });
    expect(await pagesPerWiki(api.api.kernel.pool, made.id)).toMatchObject([{ host: 'en.example.org', pages: 1_300 }]);
  });

  test('that an approver sends is for another approver, and says so', async () => {
    const own = await api.person('Approver too', ['deliveryApprover']);
    const script = await api.script(own);
    const made = await draft(script);
    const submitted = (await verb(script, made.id, 'submit')).body;
    expect(submitted.state).toBe('requested');
    expect(submitted.actions.find((one: { verb: string }) => one.verb === 'approve')).toMatchObject({ unavailable: { code: 'policy.own', reason: 'Somebody else than the sender approves.' } });
    expect((await verb(approver, made.id, 'approve')).status).toBe(200);
  });

  test('is rejected with a reason that its sender reads, revised and submitted again', async () => {
    const made = await draft(user);
    await verb(user, made.id, 'submit');
    expect((await verb(approver, made.id, 'reject')).body.errors).toMatchObject([{ pointer: '/reason', code: 'required' }]);
    expect((await verb(approver, made.id, 'reject', { reason: 'Not this week.' })).body.state).toBe('rejected');
    expect((await user.patch(`/api/deliveries/${made.id}`, { subject: 'New' }).set('If-Match', '*')).body).toMatchObject({ status: 409, code: 'verb.refused', state: 'rejected' });
    const revised = await verb(user, made.id, 'revise');
    expect(revised.body.state).toBe('draft');
    expect((await user.patch(`/api/deliveries/${made.id}`, { subject: 'New' }).set('If-Match', revised.headers.etag!)).body.subject).toBe('New');
    expect((await verb(user, made.id, 'submit')).body.state).toBe('requested');
  });

  test('is sent at its instant, which may be moved', async () => {
    const made = await draft(sender, 'Talk:A', { sendAt: '2099-01-01T10:00:00+02:00' });
    expect(made.sendAt).toBe('2099-01-01T08:00:00.000Z');
    const approved = (await verb(sender, made.id, 'submit')).body;
    expect([approved.state, approved.sendAt]).toEqual(['approved', '2099-01-01T08:00:00.000Z']);
    expect((await verb(sender, made.id, 'reschedule', { sendAt: '2099-06-01T00:00:00Z' })).body.sendAt).toBe('2099-06-01T00:00:00.000Z');
    expect((await verb(sender, made.id, 'reschedule', {})).body.errors).toMatchObject([{ pointer: '/sendAt', code: 'required' }]);
    const dry = (await sender.post(`/api/deliveries/${made.id}/reschedule?dryRun=true`, { sendAt: '2099-06-02T00:00:00Z' })).body;
    expect(Object.values(dry.timers)).toEqual(['2099-06-02T00:00:00.000Z']);
    expect((await verb(sender, made.id, 'reschedule', { sendAt: null })).body.state).toBe('expanding');
  });

  test('to a wiki where its local sender may not send is refused with the host named', async () => {
    const made = await draft(sender, 'Talk:A\nTalk:B@de.example.org');
    const { status, body } = await verb(sender, made.id, 'submit');
    expect([status, body.errors]).toEqual([422, [{ pointer: '/listIds', code: 'delivery.foreign-target', detail: expect.stringContaining('de.example.org') }]]);
    expect((await sender.get(`/api/deliveries/${made.id}`)).body.state).toBe('draft');
    expect(otherWikiId).toBeGreaterThan(0);
  });

  test('is paused, resumed and cancelled; a verb that the state does not take is a 409 that names those it takes', async () => {
    const id = await running(sender, ['sent', 'pending']);
    expect((await verb(sender, id, 'pause')).body.state).toBe('paused');
    const refused = await verb(sender, id, 'pause');
    expect(refused.body).toMatchObject({ status: 409, code: 'verb.refused', state: 'paused', allowed: expect.arrayContaining(['resume', 'cancel']) });
    expect((await verb(sender, id, 'resume')).body.state).toBe('running');
    const cancel = (await sender.get(`/api/deliveries/${id}`)).body.actions.find((one: { verb: string }) => one.verb === 'cancel');
    expect(cancel.confirm).toEqual({ facts: { total: 2, pending: 1, sent: 1 } });
    expect((await verb(sender, id, 'cancel', { reason: 'Wrong text.' })).body.state).toBe('cancelled');
  });

  test('is everybody\'s to read once it is sent, without an account too', async () => {
    const id = await running(sender, ['sent']);
    const { status, body } = await request(api.app).get(`/api/deliveries/${id}`);
    expect([status, body.subject, body.actions]).toEqual([200, 'Hello', []]);
    expect((await request(api.app).get('/api/deliveries')).body.items.map((one: { state: string }) => one.state)).not.toContain('draft');
    expect((await request(api.app).post(`/api/deliveries/${id}/cancel`)).status).toBe(401);
  });

  test('counts, in all and per wiki, and names what waits for an operator', async () => {
    const id = await running(sender, ['sent', 'sent', 'skipped', 'failed', 'unknown', 'pending', 'pending']);
    await api.sql(`insert into operation (workflow_id, run_id, seq, kind, entity, wiki, code, attempts, state, audit_hash, created_at_ms, updated_at_ms)
      values ($1, 'r', 1, 'wikiDelivery', $2, 'en.example.org', 'wiki.readonly', 5, 'waiting', '', 1700000000000, 1700000000000)`, [`delivery/${id}/en.example.org`, `delivery/${id}`]);
    const counts = { total: 7, pending: 2, sent: 2, skipped: 1, failed: 1, unknown: 1, cancelled: 0 };
    expect((await sender.get(`/api/deliveries/${id}`)).body).toMatchObject({
      counts, wikis: [{ host: 'en.example.org', editsPerMinute: 40, ...counts, attention: 'wiki.readonly' }],
      attention: [{ code: 'wiki.readonly', wiki: 'en.example.org', attempts: 5, since: '2023-11-14T22:13:20.000Z' }],
    });
    expect((await sender.get('/api/deliveries?state=running&mine=true')).body.items[0].counts).toEqual(counts);
  });

  test('is found by state, wiki and whether it is mine', async () => {
    await draft(user);
    const of = async (script: Script, query: string) => (await script.get(`/api/deliveries?${query}`)).body.items as { state: string; wiki: string; sender: { name: string } }[];
    expect(new Set((await of(admin, 'state=requested')).map(({ state }) => state))).toEqual(new Set(['requested']));
    expect(await of(admin, 'wiki=de.example.org')).toEqual([]);
    expect(new Set((await of(user, 'mine=true')).map((one) => one.sender.name))).toEqual(new Set(['User']));
  });
});

describe('the targets of a delivery', () => {
  let id: number;
  beforeAll(async () => {
    id = await running(sender, ['sent', 'failed', 'skipped', 'unknown', 'sent', 'pending']);
  });

  test('are listed with outcome, code, time and revision, page by page, by outcome', async () => {
    const { body } = await sender.get(`/api/deliveries/${id}/targets?limit=2`);
    expect(body.items).toMatchObject([{ page: 'Talk:P0', wiki: 'en.example.org', outcome: 'sent', revisionId: 100, at: '2023-11-14T22:13:20.000Z' }, { page: 'Talk:P1', outcome: 'failed', code: 'protectedpage' }]);
    expect((await sender.get(`/api/deliveries/${id}/targets?limit=2&cursor=${body.next}`)).body.items).toMatchObject([{ page: 'Talk:P2' }, { page: 'Talk:P3' }]);
    expect((await sender.get(`/api/deliveries/${id}/targets?outcome=sent`)).body.items.map(({ page }: { page: string }) => page)).toEqual(['Talk:P0', 'Talk:P4']);
    expect((await sender.get(`/api/deliveries/${id}/targets?wiki=de.example.org`)).body.items).toEqual([]);
  });

  test('come as CSV in which no page\'s name is a formula', async () => {
    await api.sql("update target set page = '=SUM(A1)' where delivery_id = $1 and page = 'Talk:P5'", [id]);
    await api.sql("update target set page = 'Talk:\"Q\", x' where delivery_id = $1 and page = 'Talk:P4'", [id]);
    const { text, headers } = await sender.get(`/api/deliveries/${id}/targets.csv`);
    expect(headers['content-type']).toMatch(/^text\/csv/);
    expect(text.split('\r\n')).toEqual([
      'wiki,page,asked,outcome,code,revision,at', 'en.example.org,Talk:P0,,sent,,100,2023-11-14T22:13:20.000Z', 'en.example.org,Talk:P1,,failed,protectedpage,,2023-11-14T22:13:20.000Z',
      'en.example.org,Talk:P2,,skipped,,,2023-11-14T22:13:20.000Z', 'en.example.org,Talk:P3,,unknown,,,2023-11-14T22:13:20.000Z', 'en.example.org,"Talk:""Q"", x",,sent,,104,2023-11-14T22:13:20.000Z',
      'en.example.org,"\'=SUM(A1)",,pending,,,2023-11-14T22:13:20.000Z', '',
    ]);
  });

  test('whose outcome is unknown are settled row by row, the others not', async () => {
    const [unknown] = (await sender.get(`/api/deliveries/${id}/targets?outcome=unknown`)).body.items;
    const [sent] = (await sender.get(`/api/deliveries/${id}/targets?outcome=sent`)).body.items;
    expect((await sender.post(`/api/deliveries/${id}/targets/${sent.id}/settle`, { as: 'failed' })).body).toMatchObject({ status: 409, code: 'delivery.not-unknown' });
    expect((await sender.post(`/api/deliveries/${id}/targets/${unknown.id}/settle`, { as: 'maybe' })).body.errors).toMatchObject([{ pointer: '/as' }]);
    expect((await sender.post(`/api/deliveries/${id}/targets/${unknown.id}/settle`, { as: 'sent', reason: 'It stands there.' })).body.counts).toMatchObject({ sent: 3, unknown: 0 });
    expect((await user.post(`/api/deliveries/${id}/targets/${unknown.id}/settle`, { as: 'sent' })).status).toBe(403);
  });
});

describe('what may be done next', () => {
  test('carries the input that each verb takes, as JSON Schema', async () => {
    const made = await draft(user);
    await verb(user, made.id, 'submit');
    const reject = (await approver.get(`/api/deliveries/${made.id}`)).body.actions.find((one: { verb: string }) => one.verb === 'reject');
    expect(reject.input).toMatchObject({ type: 'object', required: ['reason'], additionalProperties: false, properties: { reason: { type: 'string', maxLength: 1000 } } });
  });

  test('is what a call then does: every listed verb is taken, every other refused', async () => {
    const bodies: Record<string, object> = { reject: { reason: 'r' }, reschedule: { sendAt: null }, settle: { target: 1, as: 'sent' } };
    for (const script of [sender, user, approver, admin]) {
      const id = await running(sender, ['sent', 'failed']);
      const { body } = await script.get(`/api/deliveries/${id}`);
      for (const name of ['submit', 'approve', 'reject', 'revise', 'reschedule', 'pause', 'resume', 'cancel', 'retryFailed', 'settle']) {
        const { status } = await script.post(`/api/deliveries/${id}/${name}?dryRun=true`, bodies[name] ?? {});
        expect([name, status === 200]).toEqual([name, verbsOf(body).includes(name)]);
      }
    }
  });

  test('in a dry run is told and not done', async () => {
    const id = await running(sender, ['sent']);
    const before = await api.sql('select version, state from delivery where id = $1', [id]);
    expect((await sender.post(`/api/deliveries/${id}/cancel?dryRun=true`)).body).toEqual({ dryRun: true, verb: 'cancel', from: 'running', state: 'cancelled', effects: ['tellDelivery', 'notify'], timers: {} });
    expect(await api.sql('select version, state from delivery where id = $1', [id])).toEqual(before);
  });
});

describe('the public log', () => {
  test('shows anybody every send with sender, text, lists at their revision and counts, and nothing of what was not sent', async () => {
    const id = await running(sender, ['sent', 'skipped']);
    const secret = await draft(sender, 'Talk:A', { subject: 'Not sent yet' });
    const { status, body, text } = await request(api.app).get('/api/public/log?limit=2');
    expect(status).toBe(200);
    expect(body.items[0]).toMatchObject({ id, sender: { name: 'Sender' }, subject: 'Hello', body: 'World ~~~~', lists: [{ name: 'L', revision: 1 }], counts: { total: 2, sent: 1, skipped: 1 }, wikis: [{ host: 'en.example.org' }] });
    expect(text).not.toContain('Not sent yet');
    expect(secret.state).toBe('draft');
    const rest = await request(api.app).get(`/api/public/log?limit=2&cursor=${body.next}`);
    expect(rest.body.items.map((one: { id: number }) => one.id)).not.toContain(id);
  });

  test('is the same for everybody, signed in or not', async () => {
    const id = await running(sender, ['sent']);
    const first = (answer: { body: { items: { id: number }[] } }) => answer.body.items[0];
    expect(first(await admin.get('/api/public/log'))).toEqual(first(await request(api.app).get('/api/public/log')));
    expect(first(await admin.get('/api/public/log'))!.id).toBe(id);
  });
});
