/** A sandbox wiki that an API asks, on which accounts can be made outside of Reeve. */
import { createWikis, type WikiDeps } from '../../activities/wikis';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { seal } from '../../gateways/secret-box';
import type { TestApi } from './api';

export interface AuditedWikis {
  sandbox: SandboxWiki;
  /** The name of each wiki's bot. */
  bot: string;
  wikis: WikiDeps;
  openWiki: ReturnType<typeof createWikis>;
  /** One more wiki, under a name of its own. */
  add(name: string): Promise<{ id: number; host: string }>;
  /** Made at a wiki by its bot, or by whom is named, and not through Reeve. */
  outside(name: string, ...accounts: { name: string; by?: string; atMs?: number; reason?: string; hidden?: boolean }[]): void;
}

export async function auditedWikis({ api, wiki }: TestApi): Promise<AuditedWikis> {
  const sandbox = await startSandboxWiki();
  const { kernel, config } = api;
  const wikis: WikiDeps = { kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true };
  const openWiki = createWikis(wikis);
  api.wiki = async (id) => (await openWiki(id)).gateway;
  const { name: bot, user, password } = sandboxAccounts.bot;
  return {
    sandbox, bot, wikis, openWiki,
    add: (name) => wiki(`${name}.example.org`, { apiUrl: sandbox.apiUrl.replace('/api.php', `/${name}/api.php`), botUser: user, botPassword: seal(config.REEVE_SECRET_KEY, password) }),
    outside: (name, ...accounts) => void sandbox.control('POST', 'seed', { wiki: name, accounts: accounts.map((one) => ({ by: bot, ...one })) }),
  };
}
