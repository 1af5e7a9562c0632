/** The sandbox wiki's own OAuth 2 keeps the contract of signing in at a wiki. */
import { sandboxAccounts, startSandboxWiki } from '../../demo/sandbox-wiki';
import { allowAtSandbox } from '../support/oauth';
import { oauthContract, type OAuthWorld } from './oauth.contract';

describe('the sandbox wiki', () => oauthContract(sandboxWorld));

async function sandboxWorld(): Promise<OAuthWorld> {
  const wiki = await startSandboxWiki();
  wiki.control('POST', 'seed', { users: ['Ada of the wiki'] });
  return {
    ...sandboxAccounts.oauth,
    apiUrl: wiki.apiUrl,
    account: { id: '3', name: 'Ada of the wiki' },
    answer: (url, allow) => allowAtSandbox(url, allow ? 'Ada of the wiki' : null),
    revoke: async () => wiki.control('POST', 'revoke', { user: 'Ada of the wiki' }),
    block: async () => wiki.control('POST', 'block', { user: 'Ada of the wiki' }),
    close: () => wiki.close(),
  };
}
