/**
 * A wiki for the contract tests, sandbox or real, with the means to bring it into trouble. Trouble on the real one is
 * PHP settings that hold only for requests under this world's User-Agent: other tests may use the same wiki meanwhile.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { sandboxAccounts, startSandboxWiki } from '../../demo/sandbox-wiki';
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
  close: () => Promise<void>;
}

export async function sandboxWorld(): Promise<WikiWorld> {
  const wiki = await startSandboxWiki();
  const { admin, bot } = sandboxAccounts;
  let accounts = 0;
  return {
    apiUrl: wiki.apiUrl,
    userAgent: 'ReeveContract/1',
    admin: await WikiAdmin.signIn(wiki.apiUrl, admin.user, admin.password),
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
      wiki.control('POST', '', { readOnly: '', lagSeconds: 0 });
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
      if (kind === 'ratelimited') set('$wgRateLimits = [ "edit" => [ "user" => [ 0, 60 ], "newbie" => [ 0, 60 ] ] ]; $wgHooks["PingLimiter"][] = static function ( $user, $action, &$result ) { $result = $action === "edit"; return false; };');
      if (kind === 'signed-out') set(`$wgCookiePrefix = 'changed${Date.now()}';`);
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
    async close() {
      rmSync(settingsFile, { force: true });
    },
  };
}
