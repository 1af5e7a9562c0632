/** What every contract test begins with: a wiki, a proxy that can lose answers before it, a bot's gateway, and how to look. */
import { createMediaWiki, type MediaWiki } from '../../gateways/mediawiki';
import type { WikiError } from '../../gateways/mediawiki-error';
import { CuttingProxy } from './cutting-proxy';
import type { Account, WikiWorld } from './wiki-world';

export class Scene {
  world!: WikiWorld;
  proxy!: CuttingProxy;
  bot!: Account;
  wiki!: MediaWiki;
  readonly begunAtMs = Date.now();
  /** Other runs may have left their pages on the same wiki. */
  readonly unique = String(this.begunAtMs);
  private readonly opened: MediaWiki[] = [];

  async open(open: () => Promise<WikiWorld>): Promise<void> {
    this.world = await open();
    this.proxy = await CuttingProxy.before(this.world.apiUrl);
    this.bot = await this.world.account({ bot: true });
    this.wiki = this.connect(this.bot);
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map((one) => one.close()));
    await this.proxy.close();
    await this.world.close();
  }

  readonly talk = (name: string): string => `User talk:${name} ${this.unique}`;

  readonly connect = ({ user, password }: Account): MediaWiki => {
    const made = createMediaWiki({ apiUrl: this.proxy.apiUrl, as: { user, password }, userAgent: this.world.userAgent, allowPrivateHosts: true, timeoutMs: 20_000 });
    this.opened.push(made);
    return made;
  };

  /** Revisions of the bot whose summary holds the marker. */
  async marked(gateway: MediaWiki, marker: string): Promise<number[]> {
    const found: number[] = [];
    for await (const { summary, revisionId } of gateway.contributions({ sinceMs: this.begunAtMs })) if (summary?.includes(marker)) found.push(revisionId);
    return found;
  }

  async copies(title: string, text: string): Promise<number> {
    return (await this.world.admin.text(title)).split(text).length - 1;
  }
}

export const problem = (work: Promise<unknown>): Promise<WikiError> => work.then(
  (value) => { throw new Error(`this should have failed: ${JSON.stringify(value)}`); },
  (error: WikiError) => error,
);
