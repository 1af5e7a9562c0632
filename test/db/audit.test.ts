import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { sealOnce } from '../../db/seal';
import { verifyAudit, type Finding } from '../../db/verify';
import { system, type Actor } from '../../policies/actor';
import { aDelivery, aUser, testKernel } from '../support/kernel';

const codes = (findings: Finding[]): string[] => [...new Set(findings.map(({ code }) => code))];

describe('the proof of the audit log', () => {
  const house = testKernel();
  let sender: Actor;
  let id: number;

  /** Does what only the schema's owner could do behind the log's back, looks, and takes it back. */
  async function tampered(...statements: [sql: string, ...values: unknown[]][]): Promise<Finding[]> {
    const client = await house.owner.connect();
    const pages = { query: client.query.bind(client) } as unknown as typeof house.owner;
    try {
      await client.query('begin');
      for (const table of ['audit', 'seal', 'seal_batch']) await client.query(`alter table ${table} disable trigger user`);
      await client.query('alter table seal drop constraint seal_audit_id_fkey');
      for (const [sql, ...values] of statements) await client.query(sql, values);
      return (await verifyAudit(pages, { pageSize: 7, lateMs: Number.POSITIVE_INFINITY })).findings;
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
  const whole = async () => (await verifyAudit(house.app, { pageSize: 3, lateMs: Number.POSITIVE_INFINITY })).findings;

  beforeAll(async () => {
    sender = await aUser(house, 'admin');
    for (let n = 0; n < 4; n++) {
      const { id: made } = await aDelivery(house, sender);
      await apply(house.kernel, { noun: 'delivery', id: made, verb: 'submit', actor: sender, reason: n ? undefined : 'because they asked for it' });
      await apply(house.kernel, { noun: 'delivery', id: made, verb: 'cancel', actor: sender });
      if (n === 1) id = made;
      await sealOnce(house.app);
    }
  });

  test('finds nothing in an untouched log, however the pages fall', async () => {
    for (const pageSize of [1, 2, 5, 1000]) {
      const { findings, rows, sealed, unsealed } = await verifyAudit(house.app, { pageSize, lateMs: Number.POSITIVE_INFINITY });
      expect(findings).toEqual([]);
      expect(rows).toBeGreaterThan(15);
      expect({ sealed, unsealed }).toEqual({ sealed: rows, unsealed: 0 });
    }
  });

  test('the control: tampering with nothing finds nothing', async () => {
    expect(await tampered()).toEqual([]);
  });

  test.each([
    ['verb', `'approve'`], ['actor', `'user/99'`], ['at_ms', 'at_ms + 1'], ['to_state', `'sent'`], ['code', `'other'`],
    ['request_id', `'other'`], ['input_hash', `'other'`], ['command_id', `'other'`], ['hash', `'\\x00'`], ['reason_hash', `'other'`],
  ])('finds a row whose %s was changed', async (column, value) => {
    expect(codes(await tampered([`update audit set ${column} = ${value} where noun = 'delivery' and entity = $1 and version = 2`, id]))).toContain('row.changed');
  });

  test('finds a row that was changed together with its hash, by the next row or by the seal', async () => {
    const change = `update audit set actor = 'user/99', hash = sha256('made anew') where noun = 'delivery' and entity = $1 and version = 2`;
    expect(codes(await tampered([change, id]))).toEqual(expect.arrayContaining(['row.changed', 'seal.root-differs']));
  });

  test('finds a dropped row, with the version that is missing', async () => {
    const findings = await tampered(['delete from audit where noun = $2 and entity = $1 and version = 2', id, 'delivery']);
    expect(findings).toContainEqual({ code: 'row.missing', noun: 'delivery', id, version: 2 });
    expect(codes(findings)).toContain('seal.without-row');
  });

  test('finds a dropped row also when its place was dropped and the places closed up', async () => {
    const findings = await tampered(
      ['delete from seal where audit_id = (select id from audit where noun = $2 and entity = $1 and version = 2)', id, 'delivery'],
      ['delete from audit where noun = $2 and entity = $1 and version = 2', id, 'delivery'],
      ['create temp table s on commit drop as select row_number() over (order by position) as position, audit_id from seal'],
      ['delete from seal'],
      ['insert into seal select position, audit_id from s'],
    );
    expect(codes(findings)).toEqual(expect.arrayContaining(['row.missing', 'seal.root-differs']));
  });

  test('finds two rows that were swapped', async () => {
    const swap = `update audit a set (verb, actor, from_state, to_state, hash) = (select verb, actor, from_state, to_state, hash from audit b where b.noun = a.noun and b.entity = a.entity and b.version = 5 - a.version)
                  where noun = 'delivery' and entity = $1 and version in (2, 3)`;
    expect(codes(await tampered([swap, id]))).toEqual(expect.arrayContaining(['row.changed', 'seal.root-differs']));
    expect(codes(await tampered(['update audit set version = 5 - version + 100 where noun = $2 and entity = $1 and version in (2, 3)', id, 'delivery'], ['update audit set version = version - 100 where version > 100']))).toContain('row.changed');
  });

  test('finds a tail that was cut with the thing turned back to before it', async () => {
    const last = (await house.app.query('select max(version)::int as v from audit where noun = $2 and entity = $1', [id, 'delivery'])).rows[0].v as number;
    const findings = await tampered(
      ['delete from audit where noun = $2 and entity = $1 and version = $3', id, 'delivery', last],
      ['update delivery d set version = a.version, state = a.to_state, audit_hash = a.hash from audit a where d.id = $1 and a.noun = $2 and a.entity = d.id and a.version = $3', id, 'delivery', last - 1],
    );
    expect(codes(findings)).toEqual(['seal.without-row', 'seal.root-differs']);
  });

  test('finds a thing that was dropped with its whole history, also when its places went too', async () => {
    const drop: [string, ...unknown[]][] = [
      ['delete from seal where audit_id in (select id from audit where noun = $2 and entity = $1)', id, 'delivery'],
      ['delete from audit where noun = $2 and entity = $1', id, 'delivery'],
      ['delete from delivery where id = $1', id],
    ];
    expect(codes(await tampered(...drop))).toEqual(expect.arrayContaining(['seal.gap', 'seal.root-differs']));
    expect(codes(await tampered(...drop.slice(1)))).toEqual(['seal.without-row', 'seal.root-differs']);
  });

  test('finds a thing that differs from its last row, one that lost its history and a history that lost its thing', async () => {
    expect(await tampered([`update delivery set state = 'draft' where id = $1`, id])).toEqual([expect.objectContaining({ code: 'thing.differs', noun: 'delivery', id })]);
    expect(codes(await tampered(['delete from delivery where id = $1', id]))).toEqual(['thing.missing']);
    expect(codes(await tampered([`insert into "user" (name, audit_hash, created_at_ms, updated_at_ms) values ('nobody', '', 0, 0)`]))).toEqual(['thing.without-history']);
  });

  test('finds an end of the log that was cut off and sealed anew, by the root that was written down', async () => {
    const { anchor } = await verifyAudit(house.app);
    expect((await verifyAudit(house.app, { expect: anchor })).findings).not.toContainEqual(expect.objectContaining({ code: 'anchor.differs' }));
    const client = await house.owner.connect();
    try {
      await client.query('begin');
      for (const table of ['seal', 'seal_batch']) await client.query(`alter table ${table} disable trigger user`);
      await client.query('delete from seal_batch where last_position = $1', [anchor.position]);
      await client.query('delete from seal where position > (select max(last_position) from seal_batch)');
      const pages = { query: client.query.bind(client) } as unknown as typeof house.owner;
      expect(codes((await verifyAudit(pages, { expect: anchor, lateMs: Number.POSITIVE_INFINITY })).findings)).toEqual(['anchor.differs']);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('a reason in words can be erased without breaking the chain, but not be changed', async () => {
    expect((await house.app.query('select text from audit_reason')).rows).toEqual([{ text: 'because they asked for it' }]);
    expect(codes(await tampered([`update audit_reason set text = 'for another reason'`]))).toEqual(['reason.changed']);
    await house.app.query('update audit_reason set text = null, salt = null');
    expect(await whole()).toEqual([]);
  });

  test('a reason given when a thing is made is kept and stands in the chain', async () => {
    await create(house.kernel, { noun: 'user', values: { name: 'with a reason' }, actor: system, reason: 'the committee said so' });
    expect((await house.app.query('select text from audit_reason r join audit a on a.reason_id = r.id where a.noun = $1', ['user'])).rows).toEqual([{ text: 'the committee said so' }]);
    expect(await whole()).toEqual([]);
  });

  test('rows that wait too long for their place are found', async () => {
    await create(house.kernel, { noun: 'user', values: { name: 'unsealed' }, actor: system });
    const client = await house.owner.connect();
    try {
      await client.query('begin'); // the test's clock stands in the future
      await client.query('alter table audit disable trigger user');
      await client.query('update audit set at_ms = 1000');
      const pages = { query: client.query.bind(client) } as unknown as typeof house.owner;
      const { findings, unsealed } = await verifyAudit(pages, { lateMs: 60_000, graceMs: 300 });
      expect(codes(findings)).toContain('seal.late');
      expect(unsealed).toBeGreaterThan(0);
    } finally {
      await client.query('rollback');
      client.release();
    }
    await sealOnce(house.app);
    expect((await verifyAudit(house.app)).findings).toEqual([]);
  });
});

describe('the application\'s own role', () => {
  const house = testKernel();

  test.each([
    ['change', `update audit set actor = 'user/99'`],
    ['drop', 'delete from audit'],
    ['empty', 'truncate audit cascade'],
    ['unguard', 'alter table audit disable trigger all'],
    ['unguard', 'drop trigger audit_append_only on audit'],
    ['unguard', 'set session_replication_role = replica'],
    ['rewrite the guard of', 'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return old; end $$'],
    ['replace', 'alter table audit rename to audit_old'],
    ['own', 'alter table audit owner to current_user'],
    ['take the place of rows of', 'delete from seal'],
    ['move the places of', 'update seal set position = position + 1'],
    ['drop the roots of', 'delete from seal_batch'],
    ['change the roots of', `update seal_batch set root = '\\x00'`],
  ])('cannot %s the audit log: %s', async (_what, sql) => {
    await create(house.kernel, { noun: 'user', values: { name: 'somebody' }, actor: system }).catch(() => {});
    await sealOnce(house.app);
    await expect(house.app.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});
