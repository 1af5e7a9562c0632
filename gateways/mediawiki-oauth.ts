/**
 * Signing in at a wiki by its own OAuth 2 (MediaWiki's Extension:OAuth): authorization code, PKCE and state. The endpoints
 * follow from the address of api.php, since the wiki has no discovery document. Called by api/wiki-sign-in.ts, and by
 * activities/wiki-grant.ts, which renews tokens. Every request leaves through gateways/http.ts, and to this wiki's host only.
 */
import * as openid from 'openid-client';
import { ReeveError } from '../config/errors';
import { createHttp, HttpError } from './http';

export interface WikiOAuthOptions {
  /** The wiki's api.php. */
  apiUrl: string;
  clientId: string;
  clientSecret: string;
  /** Where the wiki leads back to, as it was registered there. */
  redirectUri: string;
  userAgent: string;
  allowPrivateHosts?: boolean;
  /** Longest wait for one answer. Default 10 s. */
  timeoutMs?: number;
}

/** What must be kept, out of everybody's sight, until the person comes back. */
export interface Begun {
  state: string;
  verifier: string;
}
export interface Tokens {
  access: string;
  /** null: the wiki gives none, and a person has to sign in again when `access` has run out. */
  refresh: string | null;
  /** Unix milliseconds by our clock; null: the wiki does not say. */
  expiresAtMs: number | null;
}
/** Whom the wiki takes the person for. */
export interface WikiAccount {
  /** The wiki's own number of the account: a name may change, this does not. */
  id: string;
  name: string;
  blocked: boolean;
}

export interface WikiOAuth {
  /** @returns where to send the person. */
  begin(): Promise<Begun & { url: string }>;
  /**
   * @param search the query that the wiki has led back with. A code works once.
   * @throws ReeveError sign-in.stale, sign-in.denied, sign-in.spent, sign-in.misconfigured, sign-in.unreadable, wiki.unreachable
   */
  finish(search: string, begun: Begun): Promise<Tokens>;
  /** @throws ReeveError sign-in.unreadable, wiki.unreachable */
  account(accessToken: string): Promise<WikiAccount>;
  /** The refresh token that goes in is worth nothing afterwards. @throws ReeveError sign-in.spent where the grant is over, and as `finish` */
  refresh(refreshToken: string): Promise<Tokens>;
  close(): Promise<void>;
}

/** An answer is a few hundred bytes. */
const MOST_BYTES = 256 * 1024;
/** As MediaWiki bounds a name of an account. */
const LONGEST_NAME = 255;

export function createWikiOAuth(options: WikiOAuthOptions): WikiOAuth {
  const { clientId, clientSecret, redirectUri, userAgent, allowPrivateHosts, timeoutMs = 10_000 } = options;
  const api = new URL(options.apiUrl);
  const at = (path: string): URL => new URL(`rest.php/oauth2/${path}`, api);
  const http = createHttp({ allowHost: (host) => host === api.host, allowPrivateHosts, timeoutMs, maxBytes: MOST_BYTES, connections: 4 });
  const config = new openid.Configuration(
    { issuer: new URL('.', api).href, authorization_endpoint: at('authorize').href, token_endpoint: at('access_token').href },
    // MediaWiki wants the client's id among the form's fields.
    clientId, undefined, openid.ClientSecretPost(clientSecret),
  );
  if (api.protocol === 'http:') openid.allowInsecureRequests(config);
  config.timeout = timeoutMs / 1_000 + 1; // http.ts ends it before
  config[openid.customFetch] = async (address, { method, headers, body, signal }) => {
    const reply = await http.ask({ method: method as 'GET' | 'POST', url: new URL(address), headers: { ...headers, 'user-agent': userAgent }, body: body == null ? undefined : String(body) }, signal ?? undefined);
    return new Response(NO_BODY.has(reply.status) ? null : reply.body, { status: reply.status, headers: headersOf(reply.headers) });
  };

  const tokensOf = (reply: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): Tokens => {
    const restS = reply.expiresIn();
    return { access: reply.access_token, refresh: reply.refresh_token ?? null, expiresAtMs: restS === undefined ? null : Date.now() + restS * 1_000 };
  };

  return {
    async begin() {
      const verifier = openid.randomPKCECodeVerifier();
      const state = openid.randomState();
      const url = openid.buildAuthorizationUrl(config, { redirect_uri: redirectUri, state, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
      return { url: url.href, state, verifier };
    },
    async finish(search, { state, verifier }) {
      const back = new URL(redirectUri);
      back.search = search;
      // Whoever comes back with another's answer must not finish it.
      if (back.searchParams.getAll('state').join() !== state) throw new ReeveError('sign-in.stale');
      return tokensOf(await openid.authorizationCodeGrant(config, back, { expectedState: state, pkceCodeVerifier: verifier }).catch(inWords));
    },
    async account(accessToken) {
      const reply = await openid.fetchProtectedResource(config, accessToken, at('resource/profile'), 'GET').catch(inWords);
      if (reply.status >= 500) throw new ReeveError('wiki.unreachable');
      return readAccount(reply.status === 200 ? await reply.json().catch(() => null) : null);
    },
    async refresh(refreshToken) {
      const next = tokensOf(await openid.refreshTokenGrant(config, refreshToken).catch(inWords));
      return { ...next, refresh: next.refresh ?? refreshToken }; // a wiki that does not change it gives none back
    },
    close: () => http.close(),
  };
}

const NO_BODY = new Set([204, 205, 304]);

const headersOf = (given: Record<string, string | string[] | undefined>): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) if (typeof value === 'string') headers.set(name, value);
  return headers;
};

/** `sub` is a text, or a number from older wikis; where it is 0 the account has no number that holds everywhere. */
function readAccount(profile: unknown): WikiAccount {
  const { sub, username, blocked } = (typeof profile === 'object' && profile !== null ? profile : {}) as Record<string, unknown>;
  const id = typeof sub === 'number' && Number.isSafeInteger(sub) ? String(sub) : sub;
  const right = typeof id === 'string' && /^[\x21-\x7e]{1,100}$/.test(id) && id !== '0' && typeof username === 'string' && isName(username);
  if (!right) throw new ReeveError('sign-in.unreadable');
  return { id, name: username, blocked: Boolean(blocked) };
}

const isName = (text: string): boolean => text.trim() !== '' && text.length <= LONGEST_NAME && !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text);

/** Of a code or a refresh token. MediaWiki's library (league/oauth2-server up to 8) says `invalid_request` where RFC 6749 has `invalid_grant`; what we send is always whole. */
const SPENT = new Set(['invalid_grant', 'invalid_request']);

/** What a person can do something about, by its own code. Nothing of the answer goes on: it may hold what opens doors. */
function inWords(error: unknown): never {
  if (error instanceof openid.AuthorizationResponseError) throw new ReeveError(error.error === 'access_denied' ? 'sign-in.denied' : 'sign-in.misconfigured');
  if (error instanceof openid.ResponseBodyError) {
    if (SPENT.has(error.error)) throw new ReeveError('sign-in.spent');
    if (['invalid_client', 'unauthorized_client', 'access_denied', 'unsupported_grant_type', 'invalid_scope'].includes(error.error)) throw new ReeveError('sign-in.misconfigured');
    throw new ReeveError(error.status >= 500 ? 'wiki.unreachable' : 'sign-in.unreadable');
  }
  for (let cause = error; cause instanceof Error || cause instanceof Response; cause = cause instanceof Error ? cause.cause : undefined) {
    if (cause instanceof HttpError && cause.code !== 'wiki.too-large') throw new ReeveError(cause.code === 'wiki.forbidden-host' ? cause.code : 'wiki.unreachable');
    if (cause instanceof Response && cause.status >= 500) throw new ReeveError('wiki.unreachable');
  }
  throw new ReeveError('sign-in.unreadable');
}
