/**
 * R19: Schemathesis over the whole OpenAPI document, as admin, as somebody without a role and as visitor: examples, every
 * edge of every field, random input, and sequences along the links. Nothing may break: no server error, no answer that its
 * schema does not know, no status that is not documented, no input taken that the document forbids, none refused that it allows.
 *   npm run chaos -- r19 [examples per operation] [admin|user|visitor]
 */
import { migrate } from '../../db/migrate';
import { askers, failuresIn, openContract, type Asker } from '../../test/support/contract';
import { services } from '../../test/support/services';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const examples = Number(process.argv[2] ?? 10);
  const { seed } = randomness();
  await migrate(services.databaseOwnerUrl(), services.databaseAppUrl());
  const contract = await openContract(services.databaseAppUrl());
  let answers = 0;
  let broken = 0;
  const failed: Asker[] = [];
  try {
    for (const asker of process.argv[3] ? [process.argv[3] as Asker] : askers) {
      const run = await contract.run(asker, { seed, examples });
      answers += Object.values(run.answers).reduce((all, n) => all + n, 0);
      broken += run.answers['5xx'] ?? 0;
      console.log(`seed ${seed} · ${asker}: ${JSON.stringify(run.answers)}, ${run.reached.size} operations did something${run.failed ? `\n${failuresIn(run.said)}` : ''}`);
      if (run.failed) failed.push(asker);
    }
  } finally {
    await contract.close();
  }
  verdict('R19', `${answers} requests as ${process.argv[3] ?? askers.join(', ')}, seed ${seed}: ${broken} server errors, ${failed.length ? `differences as ${failed.join(', ')}` : '0 differences from the document'}`, !failed.length && !broken);
}

void main();
