/** What a lane holds while it works: claims that end with their last outcome, and outcomes that each find their row. */
import { HeldSlot } from '../../activities/held-slot';
import type { Delivery } from '../../db/entities/delivery';
import { readTargets } from '../../db/queries/deliveries';
import { wikiProgress } from '../../db/queries/expansion';
import { takeSlot, type Place } from '../../db/queries/slots';
import { testDatabase } from '../support/database';
import { makeRunning, openHouse, type House } from '../support/house';

const database = testDatabase();
let house: House;
beforeAll(async () => void (house = await openHouse(database.url)));
afterAll(() => house.close());

/** A lane's slot, on a delivery to so many pages. */
async function lane(pages: number): Promise<{ slot: HeldSlot; place: Place; delivery: Delivery; claims: () => Promise<number[][]> }> {
  const { kernel } = house;
  const { delivery, place } = await makeRunning(kernel, pages);
  const slot = new HeldSlot(kernel.pool, place, (await takeSlot(kernel.pool, place, 'lane')).slot!);
  const claims = async () => (await kernel.pool.query('select targets from target_claim where delivery_id = $1 order by id', [delivery.id])).rows.map(({ targets }) => targets.map(Number));
  return { slot, place, delivery, claims };
}
const claim = async (slot: HeldSlot, most: number): Promise<number[]> => (await slot.claim(most)).rows.map(({ id }) => id);

test('a claim is there until its last row has an outcome, and no longer, whoever else holds that row again', async () => {
  const { slot, place, claims } = await lane(9);
  const sent = async (ids: number[]): Promise<number[][]> => {
    for (const id of ids) slot.finish(id, 'sent', null, id);
    await slot.flush();
    return claims();
  };
  const [first, second] = [await claim(slot, 4), await claim(slot, 3)];
  slot.finish(first[0]!, 'pending');
  expect(await sent([first[1]!, second[0]!])).toEqual([first, second]);
  const third = await claim(slot, 4);
  expect(third[0]).toBe(first[0]); // given back, and so the first of two claims
  expect(await sent(first.slice(2))).toEqual([second, third]);
  expect(await sent(second.slice(1))).toEqual([third]);
  expect(await sent(third)).toEqual([]);
  expect(slot.refused).toBe(0);
  expect(await wikiProgress(house.kernel.pool, place.delivery, place.wiki)).toMatchObject({ sent: 9, open: 0 });
});

test('outcomes of all kinds in one batch each find their row, and are counted', async () => {
  const { slot, place, delivery } = await lane(7);
  const ids = await claim(slot, 7);
  slot.finish(ids[6]!, 'sent', null, 106); // in no order
  slot.finish(ids[0]!, 'sent', null, 100);
  slot.finish(ids[1]!, 'skipped', 'opted-out');
  slot.finish(ids[2]!, 'skipped', 'no-page');
  slot.finish(ids[3]!, 'failed', 'it said: "no\\way"');
  slot.finish(ids[4]!, 'unknown', 'lost-reply');
  slot.finish(ids[5]!, 'pending');
  await slot.flush();
  expect(slot.refused).toBe(0);
  expect((await readTargets(house.kernel, delivery.id, {}, 0, 10)).map(({ outcome, code, revisionId }) => [outcome, code, revisionId])).toEqual([
    ['sent', null, 100], ['skipped', 'opted-out', null], ['skipped', 'no-page', null], ['failed', 'it said: "no\\way"', null], ['unknown', 'lost-reply', null], ['pending', null, null], ['sent', null, 106],
  ]);
  expect(await wikiProgress(house.kernel.pool, place.delivery, place.wiki)).toMatchObject({ sent: 2, skipped: 2, failed: 1, unknown: 1, cancelled: 0, open: 1 });
});

test('what a lane gives back in doubt is in doubt, also where the rest of its claim has outcomes', async () => {
  const { slot, delivery, claims } = await lane(5);
  const ids = await claim(slot, 5);
  for (const id of ids.slice(2)) slot.finish(id, 'sent', null, id);
  await slot.release();
  expect(await claims()).toEqual([]);
  expect((await readTargets(house.kernel, delivery.id, { outcome: 'attempting' }, 0, 10)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
});
