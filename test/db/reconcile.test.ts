/** Which deliveries the reconciler finds in want of a workflow. */
import { expandChunk } from '../../db/queries/expansion';
import { cancelPending } from '../../db/queries/ledger';
import { unfinishedDeliveries } from '../../db/queries/reconcile';
import { apply } from '../../db/apply';
import { system } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { makeDelivery, makeUser, makeWiki, openHouse, submit, type House } from '../support/house';

const database = testDatabase();
let house: House;
beforeAll(async () => void (house = await openHouse(database.url)));
afterAll(() => house.close());

test('a delivery that was cancelled wants a workflow until its ledger has every page, and none open any more', async () => {
  const { kernel } = house;
  const sender = await makeUser(kernel, 'globalSender');
  const wiki = await makeWiki(kernel);
  const delivery = await makeDelivery(kernel, sender, wiki, ['User talk:One', 'User talk:Two']);
  await submit(kernel, delivery, sender);
  await expandChunk(kernel.pool, delivery.id, 1);
  await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'expanded', actor: system });
  await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'cancel', actor: sender });
  expect(await unfinishedDeliveries(kernel.pool)).toMatchObject([{ id: delivery.id }]);
  await cancelPending(kernel.pool, { delivery: delivery.id, wiki: wiki.id }, 10);
  expect(await unfinishedDeliveries(kernel.pool)).toMatchObject([{ id: delivery.id }]);
  while (await expandChunk(kernel.pool, delivery.id, 1));
  expect(await unfinishedDeliveries(kernel.pool)).toEqual([]);
});
