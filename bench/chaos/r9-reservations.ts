/**
 * R9 for reservations: in each round two of the account team take one request at the same instant, by two pools of connections as
 * two API processes have them; one wins. In each tenth the holder then stalls past the reservation's end, somebody else takes
 * it, and what the first one still sends is refused.
 *   npm run chaos -- r9 [rounds]
 */
import { ReeveError } from '../../config/errors';
import { apply } from '../../db/apply';
import type { Actor } from '../../policies/actor';
import { makeOpenRequest, makeUser, makeWiki, openHouse } from '../../test/support/house';
import { benchDatabase } from '../database';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 1_000);
  const { seed, next } = randomness();
  const { appUrl } = await benchDatabase('chaos_r9');
  const houses = [await openHouse(appUrl, undefined, 4), await openHouse(appUrl, undefined, 4)] as const;
  try {
    const { kernel } = houses[0];
    const people = [await makeUser(kernel, 'toolUser'), await makeUser(kernel, 'toolUser')] as const;
    const wiki = await makeWiki(kernel, { apiUrl: 'http://wiki.example.org/api.php', user: 'Bot', password: 'of nobody' });
    /** Who was refused hears why, in words of a problem; anything else is a fault. */
    const tries = async (who: 0 | 1, id: number, verb: 'reserve' | 'create' | 'close', input: Record<string, unknown> = {}): Promise<boolean> => {
      const actor: Actor = people[who];
      return apply(houses[who].kernel, { noun: 'request', id, verb, actor, input }).then(() => true, (error: unknown) => {
        if (error instanceof ReeveError) return false;
        throw error;
      });
    };
    let [both, none, stale, stalled, unlike] = [0, 0, 0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      const { id } = await makeOpenRequest(kernel, { wikiId: wiki.id });
      const verb = round % 10 && next() < 0.5 ? 'create' : 'reserve';
      const taken = await Promise.all([tries(0, id, verb, { mode: 'bot' }), tries(1, id, verb, { mode: 'bot' })]);
      if (taken[0] && taken[1]) both++;
      if (!taken[0] && !taken[1]) none++;
      const winner = taken[0] ? 0 : 1;
      const { rows } = await kernel.pool.query<{ holder: number; times: number }>(
        `select r.holder_id as holder, (select count(*)::int from audit a where a.noun = 'request' and a.entity = r.id and a.verb = $2) as times from request r where r.id = $1`, [id, verb]);
      if (rows[0]!.holder !== people[winner].userId || rows[0]!.times !== 1) unlike++;
      if (round % 10) continue;
      stalled++;
      await kernel.pool.query(`update request set reserved_until_ms = 1, timers = jsonb_set(timers, '{xstate.after.untilReservationEnds.request.reserved}', '1'), due_at_ms = 1 where id = $1`, [id]);
      if (!(await tries((1 - winner) as 0 | 1, id, 'reserve'))) none++;
      if (await tries(winner, id, 'close', { outcome: 'not-created' })) stale++;
      if (await tries(winner, id, 'create', { mode: 'bot' })) stale++;
    }
    verdict('R9 reservations', `${rounds} rounds of two at once: ${both} with two winners, ${none} with none, ${unlike} whose log says otherwise; ${stalled} stalled past the end, ${stale} stale writes accepted; seed ${seed}`, both + none + unlike + stale === 0);
  } finally {
    for (const house of houses) await house.close();
  }
}

void main();
