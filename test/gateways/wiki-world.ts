/**
 * A wiki for the contract tests, sandbox or real, with the means to bring it into trouble. Trouble on the real one is
 * PHP settings that hold only for requests under this world's User-Agent: other tests may use the same wiki meanwhile.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxAccounts, startSandboxWiki } from '../../demo/sandbox-wiki';
import type { Board } from '../../gateways/mediawiki-pages';
import { services } from '../support/services';
import { WikiAdmin } from './wiki-admin';

export type Trouble = 'readonly' | 'lagging' | 'ratelimited' | 'signed-out';

export interface Account {
  name: string;
  user: string;
  password: string;
}

export interface WikiWorld {
  apiUrl: string;
  userAgent: string;
  admin: WikiAdmin;
  botPassword: Account;
  /** A new account of its own, with the bot right or without. */
  account: (options: { bot: boolean }) => Promise<Account>;
  trouble: (kind: Trouble) => Promise<void>;
  calm: () => Promise<void>;
  /** From now on an abuse filter refuses edits of this title. */
  filter: (title: string) => Promise<void>;
  /** From now on these pages are in these languages. */
  speak: (languages: Record<string, string>) => Promise<void>;
  /** From now on nobody may create this title. */
  blacklist: (title: string) => Promise<void>;
  /** From now on nobody may take a name that holds this. */
  blacklistName: (part: string) => Promise<void>;
  /** Until `calm`, one address may make so many accounts a day; asked while `mailing`. */
  accountLimit: (count: number) => Promise<void>;
  /** Until `calm`, its users can be mailed, but for one. */
  mailing: (except?: string) => Promise<void>;
  /** From now on this account may mail nobody; asked while `mailing`. */
  gag: (name: string) => Promise<void>;
  /** What has been mailed to a user. */
  mailsTo: (name: string) => Promise<{ subject: string; text: string }[]>;
  /** From now on this page is a board. */
  board: (title: string, board: Board) => Promise<void>;
  /** How many topics of a board hold a marker. */
  topics: (title: string, marker: string) => Promise<number>;
  close: () => Promise<void>;
}

export async function sandboxWorld(): Promise<WikiWorld> {
  const wiki = await startSandboxWiki();
  const { admin, bot } = sandboxAccounts;
  const worldAdmin = await WikiAdmin.signIn(wiki.apiUrl, admin.user, admin.password);
  let accounts = 0;
  return {
    apiUrl: wiki.apiUrl,
    userAgent: 'ReeveContract/1',
    admin: worldAdmin,
    botPassword: { name: bot.name, user: bot.user, password: bot.password },
    async account({ bot: isBot }) {
      const name = `Writer ${(accounts += 1)}`;
      wiki.control('POST', 'seed', { users: [{ name, groups: isBot ? ['bot'] : [], password: 'a password' }] });
      return { name, user: name, password: 'a password' };
    },
    async trouble(kind) {
      if (kind === 'readonly') wiki.control('POST', '', { readOnly: 'moving house' });
      if (kind === 'lagging') wiki.control('POST', '', { lagSeconds: 9 });
      if (kind === 'ratelimited') wiki.control('POST', 'faults', { fault: 'ratelimited' });
      if (kind === 'signed-out') wiki.control('POST', 'logout', { except: admin.name });
    },
    async calm() {
      wiki.control('POST', '', { readOnly: '', lagSeconds: 0, accountsPerDay: 0 });
      wiki.control('DELETE', 'faults');
    },
    async filter(title) {
      wiki.control('POST', 'faults', { fault: 'abusefilter', titles: [title] });
    },
    async speak(languages) {
      wiki.control('POST', 'seed', { pages: Object.entries(languages).map(([title, language]) => ({ title, language })) });
    },
    async blacklist(title) {
      wiki.control('POST', 'faults', { fault: 'titleblacklist', titles: [title] });
    },
    blacklistName: async () => {}, // it has that one line
    async accountLimit(accountsPerDay) {
      wiki.control('POST', '', { accountsPerDay });
    },
    async mailing(except) {
      if (except) wiki.control('POST', 'seed', { users: [{ name: except, mailless: true }] });
    },
    gag: (name) => worldAdmin.block(name),
    mailsTo: async (name) => wiki.control('GET', 'mails').filter(({ to }: { to: string }) => to === name).map(({ subject, text }: { subject: string; text: string }) => ({ subject, text })),
    async board(title, board) {
      wiki.control('POST', 'seed', { pages: [{ title, text: 'About this board.', board }] });
    },
    topics: async (title, marker) => wiki.control('GET', `marks?list=1&marker=${marker}&prefix=`).titles[title] ?? 0,
    close: () => wiki.close(),
  };
}

/** The real one, as `npm test` starts it. */
export async function realWorld(): Promise<WikiWorld> {
  const { apiUrl, adminUser, adminPassword, botUser, botPassword, settingsFile } = services.mediaWiki();
  const admin = await WikiAdmin.signIn(apiUrl, adminUser, adminPassword);
  const mark = `ReeveContract-${process.pid}-${Date.now()}`;
  let accounts = 0;
  const set = (php: string): void =>
    writeFileSync(settingsFile, `<?php\nif ( strpos( $_SERVER['HTTP_USER_AGENT'] ?? '', '${mark}' ) !== false ) {\n${php}\n}\n`);
  const mailFile = join(tmpdir(), `${mark}.mails`);
  const index = apiUrl.replace(/api\.php$/, 'index.php');
  return {
    apiUrl,
    userAgent: mark,
    admin,
    botPassword: { name: botUser.replace(/@.*/, ''), user: botUser, password: botPassword },
    async account({ bot }) {
      const name = `Writer ${mark.replaceAll(/\D+/g, ' ').trim()} ${(accounts += 1)}`;
      const password = 'a long password of Writer';
      await admin.write({ action: 'createaccount', username: name, password, retype: password, createreturnurl: 'http://127.0.0.1/' }, 'createaccount');
      if (bot) await admin.write({ action: 'userrights', user: name, add: 'bot' }, 'userrights');
      return { name, user: name, password };
    },
    async trouble(kind) {
      if (kind === 'readonly') set('$wgReadOnly = "moving house";');
      if (kind === 'lagging') set('$wgHooks["ApiMaxLagInfo"][] = static function ( &$info ) { $info["lag"] = 9; };');
      // Mail stays possible: what the trouble is about is all that goes wrong.
      if (kind === 'ratelimited') set(`${mailSettings(mailFile)} $wgRateLimits = [ "edit" => [ "user" => [ 0, 60 ], "newbie" => [ 0, 60 ] ] ]; $wgHooks["PingLimiter"][] = static function ( $user, $action, &$result ) { $result = in_array( $action, [ "edit", "emailuser" ] ); return false; };`);
      if (kind === 'signed-out') set(`${mailSettings(mailFile)} $wgCookiePrefix = 'changed${Date.now()}';`);
    },
    async calm() {
      rmSync(settingsFile, { force: true });
    },
    async filter(title) {
      await admin.submit(`${index}?title=Special:AbuseFilter/new`, {
        wpFilterDescription: `no ${title}`, wpFilterRules: `page_prefixedtitle == "${title}"`, wpFilterNotes: '',
        wpFilterEnabled: '1', wpFilterGroup: 'default', wpFilterActionDisallow: '1', wpFilterDisallowMessage: 'abusefilter-disallowed', wpFilterDisallowMessageOther: '',
      });
    },
    async speak(languages) {
      const codes = Object.entries(languages).map(([title, code]) => `'${title}' => '${code}'`).join(', ');
      set(`$wgHooks['PageContentLanguage'][] = static function ( $title, &$language ) { $codes = [ ${codes} ]; $language = $codes[$title->getPrefixedText()] ?? $language; };`);
    },
    async blacklist(title) {
      await admin.append('MediaWiki:Titleblacklist', `\n${title.replaceAll(/[^A-Za-z0-9: ]/g, '.')}\n`);
    },
    async blacklistName(part) {
      await admin.append('MediaWiki:Titleblacklist', `\n.*${part}.* <newaccountonly>\n`);
    },
    async accountLimit(count) {
      // Counted by the name of the rule: under a name of our own from nought, whatever this address has made before.
      set(`${mailSettings(mailFile)} $wgAccountCreationThrottle = [ '${mark}' => [ 'count' => ${count}, 'seconds' => 86400 ] ];`);
    },
    async mailing(except = '') {
      set(mailSettings(mailFile, except));
    },
    async gag(name) {
      admin.userAgent = mark; // a wiki without mail blocks nobody from it
      await admin.block(name, { noemail: '1' });
      admin.userAgent = 'admin';
    },
    async mailsTo(name) {
      const all = existsSync(mailFile) ? readFileSync(mailFile, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { to: string; subject: string; text: string }) : [];
      return all.filter(({ to }) => to === name).map(({ subject, text }) => ({ subject, text }));
    },
    board: () => Promise.reject(new Error('Debian has neither Flow nor LiquidThreads')),
    topics: () => Promise.reject(new Error('Debian has neither Flow nor LiquidThreads')),
    async close() {
      rmSync(mailFile, { force: true });
      rmSync(settingsFile, { force: true });
    },
  };
}

/** PHP. Everybody has a confirmed address, but for one; what MediaWiki would hand to the mail server goes into a file. */
export const mailSettings = (file: string, except = ''): string => `
$wgEnableEmail = $wgEnableUserEmail = true;
$wgHooks['UserGetEmail'][] = static function ( $user, &$email ) { $email = $user->getName() === '${except}' ? '' : $user->getId() . '@example.org'; };
$wgHooks['EmailConfirmed'][] = static function ( $user, &$confirmed ) { $confirmed = $user->getName() !== '${except}'; return false; };
$wgHooks['AlternateUserMailer'][] = static function ( $headers, $to, $from, $subject, $body ) {
	file_put_contents( '${file}', json_encode( [ 'to' => $to[0]->name, 'subject' => $subject, 'text' => $body ] ) . "\\n", FILE_APPEND | LOCK_EX );
	return false;
};`;
