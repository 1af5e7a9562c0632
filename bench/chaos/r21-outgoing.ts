/**
 * R21: every way out of Reeve (the gateway, all that a wiki's session asks, a wiki configured, changed and tested through
 * the API) is led to private space and out of the allow-list: by every spelling of an address, names, names with two
 * addresses, names that change their mind, redirects and chains of them; then by random ones. Each connection that the
 * process begins is seen. None may leave; the control shows that one would have been seen.
 *   npm run chaos -- r21 [random cases]
 */
import { migrate } from '../../db/migrate';
import { services } from '../../test/support/services';
import { openSsrf, waysOut } from '../../test/support/ssrf';
import { privateCases, redirectCases, wildCase } from '../../test/support/ssrf-cases';
import { randomness, verdict } from '../verdict';

async function main(): Promise<void> {
  const random = Number(process.argv[2] ?? 20_000);
  const { seed, next } = randomness();
  await migrate(services.databaseOwnerUrl(), services.databaseAppUrl());
  const world = await openSsrf(services.databaseAppUrl());
  const { ports } = world;
  const left: string[] = [];
  let cases = 0;
  const look = async (one: Parameters<typeof world.leaks>[0], way: (typeof waysOut)[number]): Promise<void> => {
    cases += 1;
    for (const leak of await world.leaks(one, way)) left.push(`${leak} by ${way}: ${one.name}`);
  };
  let seen = 0;
  try {
    for (const way of waysOut) {
      for (const one of [...privateCases(ports), ...redirectCases(ports)]) await look(one, way);
      const control = await world.leaks({ name: 'the control', url: `http://127.1:${ports.trap}/api.php`, allowPrivate: true, mayCallWiki: false }, way);
      seen += Number(control.length > 0 && control.every((to) => to === `127.0.0.1:${ports.trap}`));
    }
    for (let n = 0; n < random; n++) await look(wildCase(ports, next), n % 10 ? 'gateway' : 'wiki');
  } finally {
    await world.close();
  }
  if (left.length) console.log(left.slice(0, 20).join('\n'));
  verdict('R21', `${left.length} of ${cases} leave the allow-list, seed ${seed} (${waysOut.join(', ')}; ${random} random ones); the control was seen by ${seen} of ${waysOut.length} ways`, !left.length && seen === waysOut.length);
}

void main();
