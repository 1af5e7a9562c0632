/**
 * A certified OAuth 2 server (oidc-provider) on the paths of MediaWiki's Extension:OAuth, beside which the sandbox wiki's own
 * is held. A process of its own, because it is an ES module: prints its address, ends with its parent.
 */
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';

const { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, REDIRECT_URI: redirectUri } = process.env;
const server = createServer((request, response) => void serve(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${server.address().port}`;
const blocked = new Set();
const policy = interactionPolicy.base();
policy.remove('consent'); // the one page of the test asks for both
const provider = new Provider(`${url}/w/`, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_post' }],
  cookies: { keys: ['of the test'] },
  routes: { authorization: '/w/rest.php/oauth2/authorize', token: '/w/rest.php/oauth2/access_token' },
  features: { devInteractions: { enabled: false } },
  interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
  scopes: ['basic'],
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 3_600, AuthorizationCode: 60, RefreshToken: 3_600, Grant: 3_600, Interaction: 600, Session: 600 },
  findAccount: (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('basic');
    await grant.save();
    return grant;
  },
});
const callback = provider.callback();

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, url);
  if (pathname.startsWith('/interaction/')) {
    const as = searchParams.get('as');
    return provider.interactionFinished(request, response, as ? { login: { accountId: as } } : { error: 'access_denied' }, { mergeWithLastSubmission: false });
  }
  if (pathname === '/w/rest.php/oauth2/resource/profile') {
    const token = await provider.AccessToken.find(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (!token?.isValid) return json(response, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' });
    return json(response, 200, { sub: token.accountId, username: `Account ${token.accountId}`, blocked: blocked.has(token.accountId) });
  }
  if (pathname === '/revoke') {
    const token = await provider.AccessToken.find(searchParams.get('token'));
    for (const kind of ['AccessToken', 'RefreshToken']) await provider[kind].revokeByGrantId(token.grantId);
    return json(response, 200, {});
  }
  if (pathname === '/block') {
    blocked.add(searchParams.get('account'));
    return json(response, 200, {});
  }
  // Who asks for no scope gets what was registered, as at MediaWiki.
  if (pathname === '/w/rest.php/oauth2/authorize' && !searchParams.has('scope')) request.url += '&scope=basic';
  return callback(request, response);
}

const json = (response, status, value, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

process.stdout.write(`${url}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
