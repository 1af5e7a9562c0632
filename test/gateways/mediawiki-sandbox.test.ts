/** The sandbox wiki keeps the contract. */
import { accountsContract } from './accounts.contract';
import { emailContract } from './email.contract';
import { listsContract } from './lists.contract';
import { readingContract } from './reading.contract';
import { Scene } from './scene';
import { topicsContract } from './topics.contract';
import { sandboxWorld } from './wiki-world';
import { writingContract } from './writing.contract';

describe('the sandbox wiki', () => {
  const scene = new Scene();
  beforeAll(() => scene.open(sandboxWorld));
  afterEach(() => scene.world.calm());
  afterAll(() => scene.close());
  readingContract(scene);
  listsContract(scene);
  writingContract(scene);
  emailContract(scene);
  accountsContract(scene);
  topicsContract(scene);
});
