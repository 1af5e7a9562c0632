/** MediaWiki itself, from Debian's package, keeps the contract. */
import { mediaWikiContract } from './mediawiki.contract';
import { realWorld } from './wiki-world';

jest.setTimeout(60_000);

describe('MediaWiki', () => mediaWikiContract(realWorld));
