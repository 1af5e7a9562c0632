/** The sandbox wiki keeps the contract. */
import { mediaWikiContract } from './mediawiki.contract';
import { sandboxWorld } from './wiki-world';

describe('the sandbox wiki', () => mediaWikiContract(sandboxWorld));
