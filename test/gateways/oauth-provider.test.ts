/** A certified OAuth 2 server keeps the contract of signing in at a wiki. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { oauthContract, REDIRECT_URI, type OAuthWorld } from './oauth.contract';

describe('a certified server', () => oauthContract(certifiedWorld));

const client = { clientId: 'reeve-of-the-test', clientSecret: 'a secret of the test, long enough' };

async function certifiedWorld(): Promise<OAuthWorld> {
  const child = spawn(process.execPath, [join(__dirname, '../support/oauth-provider.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '', CLIENT_ID: client.clientId, CLIENT_SECRET: client.clientSecret, REDIRECT_URI },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  return {
    ...client,
    apiUrl: `${url}/w/api.php`,
    account: { id: 'account-7', name: 'Account account-7' },
    async answer(address, allow) {
      const cookies = new Map<string, string>();
      for (let at = new URL(address); ;) {
        if (at.href.startsWith(REDIRECT_URI)) return at;
        if (at.pathname.startsWith('/interaction/') && allow) at.searchParams.set('as', 'account-7');
        const reply = await fetch(at, { redirect: 'manual', headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } });
        for (const [, name, value] of reply.headers.getSetCookie().flatMap((one) => [/^([^=]+)=([^;]*)/.exec(one)!])) cookies.set(name!, value!);
        const next = reply.headers.get('location');
        if (next === null) throw new Error(`${at.pathname} answers ${reply.status}: ${await reply.text()}`);
        at = new URL(next, at);
      }
    },
    revoke: async (token) => void (await fetch(`${url}/revoke?token=${encodeURIComponent(token)}`)),
    block: async () => void (await fetch(`${url}/block?account=account-7`)),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
