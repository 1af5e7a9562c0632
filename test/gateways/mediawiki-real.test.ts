/** MediaWiki itself, from Debian's package, keeps the contract. */
import { accountsContract } from './accounts.contract';
import { emailContract } from './email.contract';
import { listsContract } from './lists.contract';
import { readingContract } from './reading.contract';
import { Scene } from './scene';
import { realWorld } from './wiki-world';
import { writingContract } from './writing.contract';

jest.setTimeout(60_000);

describe('MediaWiki', () => {
  const scene = new Scene();
  beforeAll(() => scene.open(realWorld));
  afterEach(() => scene.world.calm());
  afterAll(() => scene.close());
  readingContract(scene);
  listsContract(scene);
  writingContract(scene);
  emailContract(scene);
  accountsContract(scene);
});
