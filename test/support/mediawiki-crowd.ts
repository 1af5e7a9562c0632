/**
 * A list as communities really have them, for a real MediaWiki: with and without accounts, opted out, protected, renamed,
 * twice, misspelt, in every script – and what must become of each line. Used by test/platform/mediawiki.test.ts and
 * bench/chaos/r0-real-wiki.ts.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WikiAdmin } from '../gateways/wiki-admin';
import type { Platform } from './platform';

/** `page`: as the wiki calls it in the end; of a page that another line has already, as the line calls it. */
export interface Fate {
  page: string;
  outcome: 'sent' | 'skipped' | 'failed';
  code: string | null;
}
export interface Crowd {
  lines: string[];
  fates: Fate[];
  /** How many lines have each problem. */
  problems: Record<string, number>;
  users: string[];
  pages: [title: string, text: string][];
  protect: [title: string, levels: Record<string, string>][];
}

export const OPT_OUT = 'Opted-out of message delivery';
/** What the abuse filter looks for. */
const FILTERED = 'Unwanted';

/** @param host by which the list may name its own wiki */
export function makeCrowd(size: number, host: string): Crowd {
  const crowd: Crowd = { lines: [], fates: [], problems: {}, users: [], pages: [], protect: [] };
  const { lines, users, pages, protect } = crowd;
  const fate = (line: string, page: string, outcome: Fate['outcome'], code: string | null = null): void => {
    lines.push(line);
    crowd.fates.push({ page, outcome, code });
  };
  const problem = (line: string, code: string): void => {
    lines.push(line);
    crowd.problems[code] = (crowd.problems[code] ?? 0) + 1;
  };
  const account = (name: string, text?: string): string => {
    users.push(name);
    if (text !== undefined) pages.push([`User talk:${name}`, text]);
    return `User talk:${name}`;
  };
  /** Does it for this share of the lines; n counts from 1. */
  const share = (percent: number, add: (n: number) => void): void => {
    for (let n = 1; n <= Math.max(1, Math.round((size * percent) / 100)); n++) add(n);
  };
  const same = (page: string, outcome: Fate['outcome'], code: string | null = null): void => fate(page, page, outcome, code);

  share(10, (n) => same(account(`Ann ${n}`, `Welcome, Ann ${n}!\n\n== Tea ==\nWould you like some?`), 'sent'));
  share(6, (n) => fate(`User:Bea ${n}`, account(`Bea ${n}`), 'sent'));
  share(3, (n) => fate(`  user_talk:cleo_${n}  `, account(`Cleo ${n}`), 'sent'));
  share(2, (n) => fate(`User talk:Dora ${n}@${host.toUpperCase()}`, account(`Dora ${n}`), 'sent'));
  share(8, (n) => same(account(`${scripts[n % scripts.length]} ${n}`), 'sent'));
  share(2, (n) => same(account(`${'Ł'.repeat(114)} ${String(n).padStart(6, '0')}`), 'sent')); // 235 bytes: the longest name there is
  share(1, (n) => same(`${account(`Ella ${n}`)}/Archive`, 'sent'));
  share(3, (n) => (same(account(`Fay ${n}`), 'sent'), lines.push(`User talk:Fay ${n}`, `user talk:fay ${n}`, `User talk:Fay ${n}`.normalize('NFD')))); // a page twice is one page
  share(3, (n) => same(`User talk:Nobody ${n}`, 'skipped', 'nouser'));
  share(1, (n) => (pages.push([`User talk:Gone ${n}`, 'An old talk']), same(`User talk:Gone ${n}`, 'skipped', 'nouser')));
  share(2, (n) => same(`User talk:192.0.2.${n % 250}${n < 250 ? '' : '0'}`, 'skipped', 'nouser'));
  share(1, (n) => same(`User talk:2001:DB8:0:0:0:0:0:${n.toString(16).toUpperCase()}`, 'skipped', 'nouser'));
  share(4, (n) => same(account(`Gus ${n}`, `No messages, please.\n[[Category:${OPT_OUT}]]`), 'skipped', 'optout'));
  share(2, (n) => (same(account(`Hal ${n}`, 'Closed'), 'failed', 'protectedpage'), protect.push([`User talk:Hal ${n}`, { edit: 'sysop' }])));
  share(1, (n) => (same(account(`Ian ${n}`), 'failed', 'protectedpage'), protect.push([`User talk:Ian ${n}`, { create: 'sysop' }])));
  share(2, (n) => (same(account(`Jon ${n}`, 'Half closed'), 'sent'), protect.push([`User talk:Jon ${n}`, { edit: 'autoconfirmed' }])));
  share(4, (n) => { // renamed: the account has another name now, and its old talk page leads there
    pages.push([`User talk:Kim ${n}`, `#REDIRECT [[User talk:Kim the Great ${n}]]`]);
    fate(`User talk:Kim ${n}`, account(`Kim the Great ${n}`, 'My new name'), 'sent');
  });
  share(1, (n) => { // renamed twice
    pages.push([`User talk:Lea ${n}`, `#REDIRECT [[User talk:Lea B ${n}]]`], [`User talk:Lea B ${n}`, `#REDIRECT [[User talk:Lea C ${n}]]`]);
    fate(`User talk:Lea ${n}`, account(`Lea C ${n}`), 'sent');
  });
  share(2, (n) => { // under the old name and the new one
    pages.push([`User talk:Max ${n}`, `#REDIRECT [[User talk:Maximus ${n}]]`]);
    same(`User talk:Max ${n}`, 'skipped', 'duplicate');
    same(account(`Maximus ${n}`), 'sent');
  });
  share(1, (n) => {
    pages.push([`User talk:Ned ${n}`, `#REDIRECT [[User talk:Nobody knows ${n}]]`]);
    fate(account(`Ned ${n}`), `User talk:Nobody knows ${n}`, 'skipped', 'nouser');
  });
  share(1, (n) => (pages.push([`User talk:Ole ${n}`, `#REDIRECT [[Apple ${n}]]`]), fate(account(`Ole ${n}`), `Apple ${n}`, 'skipped', 'badns')));
  share(1, (n) => (pages.push([`User talk:Orla ${n}`, `#REDIRECT [[wikipedia:User talk:Orla ${n}]]`]), same(account(`Orla ${n}`), 'skipped', 'redirect-elsewhere')));
  share(1, (n) => { // redirects in a ring
    pages.push([`User talk:Pia ${n}`, `#REDIRECT [[User talk:Pia B ${n}]]`], [`User talk:Pia B ${n}`, `#REDIRECT [[User talk:Pia ${n}]]`]);
    same(account(`Pia ${n}`), 'skipped', 'circular');
  });
  share(2, (n) => same(account(`${FILTERED} ${n}`), 'failed', 'abusefilter-disallowed'));
  share(2, (n) => same(`Apple tree ${n}`, 'skipped', 'badns'));
  share(1, (n) => same(`Template:Apple ${n}`, 'skipped', 'badns'));
  share(1, (n) => same(`MediaWiki:Apple ${n}`, 'skipped', 'badns'));
  share(1, (n) => same(`Special:Watchlist/${n}`, 'skipped', 'badns'));
  share(2, (n) => same(`Talk:Apple ${n}`, 'sent'));
  share(2, (n) => fate(`Project:Board ${n}`, `Test wiki:Board ${n}`, 'sent'));
  share(1, (n) => (same(`Project:Hall ${n}`, 'skipped', 'duplicate'), same(`Test wiki:Hall ${n}`, 'sent')));
  share(1, (n) => same(`Talk:User:Ann ${n}`, 'failed', 'invalidtitle')); // only the wiki knows that this is no title
  share(3, (n) => problem(badTitles[n % badTitles.length]!.replaceAll('N', String(n)), 'invalidtitle'));
  share(1, (n) => problem(`User talk:Quin ${n}@nowhere.example`, 'invalidsite'));
  for (let n = 1; lines.length < size; n++) same(account(`Rob ${n}`), 'sent');
  return crowd;
}

/** Accounts, pages, protections and the filter, in the wiki that the platform was started with. @returns its admin. */
export async function seedCrowd({ home, run }: Platform, { users, pages, protect }: Crowd): Promise<WikiAdmin> {
  const { apiUrl } = run().mediawiki!;
  const settings = join(home, 'mediawiki/test-settings.php');
  writeFileSync(settings, `<?php if ( isset( $_SERVER['HTTP_X_SEED'] ) ) $wgExtensionFunctions[] = static function () { require '${join(__dirname, 'seed-wiki.php')}'; };`);
  try {
    for (const [kind, all] of Object.entries({ users, pages, protect }))
      for (let at = 0; at < all.length; at += 250) {
        const part = { users: [], pages: [], protect: [], [kind]: all.slice(at, at + 250) };
        const answer = await fetch(apiUrl, { method: 'POST', headers: { 'X-Seed': '1' }, body: JSON.stringify(part) });
        const said = await answer.text();
        if (said !== '{"refused":[]}') throw new Error(`the wiki could not be seeded: ${said.slice(0, 2_000)}`);
      }
  } finally {
    rmSync(settings, { force: true });
  }
  const { adminUser, adminPassword } = JSON.parse(readFileSync(join(home, 'mediawiki/accounts.json'), 'utf8'));
  const admin = await WikiAdmin.signIn(apiUrl, adminUser, adminPassword);
  await admin.submit(`${apiUrl.replace(/api\.php$/, 'index.php')}?title=Special:AbuseFilter/new`, {
    wpFilterDescription: 'Unwanted', wpFilterRules: `page_prefixedtitle contains "${FILTERED}"`, wpFilterNotes: '',
    wpFilterEnabled: '1', wpFilterGroup: 'default', wpFilterActionDisallow: '1', wpFilterDisallowMessage: 'abusefilter-disallowed', wpFilterDisallowMessageOther: '',
  });
  return admin;
}

/** How often the marker stands on each page that the bot has edited, as the wiki itself tells it. */
export async function copiesOnWiki(apiUrl: string, bot: string, marker: string): Promise<Map<string, number>> {
  const ask = async (params: Record<string, string>) => (await fetch(apiUrl, { method: 'POST', body: new URLSearchParams({ action: 'query', format: 'json', formatversion: '2', ...params }) })).json() as Promise<any>;  
  const edited = new Set<string>();
  for (let more: Record<string, string> | undefined = {}; more; ) {
    const page = await ask({ list: 'usercontribs', ucuser: bot, uclimit: '500', ucprop: 'title', ...more });
    for (const { title } of page.query.usercontribs) edited.add(title);
    more = page.continue;
  }
  const titles = [...edited];
  const copies = new Map<string, number>();
  for (let at = 0; at < titles.length; at += 50) {
    const { query } = await ask({ prop: 'revisions', rvprop: 'content', rvslots: 'main', titles: titles.slice(at, at + 50).join('|') });
    for (const { title, revisions } of query.pages) copies.set(title, revisions[0].slots.main.content.split(marker).length - 1);
  }
  return copies;
}

const scripts = ['Żółć', 'Читатель', 'مستخدم', '用户', 'ผู้ใช้', 'Ünïcödé', '😀 fan', 'İpek', "O'Neil", 'Tom & Jerry', '1 + 1 = 2', '100% sure', 'Ǆemal', 'Åse'];
const badTitles = ['User talk:Bad<N>', '[[User talk:Bad N]]', '{{Bad N}}', 'User talk:', `User talk:${'x'.repeat(260)}N`, 'Bad|N', 'User talk:Bad%20N', 'User talk:~~~~N', '../N', 'User talk:Bad\u0007N'];
