/**
 * R15: six accounts a day. In each round fifty requests of two people behind one address are made into accounts at once, by
 * two workers' worth of hands, at a wiki that counts as MediaWiki does. The wiki must never be asked for a seventh.
 *   npm run chaos -- r15 [rounds] [requests]
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities } from '../../activities/account';
import { createWikis } from '../../activities/wikis';
import { apply } from '../../db/apply';
import { startSandboxWiki } from '../../demo/sandbox-wiki';
import { makeOpenRequest, makeUser, makeWiki, openHouse, SECRET_KEY } from '../../test/support/house';
import { benchDatabase } from '../database';
import { verdict } from '../verdict';

const A_DAY = 6;

async function main(): Promise<void> {
  const [rounds, requests] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 50)];
  const { appUrl } = await benchDatabase('chaos_r15');
  const house = await openHouse(appUrl);
  const sandbox = await startSandboxWiki();
  try {
    const { kernel } = house;
    const wikis = { kernel, secretKey: SECRET_KEY, userAgent: 'ReeveChaos/1 (https://example.org)', timeoutMs: 20_000, allowPrivateHosts: true };
    const hands = [1, 2].map(() => createAccountActivities({ ...wikis, openWiki: createWikis(wikis), limits: { perDay: A_DAY, perCreator: Infinity, perEvent: Infinity } }));
    const people = [await makeUser(kernel, 'toolUser'), await makeUser(kernel, 'toolUser')];
    sandbox.control('POST', '', { accountsPerDay: A_DAY });
    let [made, most, sentAway, outOfTurn] = [0, 0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      const name = `w${round}`;
      sandbox.control('POST', 'seed', { wiki: name, users: [{ name: 'Maker', password: 'a password' }] });
      const wiki = await makeWiki(kernel, { apiUrl: `${sandbox.url}/${name}/api.php`, user: 'Maker', password: 'a password' });
      const ids: number[] = [];
      for (let n = 0; n < requests; n++) {
        const { id } = await makeOpenRequest(kernel, { wikiId: wiki.id });
        await apply(kernel, { noun: 'request', id, verb: 'create', actor: people[n % 2]!, input: { mode: 'bot' } });
        ids.push(id);
      }
      await kernel.pool.query('update request set take_back_until_ms = 0 where wiki_id = $1', [wiki.id]);
      await Promise.all(ids.map((request, n) => new MockActivityEnvironment().run(hands[n % 2]!.createAccount, { request })));
      const here = sandbox.control('GET', `accounts?wiki=${name}`).length as number;
      const { rows } = await kernel.pool.query<{ away: number; later: number }>(
        `select (select count(*)::int from account_attempt where wiki_id = $1 and outcome = 'throttled') as away,
                (select count(*)::int from request r where wiki_id = $1 and state = 'closed' and exists (select from request e where e.wiki_id = $1 and e.state = 'creating' and e.id < r.id)) as later`, [wiki.id]);
      made += here;
      most = Math.max(most, here);
      sentAway += rows[0]!.away;
      outOfTurn += rows[0]!.later;
    }
    verdict('R15', `${made} accounts in ${rounds} rounds of ${requests} at once, at most ${most} a day (reach ${A_DAY}), ${sentAway} sent away by the wiki, ${outOfTurn} out of turn`, most <= A_DAY && made === rounds * A_DAY && sentAway === 0);
  } finally {
    await sandbox.close();
    await house.close();
  }
}

void main();
