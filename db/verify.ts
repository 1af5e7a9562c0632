/**
 * Proves the audit log: each thing's chain, the thing against its last row, the seal's places and roots, and what is not
 * sealed yet. Reads in pages, so memory does not grow with the log, and beside running writers. Behind `reeve audit verify`.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { databaseClock } from './clock';
import { fromRow } from './columns';
import { NO_HASH, chainHash, type AuditRow } from './commit';
import type { Kernel } from './kernel';
import { nounTables, type KernelNoun } from './nouns';
import { NO_ROOT, chainRoot } from './seal';

export type FindingCode =
  | 'row.changed' // its content, or the row before it, is not what its hash was made of
  | 'row.missing' // a version that the chain skips
  | 'row.broken-line' // it does not begin in the state where the one before it ended
  | 'reason.changed' // the reason's text is not the one that was given
  | 'thing.differs' // version, state or hash of the thing are not those of its last row
  | 'thing.missing' // it has a history but is gone
  | 'thing.without-history'
  | 'noun.unknown'
  | 'seal.gap' // places are missing
  | 'seal.without-row' // a sealed row is gone
  | 'seal.root-differs' // the rows of a batch are not those that were sealed
  | 'seal.passed-over' // a row that the sealer has passed without giving it a place
  | 'seal.late' // rows wait too long for their place
  | 'anchor.differs'; // the root that was written down is not in the log

export interface Finding {
  code: FindingCode;
  noun?: string;
  id?: number;
  version?: number;
  position?: number;
}
export interface Verification {
  findings: Finding[];
  rows: number;
  things: number;
  sealed: number;
  unsealed: number;
  /** Age of the oldest row without a place, milliseconds; null when every row has one. */
  unsealedAgeMs: number | null;
  /** Write it down somewhere else: given as `expect` later, it proves that the log was not cut or made anew. */
  anchor: { position: number; root: string };
}
export interface VerifyOptions {
  expect?: { position: number; root: string };
  /** How long a row may wait for its place, milliseconds. */
  lateMs?: number;
  /** How long the sealer is waited for before such rows count as late, milliseconds. */
  graceMs?: number;
  pageSize?: number;
}

/** What is listed; the walk goes on. */
const MOST_FINDINGS = 1_000;

export async function verifyAudit(pool: pg.Pool, options: VerifyOptions = {}): Promise<Verification> {
  const result: Verification = { findings: [], rows: 0, things: 0, sealed: 0, unsealed: 0, unsealedAgeMs: null, anchor: { position: 0, root: NO_ROOT.toString('hex') } };
  const report = (finding: Finding): void => void (result.findings.length < MOST_FINDINGS && result.findings.push(finding));
  const walk: Walk = { pool, result, report, pageSize: options.pageSize ?? 5_000 };
  for (const noun of Object.keys(nounTables) as KernelNoun[]) await walkNoun(walk, noun);
  const { rows: strangers } = await pool.query<{ noun: string }>('select distinct noun from audit where noun <> all($1)', [Object.keys(nounTables)]);
  for (const { noun } of strangers) report({ code: 'noun.unknown', noun });
  await walkSeal(walk, options.expect);
  await readUnsealed(walk, options.lateMs ?? 60_000, options.graceMs ?? 3_000);
  return result;
}

/** Keeps when the log was proved, how far and with how many findings, to be shown beside it. */
export async function noteCheck({ pool, clock }: Pick<Kernel, 'pool' | 'clock'>, { anchor, findings }: Verification): Promise<void> {
  await pool.query(`insert into audit_check (at_ms, position, findings) values (${clock.sql}, $1, $2)`, [anchor.position, findings.length]);
}

interface Walk {
  pool: pg.Pool;
  result: Verification;
  report(finding: Finding): void;
  pageSize: number;
}
type Stored = AuditRow & { hash: Buffer; reasonText: string | null; reasonSalt: string | null; thingVersion: number | null; thingState: string; thingHash: Buffer };

/** Each page sees the things as they stand beside its rows; a thing is compared when its last row has been read. */
async function walkNoun(walk: Walk, noun: KernelNoun): Promise<void> {
  const { pool, result, report, pageSize } = walk;
  let last: Stored | null = null;
  for (let more = true; more; ) {
    const { rows } = await pool.query({ text: chainSql(noun), values: [noun, last?.entity ?? -1, last?.version ?? 0, pageSize] });
    for (const raw of rows) {
      const row: Stored = fromRow(raw);
      if (last && last.entity !== row.entity) compare(last, report);
      const before: Stored | null = last?.entity === row.entity ? last : null;
      if (!before) result.things++;
      result.rows++;
      checkRow(row, before, report);
      last = row;
    }
    more = rows.length === pageSize;
  }
  if (last) compare(last, report);
  const { rows: bare } = await pool.query<{ id: number }>(
    `select id from "${nounTables[noun].table}" t where not exists (select from audit where noun = $1 and entity = t.id) order by id limit 1000`,
    [noun],
  );
  for (const { id } of bare) report({ code: 'thing.without-history', noun, id });
}

function checkRow(row: Stored, before: Stored | null, report: Walk['report']): void {
  const at = { noun: row.noun, id: row.entity, version: row.version };
  if (row.version !== (before?.version ?? 0) + 1) report({ code: 'row.missing', ...at, version: (before?.version ?? 0) + 1 });
  else if (!chainHash(before?.hash ?? NO_HASH, row).equals(row.hash)) report({ code: 'row.changed', ...at });
  if (before && row.fromState !== before.toState) report({ code: 'row.broken-line', ...at });
  if (row.reasonText === null) return; // none, or erased
  const hash = createHash('sha256').update(row.reasonSalt ?? '').update(row.reasonText).digest('hex');
  if (hash !== row.reasonHash) report({ code: 'reason.changed', ...at });
}

function compare(last: Stored, report: Walk['report']): void {
  const at = { noun: last.noun, id: last.entity, version: last.version };
  if (last.thingVersion === null) report({ code: 'thing.missing', ...at });
  else if (last.thingVersion !== last.version || last.thingState !== last.toState || !last.thingHash.equals(last.hash)) report({ code: 'thing.differs', ...at });
}

const chainSql = (noun: KernelNoun): string => `
select a.*, r.text as reason_text, r.salt as reason_salt, t.version as thing_version, t.state as thing_state, t.audit_hash as thing_hash
from audit a left join "${nounTables[noun].table}" t on t.id = a.entity left join audit_reason r on r.id = a.reason_id
where a.noun = $1 and (a.entity, a.version) > ($2, $3) order by a.entity, a.version limit $4`;

interface Place {
  position: number;
  auditId: number;
  hash: Buffer | null;
  firstPosition: number | null;
  root: Buffer | null;
}

async function walkSeal({ pool, result, report, pageSize }: Walk, expect?: { position: number; root: string }): Promise<void> {
  let batch: { position: number; auditId: number; hash: Buffer }[] = [];
  let previous = NO_ROOT;
  let position = 0;
  let anchored = !expect || expect.position === 0;
  for (let more = true; more; ) {
    const { rows } = await pool.query({ text: sealSql, values: [position, pageSize] });
    for (const raw of rows) {
      const place: Place = fromRow(raw);
      if (place.position !== position + 1) report({ code: 'seal.gap', position: position + 1 });
      if (!place.hash) report({ code: 'seal.without-row', position: place.position });
      position = place.position;
      result.sealed++;
      batch.push({ position, auditId: place.auditId, hash: place.hash ?? NO_HASH });
      if (!place.root) continue;
      if (place.firstPosition !== batch[0]!.position || !chainRoot(previous, batch).equals(place.root)) report({ code: 'seal.root-differs', position });
      previous = place.root;
      batch = [];
      result.anchor = { position, root: place.root.toString('hex') };
      if (expect?.position === position) anchored = expect.root === result.anchor.root;
    }
    more = rows.length === pageSize;
  }
  if (batch.length) report({ code: 'seal.root-differs', position }); // places that no batch vouches for
  const { rows: hollow } = await pool.query<{ position: number }>(
    'select last_position as position from seal_batch b where not exists (select from seal where position = b.last_position) order by 1 limit 1000',
  );
  for (const { position: gone } of hollow) report({ code: 'seal.gap', position: gone });
  if (!anchored) report({ code: 'anchor.differs', position: expect!.position });
}

const sealSql = `
select s.position, s.audit_id, a.hash, b.first_position, b.root
from seal s left join audit a on a.id = s.audit_id left join seal_batch b on b.last_position = s.position
where s.position > $1 order by s.position limit $2`;

/** A timer's row carries the instant that it was due, which may be long ago: so the sealer gets a moment before it counts as late. */
async function readUnsealed(walk: Walk, lateMs: number, graceMs: number): Promise<void> {
  const { pool, result, report } = walk;
  const { rows } = await pool.query<{ unsealed: number; age_ms: number | null; oldest: number | null }>(
    `select count(*)::int as unsealed, ${databaseClock.sql} - min(at_ms) as age_ms, min(id) as oldest
     from audit a where not exists (select from seal where audit_id = a.id)`,
  );
  const { unsealed, age_ms, oldest } = rows[0]!;
  if (age_ms !== null && age_ms > lateMs && graceMs > 0) {
    const sealed = async (): Promise<boolean> => (await pool.query('select from seal where audit_id = $1', [oldest])).rowCount === 1;
    for (let waited = 0; waited < graceMs && !(await sealed()); waited += 250) await new Promise((resolve) => setTimeout(resolve, 250));
    return readUnsealed(walk, lateMs, 0);
  }
  Object.assign(result, { unsealed, unsealedAgeMs: age_ms });
  if (age_ms !== null && age_ms > lateMs) report({ code: 'seal.late' });
  const { rows: passed } = await pool.query<{ noun: string; id: number; version: number }>(passedOverSql);
  for (const at of passed) report({ code: 'seal.passed-over', ...at });
}

// An end that another server wrote (a restored dump) says nothing about this one's transactions.
const passedOverSql = `
select a.noun, a.entity as id, a.version from audit a,
  (select case when whole then seen else base end as sealed from seal_batch order by last_position desc limit 1) last
where pg_snapshot_xmax(last.sealed) <= pg_snapshot_xmax(pg_current_snapshot()) and pg_visible_in_snapshot(a.xid, last.sealed)
  and not exists (select from seal where audit_id = a.id)
limit 1000`;
