/**
 * R20: 200,000 cases of actor × verb × state × owner × field, the policies beside an oracle that is written by hand; and
 * 10,000 answers of the API to everybody about everything, searched for values that their asker may not read. One value is
 * put where others read it, and must be found.
 *   npm run chaos -- r20 [cases] [answers]
 */
import { migrate } from '../../db/migrate';
import { nouns } from '../../policies';
import { openAnswers, type Leak } from '../../test/policies/answers';
import { walkMatrix } from '../../test/policies/matrix';
import { services } from '../../test/support/services';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const [cases, wanted] = [Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 10_000)];
  const random = randomness();
  const differences: string[] = [];
  let [asked, allowed] = [0, 0];
  for (let turn = 0; asked < cases; turn++) {
    const matrix = walkMatrix(nouns[turn % nouns.length]!, random.seed + turn, 20);
    asked += matrix.asked;
    allowed += matrix.allowed;
    differences.push(...matrix.differences);
  }
  console.log(`seed ${random.seed}: ${asked} cases, ${allowed} allowed${differences.slice(0, 5).map((one) => `\n${one}`).join('')}`);
  verdict('R20 rights', `${asked} cases, ${differences.length} differences from the oracle`, !differences.length);

  await migrate(services.databaseOwnerUrl(), services.databaseAppUrl());
  const answers = await openAnswers(services.databaseAppUrl());
  try {
    const leaks: Leak[] = [];
    const statuses: Record<number, number> = {};
    const routes = new Set<string>();
    const pick = <T>(all: T[]): T => all[Math.floor(random.next() * all.length)]!;
    for (let n = 0; n < wanted; n++) {
      const [asker, ask] = [pick(answers.askers), answers.asks[n % 2 ? Math.floor(random.next() * answers.asks.length) : n % answers.asks.length]!];
      const found = await answers.ask(asker, ask);
      leaks.push(...found.leaks);
      statuses[found.status] = (statuses[found.status] ?? 0) + 1;
      routes.add(`${ask.method} ${ask.path.split('?')[0]!.replace(/\d+/g, ':id')}`);
    }
    const secret = answers.secrets.find(({ where }) => where === 'delivery.body')!;
    await answers.sql('update wiki set opt_out_category = $1', [secret.mark]);
    const planted = await answers.ask(answers.askers.find(({ name }) => name === 'nobody')!, { method: 'GET', path: '/api/wikis' });
    console.log(`seed ${random.seed}: ${JSON.stringify(statuses)} of ${routes.size} routes${leaks.slice(0, 20).map((leak) => `\n${JSON.stringify(leak)}`).join('')}`);
    verdict('R20 answers', `${wanted} answers to ${answers.askers.length} askers on ${routes.size} routes searched for ${answers.secrets.length} private values: ${leaks.length} leaks; the one put there ${planted.leaks.length ? 'was' : 'was not'} found`, !leaks.length && planted.leaks.length > 0);
  } finally {
    await answers.close();
  }
}

void main();
