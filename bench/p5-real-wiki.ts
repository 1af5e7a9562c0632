/**
 * P5: one message to the talk pages of 2,000 accounts on a real MediaWiki, with every check and look-up on, beside a raw
 * loop that posts the same edits to as many talk pages and does nothing else; both through a proxy that counts requests.
 *   npm run bench -- p5 [targets] [rounds]
 */
import { startPlatform, type Platform } from '../test/support/platform';
import { copiesOnWiki, seedCrowd } from '../test/support/mediawiki-crowd';
import type { Wiki } from '../db/entities/wiki';
import { startCountingProxy, type CountingProxy } from './counting-proxy';
import { rawLoop, rawMessage } from './raw-loop';
import { newWiki, rateOf, sendTo, untilFinished } from './sends';
import { median, verdict } from './verdict';

/** As many as PHP answers at once on two cores. */
const IN_FLIGHT = 3;

interface Side {
  perSecond: number;
  /** Requests besides one edit a page. */
  extra: number;
}

async function main(): Promise<void> {
  const [targets, rounds] = [Number(process.argv[2] ?? 2_000), Number(process.argv[3] ?? 3)];
  const platform = await startPlatform({}, ['--no-demo', '--with-mediawiki']);
  const { apiUrl, botUser: user, botPassword: password } = platform.run().mediawiki!;
  const proxy = await startCountingProxy(apiUrl);
  try {
    const wiki = await newWiki(platform, { apiUrl: proxy.apiUrl, editsPerMinute: 1_000_000, inFlight: IN_FLIGHT }, { user, password });
    // Accounts without talk pages for each: every edit makes a page.
    const names = (who: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${who} ${i + 1}`);
    const accounts = (who: string, round: number): string[] => names(`${who} ${'ABCDEFGHIJ'[round]}`, targets);
    const warm = names('Warm', 100);
    const rest = Array.from({ length: rounds }, (_, round) => [...accounts('Reeve', round), ...accounts('Raw', round)]).flat();
    await seedCrowd(platform, { lines: [], fates: [], problems: {}, users: [...warm, ...names('Warm raw', 100), ...rest], pages: [], protect: [] });
    const talk = (users: string[]): string[] => users.map((name) => `User talk:${name}`);
    const raw = (users: string[]): Promise<Side> => rawSide(proxy, { user, password }, talk(users));
    const reeve = (users: string[]): Promise<Side> => reeveSide(platform, wiki, proxy, talk(users));
    await raw(names('Warm raw', 100));
    await reeve(warm);
    const [loop, own]: [Side[], Side[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const sides = [async () => void loop.push(await raw(accounts('Raw', round))), async () => void own.push(await reeve(accounts('Reeve', round)))];
      for (const side of round % 2 ? sides.reverse() : sides) await side();
      console.log(`round ${round + 1}: raw ${loop.at(-1)!.perSecond.toFixed(1)}/s, Reeve ${own.at(-1)!.perSecond.toFixed(1)}/s, ${own.at(-1)!.extra} extra requests`);
    }
    const ratio = median(own.map(({ perSecond }, i) => perSecond / loop[i]!.perSecond));
    const extra = Math.max(...own.map((side) => side.extra)) / (targets / 100);
    verdict('P5 throughput', `${median(own.map((side) => side.perSecond)).toFixed(1)}/s beside ${median(loop.map((side) => side.perSecond)).toFixed(1)}/s: ${ratio.toFixed(2)} of a raw loop (reach 0.98)`, ratio >= 0.98);
    verdict('P5 requests', `${extra.toFixed(1)} extra requests per 100 targets (reach 4)`, extra <= 4);
  } finally {
    proxy.close();
    await platform.stop();
  }
}

async function rawSide(proxy: CountingProxy, account: { user: string; password: string }, pages: string[]): Promise<Side> {
  const { perSecond, failed } = await rawLoop({ apiUrl: proxy.apiUrl, ...account, targets: pages.map((title) => ({ title })), inFlight: IN_FLIGHT, ...rawMessage });
  if (failed) throw new Error(`${failed} raw edits failed`);
  return { perSecond, extra: extraOf(proxy, pages) };
}

async function reeveSide(platform: Platform, wiki: Wiki, proxy: CountingProxy, pages: string[]): Promise<Side> {
  const { delivery } = await sendTo(platform, wiki, pages);
  await untilFinished(platform, delivery, 1_200_000);
  const extra = extraOf(proxy, pages);
  const { apiUrl, botUser } = platform.run().mediawiki!;
  const copies = await copiesOnWiki(apiUrl, botUser.replace(/@.*/, ''), delivery.marker);
  const wrong = pages.filter((page) => copies.get(page) !== 1).length;
  if (wrong) throw new Error(`${wrong} of ${pages.length} pages have not exactly one message`);
  return { perSecond: await rateOf(platform, delivery), extra };
}

const extraOf = (proxy: CountingProxy, pages: string[]): number => Object.values(proxy.take()).reduce((sum, count) => sum + count, 0) - pages.length;

void main();
