/** Sends for measurements: wikis at the sandbox, deliveries of any size made straight at the database, and what became of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Delivery } from '../db/entities/delivery';
import type { Wiki } from '../db/entities/wiki';
import { sandboxAccounts } from '../demo/sandbox-wiki';
import { seal } from '../gateways/secret-box';
import { system, type Actor } from '../policies/actor';
import { makeDelivery, makeUser, unique } from '../test/support/house';
import type { Platform } from '../test/support/platform';

/** @param bot signs in there; default: the sandbox wiki's */
export async function newWiki({ kernel, home, run }: Platform, values: Partial<Wiki> = {}, bot: { user: string; password: string } = sandboxAccounts.bot): Promise<Wiki> {
  const key = readFileSync(join(home, 'secret-key'), 'utf8').trim();
  const { row } = await create(kernel, {
    noun: 'wiki',
    values: {
      host: `${unique('wiki')}.example.org`, apiUrl: run().sandboxWiki, botUser: bot.user,
      botPassword: seal(key, bot.password), editsPerMinute: 1_000_000, inFlight: 4, ...values,
    },
    actor: system,
  });
  return row;
}

/** Users `Reader 1…n` on the sandbox wiki, and a delivery to all their talk pages, submitted. */
export async function send(platform: Platform, wiki: Wiki, targets: number): Promise<Sent> {
  await platform.control('POST', 'seed', { users: [{ prefix: 'Reader ', count: targets }] });
  return sendTo(platform, wiki, Array.from({ length: targets }, (_, i) => `User talk:Reader ${i + 1}`));
}

export async function sendTo({ kernel }: Platform, wiki: Wiki, pages: string[]): Promise<Sent> {
  const sender = await makeUser(kernel, 'globalSender');
  const delivery = await makeDelivery(kernel, sender, wiki, pages);
  await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'submit', actor: sender });
  return { delivery, sender };
}

export interface Sent {
  delivery: Delivery;
  sender: Actor & { userId: number };
}

export interface Tally {
  state: string;
  total: number;
  sent: number;
  skipped: number;
  failed: number;
  unknown: number;
}

/** Survives Postgres being away. */
export async function tally({ kernel }: Platform, delivery: Delivery): Promise<Tally> {
  for (;;) {
    try {
      const { rows } = await kernel.pool.query(
        `select d.state, coalesce(sum(total), 0)::int as total, coalesce(sum(sent), 0)::int as sent, coalesce(sum(skipped), 0)::int as skipped,
           coalesce(sum(failed), 0)::int as failed, coalesce(sum(unknown), 0)::int as unknown
         from delivery d left join delivery_wiki w on w.delivery_id = d.id where d.id = $1 group by d.state`,
        [delivery.id],
      );
      return rows[0];
    } catch {
      await sleep(200);
    }
  }
}

/** @throws when it has not ended by itself in time, with where it stands. */
export async function untilFinished(platform: Platform, delivery: Delivery, withinMs: number, meanwhile?: (now: Tally) => Promise<void>): Promise<Tally> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const now = await tally(platform, delivery);
    if (now.state === 'finished') return now;
    if (Date.now() > giveUpAt) throw new Error(`not finished in time: ${JSON.stringify(now)}`);
    if (meanwhile) await meanwhile(now);
    else await sleep(300);
  }
}

/** What the wiki itself says: pages with one copy, with none, with more. */
export const copies = (platform: Platform, delivery: Delivery): Promise<{ exactlyOne: number; none: number; more: number; posted: number }> =>
  platform.control('GET', `marks?marker=${delivery.marker}&prefix=${encodeURIComponent('User talk:')}`);

export interface Delivered {
  delivery: Delivery;
  perSecond: number;
  /** Pages with two messages or more, and with none: as the wiki says. */
  double: number;
  lost: number;
}

/** A whole send and how fast it was. @param meanwhile called again and again until it has ended */
export async function deliver(platform: Platform, wiki: Wiki, targets: number, meanwhile?: () => Promise<void>): Promise<Delivered> {
  const { delivery } = await send(platform, wiki, targets);
  await untilFinished(platform, delivery, 1_200_000, meanwhile);
  const { exactlyOne, more } = await copies(platform, delivery);
  return { delivery, perSecond: await rateOf(platform, delivery), double: more, lost: targets - exactlyOne - more };
}

/** Targets a second, from its submission, lists still to be expanded, to the last outcome in the ledger. */
export async function rateOf({ kernel }: Platform, delivery: Delivery): Promise<number> {
  const { rows } = await kernel.pool.query(
    `select count(*) * 1000.0 / (max(t.at_ms) - (select min(at_ms) from audit where noun = 'delivery' and entity = $1 and verb = 'submit')) as rate from target t where t.delivery_id = $1`, [delivery.id]);
  return Number(rows[0].rate);
}

/** The same where nothing is broken on purpose. @throws unless each page has exactly one message. */
export async function deliverExactly(...how: Parameters<typeof deliver>): Promise<Delivered> {
  const delivered = await deliver(...how);
  if (delivered.double || delivered.lost) throw new Error(`${delivered.double} pages with more than one message, ${delivered.lost} without one`);
  return delivered;
}
