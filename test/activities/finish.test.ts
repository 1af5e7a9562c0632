/** The end of a delivery: it is over when every page has an outcome, and not before. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeliveryActivities } from '../../activities/delivery';
import { apply } from '../../db/apply';
import { testDatabase } from '../support/database';
import { makeDelivery, makeUser, makeWiki, openHouse, submit, type House } from '../support/house';

const database = testDatabase();
let house: House;
beforeAll(async () => void (house = await openHouse(database.url)));
afterAll(() => house.close());

test('a page that is settled as pending after its wiki was done keeps the delivery from finishing', async () => {
  const { kernel } = house;
  const activities = createDeliveryActivities({ kernel, openWiki: () => Promise.reject(new Error('no wiki here')), publicUrl: '', patienceMs: 1_000, count: () => {} });
  const sender = await makeUser(kernel, 'globalSender');
  const wiki = await makeWiki(kernel);
  const delivery = await makeDelivery(kernel, sender, wiki, ['User talk:One']);
  await submit(kernel, delivery, sender);
  const finish = () => new MockActivityEnvironment().run(activities.finish, { delivery: delivery.id });
  await new MockActivityEnvironment().run(activities.begin, { delivery: delivery.id, version: 1 });
  const { rows } = await kernel.pool.query(
    `with t as (update target set outcome = 'unknown' where delivery_id = $1 returning id, delivery_id)
     update delivery_wiki w set unknown = 1 from t where w.delivery_id = t.delivery_id returning t.id`, [delivery.id]);

  await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'settle', input: { target: Number(rows[0].id), as: 'pending' }, actor: sender });
  expect(await finish()).toEqual({ state: 'running' });
  await kernel.pool.query(
    `with t as (update target set outcome = 'sent' where delivery_id = $1 returning delivery_id) update delivery_wiki w set sent = 1 from t where w.delivery_id = t.delivery_id`, [delivery.id]);
  expect(await finish()).toEqual({ state: 'finished' });
  expect(await finish()).toEqual({ state: 'finished' });
});
