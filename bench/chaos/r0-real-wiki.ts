/**
 * R0: a list of 2,000 lines on a real MediaWiki – users with and without accounts, opted out, protected, renamed, twice,
 * bad titles – sent by the command line, the worker killed (-9) twice in the middle. Every page must have exactly one
 * message, and every line its code. (`npm test` does the same with 400 lines.)
 *   npm run chaos -- r0 [lines] [kills]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copiesOnWiki, makeCrowd, seedCrowd, type Fate } from '../../test/support/mediawiki-crowd';
import { startPlatform } from '../../test/support/platform';
import { verdict } from '../verdict';

const HOST = 'real.example.org';

async function main(): Promise<void> {
  const [lines, kills] = [Number(process.argv[2] ?? 2_000), Number(process.argv[3] ?? 2)];
  const platform = await startPlatform({}, ['--no-demo', '--with-mediawiki']);
  try {
    const crowd = makeCrowd(lines, HOST);
    await seedCrowd(platform, crowd);
    const { apiUrl, botUser, botPassword } = platform.run().mediawiki!;
    await platform.admin.post('/wikis', { host: HOST, apiUrl, botUser, botPassword, editsPerMinute: 60_000, inFlight: 3 });
    const file = join(platform.home, 'list.txt');
    writeFileSync(file, crowd.lines.join('\n'));
    const begun = Date.now();
    const sending = platform.cli('deliver', file, '--wiki', HOST, '--subject', 'Apples', '--body', 'Come and see. ~~~~', '--json');
    for (let kill = 1; kill <= kills; kill++) {
      while ((await sent()) < (lines * 0.6 * kill) / (kills + 1)) await sleep(100);
      await platform.untilBack('worker', platform.kill('worker'));
    }
    const { status, stdout, stderr } = await sending;
    if (status !== 0) throw new Error(`reeve deliver: ${stderr}`);
    const seconds = (Date.now() - begun) / 1_000;
    const { id, marker, counts, list } = JSON.parse(stdout);

    const copies = await copiesOnWiki(apiUrl, botUser.replace(/@.*/, ''), marker);
    const due = new Set(crowd.fates.filter(({ outcome }) => outcome === 'sent').map(({ page }) => page));
    const once = [...due].filter((page) => copies.get(page) === 1).length;
    const unasked = [...copies].filter(([page, count]) => count > 0 && !due.has(page)).length;
    const ledger: Fate[] = [];
    for await (const { page, outcome, code } of platform.admin.list(`/deliveries/${id}/targets`)) ledger.push({ page, outcome, code });
    const [expected, found] = [crowd.fates, ledger].map((fates) => new Set(fates.map(({ page, outcome, code }) => `${page} · ${outcome} · ${code}`)));
    const wrong = [...expected!].filter((line) => !found!.has(line));
    console.log(`${JSON.stringify(counts)} · ${list.problemCount} bad lines · ${seconds.toFixed(0)} s${wrong.length ? ` · not as expected: ${wrong.slice(0, 10).join('; ')}` : ''}`);
    verdict('R0', `${once} of ${due.size} pages with exactly one message, ${unasked} that should have none; ${crowd.fates.length - wrong.length} of ${crowd.fates.length} lines with their code; ${kills} kills`,
      once === due.size && unasked === 0 && wrong.length === 0 && ledger.length === crowd.fates.length);
  } finally {
    await platform.stop();
  }

  async function sent(): Promise<number> {
    const { rows } = await platform.kernel.pool.query('select coalesce(sum(sent), 0)::int as sent from delivery_wiki');
    return rows[0].sent;
  }
}

void main();
