/**
 * R6: Postgres is killed every 5 to 10 s through 5,000 transitions by eight writers. None may be lost or done twice, and
 * every state must be the fold of its audit log.
 *   npm run chaos -- r6 [transitions]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../db/apply';
import { isAway, patiently } from '../../activities/patience';
import { ReeveError } from '../../config/errors';
import { create } from '../../db/create';
import { makeUser } from '../../test/support/house';
import { system } from '../../policies/actor';
import { startPlatform } from '../../test/support/platform';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const transitions = Number(process.argv[2] ?? 5_000);
  const { seed, next } = randomness();
  const platform = await startPlatform();
  const { kernel } = platform;
  try {
    const person = await makeUser(kernel);
    const things: number[] = [];
    for (const role of ['sender', 'organizer', 'operator', 'auditor', 'helper', 'ux', 'sysadmin', 'moderator'])
      things.push((await create(kernel, { noun: 'membership', values: { userId: person.userId, role, wikiId: null, untilMs: null }, actor: system, then: 'approve' })).row.id);
    let [done, over, refused] = [0, false, 0];
    const killer = (async () => {
      while (!over) {
        await sleep(5_000 + next() * 5_000);
        if (!over) platform.kill('postgres');
      }
    })();
    const perThing = Math.ceil(transitions / things.length);
    await Promise.all(
      things.map(async (id) => {
        for (let i = 0; i < perThing; i++) {
          const command = { noun: 'membership' as const, id, verb: i % 2 === 0 ? 'suspend' : 'reinstate', actor: system, commandId: `chaos/${id}/${i}` };
          for (;;) {
            try {
              await patiently(() => apply(kernel, command));
              break;
            } catch (error) {
              if (!isAway(error) && !(error instanceof ReeveError && error.code === 'unavailable')) throw error;
              refused++;
            }
          }
          done++;
          await sleep(15); // so that the kills fall all over the run
        }
      }),
    );
    over = true;
    await killer;
    const { rows } = await patiently(() =>
      kernel.pool.query(
        `select m.id, m.version, m.state, count(a.id)::int as audited, max(a.version) as last, count(distinct a.command_id) filter (where a.command_id like 'chaos/%')::int as commands,
           (array_agg(a.to_state order by a.version desc))[1] as folded
         from membership m join audit a on a.noun = 'membership' and a.entity = m.id where m.id = any($1) group by m.id`,
        [things],
      ),
    );
    const wrong = rows.filter((row) => row.version !== row.audited || row.last !== row.version || row.commands !== perThing || row.folded !== row.state);
    const checked = await platform.cli('audit', 'verify', '--json');
    console.log(`seed ${seed} · ${JSON.stringify(rows)} · refused ${refused} · audit verify ${checked.status}`);
    verdict('R6', `${done} transitions through restarts of Postgres: ${wrong.length} of ${things.length} things differ from their audit log`, wrong.length === 0 && done === perThing * things.length && checked.status === 0);
  } finally {
    await platform.stop();
  }
}

void main();
