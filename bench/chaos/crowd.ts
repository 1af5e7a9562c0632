/**
 * Twenty thousand people at the public form of one event, as fast as the house takes them, the API killed three times in
 * the middle: each request is there once, each address gets one mail.
 *   npm run chaos -- crowd [people] [kills]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, askAll } from '../../test/support/form-crowd';
import { startPlatform } from '../../test/support/platform';
import { newWiki } from '../sends';
import { verdict } from '../verdict';

async function main(): Promise<void> {
  const [people, kills] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 3)];
  const platform = await startPlatform({ REEVE_TRUST_PROXY: '1' });
  try {
    await newWiki(platform);
    const { pool } = platform.kernel;
    const [organizer, toolAdmin] = [await platform.person('organizer'), await platform.person('toolAdmin')];
    const event = await organizer.api.post<{ id: number; key: string; url: string }>('/events', { title: 'A crowd', types: ['workshop'], participation: 'online', startsAt: '2099-07-01T10:00', endsAt: '2099-07-01T12:00', timeZone: 'UTC', places: 10_000 });
    await organizer.api.post(`/events/${event.id}/submit`, {});
    await toolAdmin.api.post(`/events/${event.id}/approve`, {});
    await pool.query(`update event set state = 'open', approved_places = $2, starts_at_ms = 1, timers = '{}', due_at_ms = null where id = $1`, [event.id, people]);
    const begunMs = Date.now();
    let asking = true;
    const killing = (async () => {
      for (let kill = 0; kill < kills && asking; kill++) {
        await sleep(15_000);
        if (asking) await platform.untilBack('api', platform.kill('api'));
      }
    })();
    const ends = await askAll({ base: platform.run().api, path: new URL(event.url).pathname, key: event.key, people, width: 400 }).finally(async () => {
      asking = false;
      await killing;
    });
    const askedS = (Date.now() - begunMs) / 1_000;
    const { rows: [stored] } = await pool.query('select count(*)::int as n, count(distinct name)::int as names from request');
    const open = async (): Promise<number> => (await pool.query(`select count(*)::int as n from mail where outcome in ('pending', 'attempting')`)).rows[0].n;
    while ((await open()) > 0) await sleep(500);
    const got = new Map<string, number>();
    const inbox = readFileSync(join(platform.home, 'inbox.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { to: string[] }); // all that it ever took
    for (const address of inbox.flatMap(({ to }) => to)) got.set(address, (got.get(address) ?? 0) + 1);
    const counts = Array.from({ length: people }, (_, n) => got.get(addressOf(n)) ?? 0);
    const [twice, without] = [counts.filter((n) => n > 1).length, counts.filter((n) => n === 0).length];
    console.log(JSON.stringify(ends));
    verdict(`${people.toLocaleString('en')} at the form`, `${stored.n} of ${people} requests, ${stored.n - stored.names} twice, in ${askedS.toFixed(0)} s through ${kills} kills of the API; mails: ${without} missing, ${twice} twice`, stored.n === people && stored.names === people && without === 0 && twice === 0);
  } finally {
    await platform.stop();
  }
}

void main();
