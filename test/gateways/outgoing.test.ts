/** R21 in short: wherever a wiki's address, a name or a redirect leads, nothing but the configured wiki is called. The long form is bench/chaos/r21-outgoing.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testDatabase } from '../support/database';
import { openSsrf, waysOut, type SsrfWorld, type WayOut } from '../support/ssrf';
import { privateCases, redirectCases, spellings, wildCase, type SsrfCase } from '../support/ssrf-cases';

const database = testDatabase();
let world: SsrfWorld;
beforeAll(async () => (world = await openSsrf(database.url)));
afterAll(() => world?.close());

async function allLeaks(cases: SsrfCase[], way: WayOut): Promise<string[]> {
  const found: string[] = [];
  for (const one of cases) for (const leak of await world.leaks(one, way)) found.push(`${leak} by ${way}: ${one.name}`);
  return found;
}

describe('nothing leaves', () => {
  test.each(waysOut)('for private space, however it is written or resolved, by %s', async (way) => {
    const cases = privateCases(world.ports);
    expect(await allLeaks(way === 'gateway' ? cases : cases.filter((_, index) => index % 15 === 0), way)).toEqual([]);
  });

  test.each(waysOut)('for where a configured wiki redirects to, by %s', async (way) => {
    const cases = redirectCases(world.ports);
    expect(await allLeaks(cases.filter((_, index) => index % (way === 'gateway' ? 3 : 15) === 0), way)).toEqual([]);
  });

  test('for 300 random ones of these', async () => {
    let state = 21;
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    expect(await allLeaks(Array.from({ length: 300 }, () => wildCase(world.ports, next)), 'gateway')).toEqual([]);
  });

  test.each(waysOut)('unseen: where the guard lets loopback through, the trap has it, by %s', async (way) => {
    const open = { url: `http://${spellings('127.0.0.1')[3]}:${world.ports.trap}/api.php`, allowPrivate: true, mayCallWiki: false };
    expect(new Set(await allLeaks([{ name: 'the control', ...open }], way))).toEqual(new Set([`127.0.0.1:${world.ports.trap} by ${way}: the control`]));
  });
});

test('only these files open connections: each has its guard, or calls nothing but a service that is configured', () => {
  const root = join(__dirname, '../..');
  const folders = ['activities', 'api', 'bin', 'config', 'db', 'dispatch', 'gateways', 'machines', 'policies', 'workflows'];
  const files = folders.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`)).filter((file) => file.endsWith('.ts'));
  const opens = /(?<![.\w])fetch\(|from 'undici'|from 'node:(?:net|tls|https?|http2|dgram)'(?<!import type[^\n]*)(?<!\{ isIP(?:v4)? \}[^\n]*)(?<!\{ (?:BlockList|createServer)[^\n]*)|smtp-connection|XMLHttpRequest|new WebSocket/;
  expect(files.filter((file) => opens.test(readFileSync(join(root, file), 'utf8'))).sort()).toEqual(['bin/client.ts', 'bin/commands/doctor.ts', 'gateways/http.ts', 'gateways/mail.ts']);
});
