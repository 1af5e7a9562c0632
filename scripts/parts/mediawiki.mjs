/**
 * A real MediaWiki on SQLite, served by PHP's own server: for the contract tests of the gateway, and beside the sandbox wiki with
 * `npm start -- --with-mediawiki`. One wiki is installed once and kept in the user's cache; each instance is a copy of its files.
 */
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, writeJson } from '../house/files.mjs';
import { PlainFault } from '../house/progress.mjs';
import { cachedFolder, onPath } from '../supply/cache.mjs';
import { unpackDownload } from '../supply/download.mjs';
import { cannotInstall, installPackages } from '../supply/packages.mjs';
import { run } from '../supply/run.mjs';

const PHP = { apt: ['php-cli', 'php-sqlite3', 'php-mbstring', 'php-xml', 'php-intl', 'php-apcu'], brew: ['php'] };
const PHP_MODULES = ['pdo_sqlite', 'mbstring', 'xml', 'intl'];
const RELEASE = '1.39.17';
const DEBIAN_TREE = '/usr/share/mediawiki';
const BOT_GRANTS = ['basic', 'highvolume', 'editpage', 'editprotected', 'createeditmovepage', 'createaccount', 'sendemail'];
const SETTINGS_FILE = 'test-settings.php';
const INI = ['-d', 'opcache.enable_cli=1', '-d', 'opcache.revalidate_freq=0', '-d', 'apc.enable_cli=1', '-d', 'memory_limit=512M', '-d', 'display_errors=stderr'];

/** @returns { php, tree, template } all that an instance needs */
export async function obtainMediaWiki(tell = () => {}) {
  const php = await obtainPhp(tell);
  const tree = await obtainTree(tell);
  return { php, tree, template: await obtainTemplate(php, tree, tell) };
}

/**
 * @param options { dir, port, name }
 * @returns a recipe with apiUrl, botUser, botPassword, adminUser, adminPassword and settingsFile (PHP that holds from the next request on)
 */
export function mediaWiki({ php, tree, template }, { dir, port, name = 'mediawiki' }) {
  if (!existsSync(join(dir, 'LocalSettings.php'))) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    cpSync(template, dir, { recursive: true });
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    name,
    command: php,
    args: ['-q', ...INI, '-S', `127.0.0.1:${port}`, '-t', tree],
    env: { ...wikiEnvironment(tree, dir, url), PHP_CLI_SERVER_WORKERS: '4' },
    cwd: dir,
    isReady: () => answersSiteInfo(url),
    url,
    apiUrl: `${url}/api.php`,
    settingsFile: join(dir, SETTINGS_FILE),
    ...readJson(join(dir, 'accounts.json')),
  };
}

async function obtainPhp(tell) {
  const found = async () => {
    const php = onPath('php');
    const modules = php && (await run(php, ['-m'])).toLowerCase().split('\n');
    return modules && PHP_MODULES.every((name) => modules.includes(name)) ? php : undefined;
  };
  const php = (await found()) ?? ((await installPackages(PHP, tell)) ? await found() : undefined);
  if (!php) throw cannotInstall('PHP with SQLite (for the real MediaWiki of the tests)', PHP);
  return php;
}

/** Debian's package is unpacked, not installed: installing it would bring a web server that starts at once. */
async function obtainTree(tell) {
  if (existsSync(join(DEBIAN_TREE, 'api.php'))) return DEBIAN_TREE;
  const reasons = [];
  for (const way of [treeFromPackage, treeFromDownload]) {
    try {
      const tree = await way(tell);
      if (tree) return tree;
    } catch (error) {
      reasons.push(`- ${error.message}`);
    }
  }
  throw new PlainFault(`MediaWiki could not be had. On Debian: sudo apt-get install mediawiki.\n${reasons.join('\n')}`);
}

const hasTree = (tree) => existsSync(join(tree, 'api.php')) && existsSync(join(tree, 'extensions/AbuseFilter'));

async function treeFromPackage(tell) {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return undefined;
  const inside = 'usr/share/mediawiki';
  const folder = await cachedFolder(
    'mediawiki-debian',
    (there) => hasTree(join(there, inside)),
    async (draft) => {
      tell("Debian's package");
      const fetch = () => run('apt-get', ['-q', 'download', 'mediawiki', 'mediawiki-classes'], { cwd: draft });
      await fetch().catch(async (error) => {
        if (process.getuid?.() !== 0) throw error;
        await run('apt-get', ['-q', 'update']);
        await fetch();
      });
      for (const file of readdirSync(draft).filter((entry) => entry.endsWith('.deb'))) {
        await run('dpkg-deb', ['-x', file, '.'], { cwd: draft });
        rmSync(join(draft, file));
      }
      for (const link of ['extensions', 'images', 'config', 'LocalSettings.php']) rmSync(join(draft, inside, link), { force: true });
      symlinkSync('extensions-core', join(draft, inside, 'extensions'));
    },
  );
  return join(folder, inside);
}

async function treeFromDownload(tell) {
  const inside = `mediawiki-${RELEASE}`;
  const folder = await cachedFolder(
    `mediawiki-release-${RELEASE}`,
    (there) => hasTree(join(there, inside)),
    async (draft) => {
      tell(`version ${RELEASE}, the official download`);
      await unpackDownload(`https://releases.wikimedia.org/mediawiki/${RELEASE.replace(/\.\d+$/, '')}/${inside}.tar.gz`, draft);
    },
  );
  return join(folder, inside);
}

/** Installs the wiki and its accounts once; the kept files change with MediaWiki's version and with this module. */
async function obtainTemplate(php, tree, tell) {
  const version = /MW_VERSION', '([^']+)'/.exec(readFileSync(join(tree, 'includes/Defines.php'), 'utf8'))?.[1] ?? 'unknown';
  const self = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url))).digest('hex').slice(0, 12);
  return cachedFolder(
    `mediawiki-template-${version}-${self}`,
    (there) => existsSync(join(there, 'accounts.json')),
    async (dir) => {
      tell(`installing a wiki (MediaWiki ${version}) with its accounts, once`);
      const env = wikiEnvironment(tree, dir, 'http://127.0.0.1');
      const maintain = (script, ...args) => run(php, [...INI, join(tree, 'maintenance', script), ...args], { cwd: dir, env, timeoutMs: 300_000 });
      const secret = () => randomBytes(16).toString('hex');
      const accounts = { botUser: 'ReeveBot@reeve', botPassword: secret(), adminUser: 'Admin', adminPassword: secret() };
      const site = ['--dbtype', 'sqlite', '--dbpath', join(dir, 'data'), '--dbname', 'wiki', '--scriptpath', '', '--server', 'http://127.0.0.1', '--lang', 'en'];
      mkdirSync(join(dir, 'data'));
      // The installer wants to see no settings at all, so it is given a name that does not exist, and writes where nobody looks.
      const unset = { ...env, MW_CONFIG_FILE: join(dir, 'none.php') };
      const install = [...INI, join(tree, 'maintenance/install.php'), ...site, '--confpath', dir, '--pass', accounts.adminPassword, 'Test wiki', accounts.adminUser];
      await run(php, install, { cwd: dir, env: unset, timeoutMs: 300_000 });
      writeFileSync(join(dir, 'LocalSettings.php'), localSettings(secret()));
      await maintain('update.php', '--quick'); // the tables of the extensions
      await maintain('createAndPromote.php', '--bot', 'ReeveBot', secret());
      await maintain('createBotPassword.php', '--appid', 'reeve', '--grants', BOT_GRANTS.join(','), 'ReeveBot', accounts.botPassword);
      await run(php, ['-r', journals], { cwd: join(dir, 'data') });
      writeJson(join(dir, 'accounts.json'), accounts);
    },
  );
}

/** Readers beside a writer: without it, four workers would wait for each other. */
const journals = 'foreach (glob("*.sqlite") as $file) { (new PDO("sqlite:$file"))->query("PRAGMA journal_mode=WAL")->fetchAll(); }';

/** The tree stays as it is, shared by all instances; where an instance keeps its own comes by environment. */
const wikiEnvironment = (tree, dir, url) => ({
  MW_INSTALL_PATH: tree,
  MW_CONFIG_FILE: join(dir, 'LocalSettings.php'),
  REEVE_MEDIAWIKI_DIR: dir,
  REEVE_MEDIAWIKI_URL: url,
});

const localSettings = (secretKey) => `<?php
$dir = getenv( 'REEVE_MEDIAWIKI_DIR' );
$wgSitename = 'Test wiki';
$wgServer = $wgCanonicalServer = getenv( 'REEVE_MEDIAWIKI_URL' );
$wgScriptPath = '';
$wgSecretKey = '${secretKey}';
$wgDBtype = 'sqlite';
$wgDBname = 'wiki';
$wgSQLiteDataDir = "$dir/data";
$wgObjectCaches[CACHE_DB] = [ 'class' => SqlBagOStuff::class, 'loggroup' => 'SQLBagOStuff', 'server' => [
	'type' => 'sqlite', 'dbname' => 'wikicache', 'tablePrefix' => '', 'variables' => [ 'synchronous' => 'NORMAL' ],
	'dbDirectory' => $wgSQLiteDataDir, 'trxMode' => 'IMMEDIATE', 'flags' => 0 ] ];
$wgSessionCacheType = CACHE_DB;
$wgMainCacheType = function_exists( 'apcu_fetch' ) ? CACHE_ACCEL : CACHE_NONE;
$wgCacheDirectory = "$dir/cache";
$wgUploadDirectory = "$dir/images";
$wgTmpDirectory = "$dir/cache";
$wgEnableUploads = false;
$wgEnableEmail = false;
$wgEmailConfirmToEdit = false;
$wgRateLimits = [];
$wgAccountCreationThrottle = [ [ 'count' => 0, 'seconds' => 86400 ] ];
$wgPasswordAttemptThrottle = [];
$wgShowExceptionDetails = true;
$wgUseInstantCommons = false;
$wgPingback = false;
$wgEnableBotPasswords = true;
wfLoadSkin( 'Vector' );
wfLoadExtensions( [ 'AbuseFilter', 'TitleBlacklist', 'SpamBlacklist' ] );
$wgBlacklistSettings = [ 'spam' => [ 'files' => [] ] ]; // the standard one asks another wiki
$wgTitleBlacklistSources = [ [ 'type' => 'localpage', 'src' => 'MediaWiki:Titleblacklist' ] ];
$wgJobRunRate = 0;
if ( file_exists( "$dir/${SETTINGS_FILE}" ) ) {
	require "$dir/${SETTINGS_FILE}";
}
`;

async function answersSiteInfo(url) {
  try {
    const reply = await fetch(`${url}/api.php?action=query&meta=siteinfo&format=json`, { signal: AbortSignal.timeout(20_000) });
    return Boolean((await reply.json()).query);
  } catch {
    return false;
  }
}
