/**
 * P9: an organizer's list of account requests, pages of 50 of a million requests, by what lists the API shows; beside the
 * same columns by hand-written SQL. Both walk through all pages, turn and turn about; the middle of each page's time counts.
 * A shorter walk goes before, so that the first pages differ from the last by where they stand and by nothing else.
 *   npm run bench -- p9 [requests] [pages]
 */
import pg from 'pg';
import { openDatabase } from '../db/data-source';
import { createKernel } from '../db/kernel';
import { pageOfRequests } from '../db/queries/requests';
import type { Actor } from '../policies/actor';
import { benchDatabase } from './database';
import { median, verdict } from './verdict';

const EVENTS = 100;
const OWN = [7, 55, 93];
/** Pages. */
const WARM = 40;

/** What a developer would write who knows whose events these are. */
const BY_HAND = `
select r.*, w.host, u.name as holder, e.title as event_title
from request r join wiki w on w.id = r.wiki_id left join "user" u on u.id = r.holder_id left join event e on e.id = r.event_id
where r.event_id = any($1) and r.state in ('open', 'reserved', 'creating', 'closed') and r.id < $2 order by r.id desc limit 51`;

async function main(): Promise<void> {
  const [requests, pages] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 200)];
  const { ownerUrl, appUrl } = await benchDatabase('bench_p9');
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  await owner.query(`insert into "user" (name, audit_hash, created_at_ms, updated_at_ms, language, time_zone) select 'Person ' || n, '', 0, 0, 'en', 'UTC' from generate_series(1, 50) n`);
  await owner.query(`insert into wiki (host, api_url, bot_user, bot_password, audit_hash, created_at_ms, updated_at_ms) values ('en.example.org', 'https://en.example.org/w/api.php', 'Bot', '', '', 0, 0)`);
  await owner.query(
    `insert into event (uuid, key, title, creator_id, organizer_ids, time_zone, starts_at_ms, ends_at_ms, approved_starts_at_ms, state, archive_after_ms, audit_hash, created_at_ms, updated_at_ms)
     select 'uuid ' || n, 'key', 'Event ' || n, 1, array[1], 'UTC', 1, 4e12, 1, 'open', 1, '', 0, 0 from generate_series(1, ${EVENTS}) n`);
  // Half came by an event; of its event's a tenth is with the account team.
  await owner.query(
    `insert into request (wiki_id, event_id, name, email, language, name_check, queue, expires_at_ms, confirmed_at_ms, escalated_at_ms, close_by_ms, keep_ms, state, holder_id, audit_hash, created_at_ms, updated_at_ms)
     select 1, case when n % 2 = 0 then 1 + n / 2 % ${EVENTS} end, 'Newcomer ' || n, 'newcomer-' || n || '@example.org', 'en', 'free', case when n % 2 = 0 then 'event' else 'default' end, 4e12, 1,
            case when n % 20 = 0 then 1 end, 4e12, 1, case n % 5 when 0 then 'open' when 1 then 'reserved' else 'closed' end, case when n % 5 = 1 then 1 + n % 50 end, '', n, n from generate_series(1, ${requests}) n`);
  await owner.query('vacuum analyze');
  const database = await openDatabase(appUrl, 4, 'bench');
  const kernel = createKernel(database);
  const organizer: Actor = { kind: 'user', userId: 1, grants: [{ role: 'organizer', wikiId: null }], events: OWN };
  try {
    await walk(WARM);
    const { ours, theirs } = await walk(pages);
    const [first, last] = [(all: number[]) => median(all.slice(0, 20)), (all: number[]) => median(all.slice(-20))];
    const ratios = [first, last, median].map((of) => of(ours) / of(theirs));
    verdict('P9', `a page ${median(ours).toFixed(2)} ms beside ${median(theirs).toFixed(2)}: ${ratios[2]!.toFixed(2)} ×, first pages ${ratios[0]!.toFixed(2)} ×, pages to ${ours.length} ${ratios[1]!.toFixed(2)} × (reach 1.15)`, ratios.every((ratio) => ratio <= 1.15));
  } finally {
    await database.close();
    await owner.end();
  }

  /** The times of each page, milliseconds. */
  async function walk(length: number): Promise<{ ours: number[]; theirs: number[] }> {
    let cursor: string | undefined;
    let below = 2_147_483_647;
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let page = 0; page < length; page++) {
      const sides = [
        async (): Promise<number[]> => {
          const found = await pageOfRequests(kernel, { actor: organizer, limit: 50, cursor });
          cursor = found.next;
          return found.rows.map(({ id }) => id);
        },
        async (): Promise<number[]> => {
          const { rows } = await database.pool.query({ name: 'by-hand', text: BY_HAND, values: [OWN, below] });
          below = rows[49]?.id ?? 0;
          return rows.slice(0, 50).map(({ id }) => id);
        },
      ];
      const seen: number[][] = [];
      for (const side of page % 2 ? [1, 0] : [0, 1]) {
        const from = performance.now();
        seen[side] = await sides[side]!();
        (side ? theirs : ours).push(performance.now() - from);
      }
      if (seen[0]!.join() !== seen[1]!.join()) throw new Error(`page ${page}: the two differ`);
      if (!cursor) break;
    }
    return { ours, theirs };
  }
}

void main();
