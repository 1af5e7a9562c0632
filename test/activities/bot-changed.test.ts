/** A wiki gets another bot account while rows are in doubt: what the one before has posted is not posted again. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDeliveryActivities, type DeliveryActivities } from '../../activities/delivery';
import { createWikis, type OpenWikiById } from '../../activities/wikis';
import { apply } from '../../db/apply';
import { edit } from '../../db/create';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { WikiError } from '../../gateways/mediawiki-error';
import { seal } from '../../gateways/secret-box';
import { system } from '../../policies/actor';
import { testDatabase } from '../support/database';
import { makeDelivery, makeUser, makeWiki, openHouse, SECRET_KEY, submit, type House } from '../support/house';

const database = testDatabase();
let house: House;
let sandbox: SandboxWiki;
/** Of so many edits that the wiki took no answer came; then it blocked the account. */
let lost = 0;
let activities: DeliveryActivities;
let openWiki: OpenWikiById;
beforeAll(async () => {
  house = await openHouse(database.url);
  sandbox = await startSandboxWiki();
  const { kernel } = house;
  openWiki = createWikis({ kernel, secretKey: SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 10_000, allowPrivateHosts: true });
  activities = createDeliveryActivities({
    kernel, publicUrl: 'http://reeve.example.org', patienceMs: 20_000, count: () => {},
    async openWiki(id) {
      const wiki = await openWiki(id);
      const append = async (...asked: Parameters<typeof wiki.gateway.append>) => {
        if (wiki.row.botUser !== sandboxAccounts.bot.user) return wiki.gateway.append(...asked);
        if (lost === 3) throw new WikiError('blocked', 'blocked');
        await wiki.gateway.append(...asked);
        lost++;
        throw new WikiError('lost', 'timeout');
      };
      return { ...wiki, gateway: Object.create(wiki.gateway, { append: { value: append } }) };
    },
  });
});
afterAll(async () => {
  await sandbox.close();
  await house.close();
});

test.each(['goes on', 'is cancelled'])('when the delivery %s', async (how) => {
  lost = 0;
  const { kernel } = house;
  sandbox.control('POST', 'reset');
  sandbox.control('POST', 'seed', { users: [{ prefix: 'Reader ', count: 10 }] });
  const sender = await makeUser(kernel, 'globalSender');
  const wiki = await makeWiki(kernel, { apiUrl: sandbox.apiUrl, ...sandboxAccounts.bot });
  const delivery = await makeDelivery(kernel, sender, wiki, Array.from({ length: 10 }, (_, i) => `User talk:Reader ${i + 1}`));
  const place = { delivery: delivery.id, wiki: wiki.id };
  const act = <T, A extends object>(activity: (input: A) => Promise<T>, input: A): Promise<T> => new MockActivityEnvironment({ activityId: 'lane' }).run(activity, input) as Promise<T>;
  const lane = () => act(activities.lane, { ...place, host: wiki.host, quota: 100 });
  await submit(kernel, delivery, sender);
  await act(activities.begin, { delivery: delivery.id, version: 1 });
  await expect(lane()).rejects.toMatchObject({ type: 'wiki.blocked' });

  const { user, password } = sandboxAccounts.admin;
  await edit(kernel, { noun: 'wiki', id: wiki.id, actor: system, values: { botUser: user, botPassword: seal(SECRET_KEY, password) } });
  if (how === 'goes on') await lane();
  else {
    await apply(kernel, { noun: 'delivery', id: delivery.id, verb: 'cancel', actor: sender });
    expect(await act(activities.closeWiki, { ...place, how: 'cancelled' as const })).toMatchObject({ sent: 3, cancelled: 7, open: 0 });
  }
  expect(sandbox.control('GET', `marks?marker=${delivery.marker}&prefix=`)).toMatchObject({ exactlyOne: how === 'goes on' ? 10 : 3, more: 0 });
});

test('what is on its way when the bot gets another password arrives, and its answer is heard', async () => {
  sandbox.control('POST', 'reset');
  const { kernel } = house;
  const wiki = await makeWiki(kernel, { apiUrl: sandbox.apiUrl, ...sandboxAccounts.bot });
  const { gateway } = await openWiki(wiki.id);
  await gateway.whoAmI();
  sandbox.control('POST', '', { latencyMs: 500 });
  const edited = gateway.append({ title: 'Talk:News', text: 'x', createOnly: true, summary: 'News' });
  await edit(kernel, { noun: 'wiki', id: wiki.id, actor: system, values: { botPassword: seal(SECRET_KEY, sandboxAccounts.bot.password) } });
  expect((await openWiki(wiki.id)).gateway).not.toBe(gateway);
  expect(await edited).toEqual({ revisionId: expect.any(Number) });
});
