/**
 * The sandbox wiki's own OAuth 2, on the paths of MediaWiki's Extension:OAuth: `rest.php/oauth2/authorize` asks who signs in,
 * `access_token` gives tokens for a code (once, with the PKCE verifier) or a refresh token (once), `resource/profile` says
 * who somebody is. What is spent is an `invalid_request`, as MediaWiki's library has it. In memory: whoever restarts the
 * sandbox has revoked everything. Faults strike the actions `oauth-authorize`, `oauth-token` and `oauth-profile`; what is set
 * and revoked: demo/sandbox-wiki-control.ts.
 */
import { createHash, randomBytes } from 'node:crypto';
import { authorizeView, refusalView } from './sandbox-wiki-oauth-view';
import { sandboxAccounts, type User, type WikiState } from './sandbox-wiki-state';

export interface OAuthSettings {
  codeTtlMs: number;
  accessTtlMs: number;
  /** Older wikis write the number of an account as a number. */
  subAsNumber: boolean;
}
const standard: OAuthSettings = { codeTtlMs: 600_000, accessTtlMs: 14_400_000, subAsNumber: true };

export interface OAuthReply {
  status: number;
  type: 'json' | 'html';
  text: string;
  headers?: Record<string, string>;
}
interface Code {
  wiki: string;
  user: string;
  redirectUri: string;
  challenge: string | undefined;
  untilMs: number;
}
interface Token {
  wiki: string;
  user: string;
  untilMs: number;
}
type Form = Record<string, string | undefined>;

export class SandboxOAuth {
  readonly settings = { ...standard };
  private codes = new Map<string, Code>();
  private access = new Map<string, Token>();
  private refresh = new Map<string, Token>();

  /** Where a person says who they are here; by GET the page, by POST the answer that leads back. */
  authorize(wiki: WikiState, method: string, query: Form, sent: Form): OAuthReply {
    const { client_id: client, redirect_uri: redirectUri = '', response_type: kind, state, code_challenge: challenge, code_challenge_method: how } = query;
    if (client !== sandboxAccounts.oauth.clientId || !isLoopback(redirectUri)) return page(400, refusalView('This application is not registered here.'));
    const back = (answer: Record<string, string>): OAuthReply => {
      const to = new URL(redirectUri);
      for (const [name, value] of Object.entries({ ...answer, ...(state !== undefined && { state }) })) to.searchParams.set(name, value);
      return { status: 302, type: 'html', text: '', headers: { location: to.href } };
    };
    if (kind !== 'code') return back({ error: 'unsupported_response_type' });
    if (challenge !== undefined && (how !== 'S256' || !/^[\w-]{43}$/.test(challenge))) return back({ error: 'invalid_request' });
    if (method !== 'POST') return page(200, authorizeView(wiki, new URL(redirectUri).host));
    if (sent.deny !== undefined) return back({ error: 'access_denied' });
    const user = wiki.userNamed(sent.user ?? '');
    if (!user) return page(404, authorizeView(wiki, new URL(redirectUri).host, `There is no account called ${sent.user ?? ''}.`));
    const code = secret();
    this.codes.set(code, { wiki: wiki.name, user: user.name, redirectUri, challenge, untilMs: Date.now() + this.settings.codeTtlMs });
    return back({ code });
  }

  token(wiki: WikiState, form: Form): OAuthReply {
    const { clientId, clientSecret } = sandboxAccounts.oauth;
    if (form.client_id !== clientId || form.client_secret !== clientSecret) return failed(401, 'invalid_client');
    if (form.grant_type === 'authorization_code') {
      const code = take(this.codes, form.code);
      if (!code || code.wiki !== wiki.name || code.redirectUri !== form.redirect_uri) return failed(400, 'invalid_request');
      if (code.challenge !== undefined && createHash('sha256').update(form.code_verifier ?? '').digest('base64url') !== code.challenge) return failed(400, 'invalid_grant');
      return this.give(code);
    }
    if (form.grant_type !== 'refresh_token') return failed(400, 'unsupported_grant_type');
    const old = take(this.refresh, form.refresh_token);
    return old?.wiki === wiki.name ? this.give(old) : failed(401, 'invalid_request');
  }

  profile(wiki: WikiState, authorization: string | undefined): OAuthReply {
    const user = this.userOf(wiki, authorization);
    if (!user) return { ...failed(401, 'invalid_token'), headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
    return json(200, { sub: this.settings.subAsNumber ? user.id : String(user.id), username: user.name, editcount: 0, confirmed_email: false, blocked: Boolean(user.blocked), registered: null, groups: ['*', 'user', ...user.groups], rights: [], grants: ['basic', 'createaccount'] });
  }

  /** Who asks by an access token; undefined where it is not one, or no longer. */
  userOf(wiki: WikiState, authorization: string | undefined): User | undefined {
    const token = this.access.get(/^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
    return token && token.wiki === wiki.name && token.untilMs > Date.now() ? wiki.userNamed(token.user) : undefined;
  }

  /** As a person does on Special:OAuthManageMyGrants. */
  revoke(wiki: string, user: string): void {
    for (const tokens of [this.codes, this.access, this.refresh]) for (const [key, one] of tokens) if (one.wiki === wiki && one.user === user) tokens.delete(key);
  }

  rename(wiki: string, from: string, to: string): void {
    for (const tokens of [this.codes, this.access, this.refresh]) for (const one of tokens.values()) if (one.wiki === wiki && one.user === from) one.user = to;
  }

  reset(): void {
    for (const tokens of [this.codes, this.access, this.refresh]) tokens.clear();
    Object.assign(this.settings, standard);
  }

  private give({ wiki, user }: Pick<Token, 'wiki' | 'user'>): OAuthReply {
    const [access, refresh, { accessTtlMs }] = [secret(), secret(), this.settings];
    this.access.set(access, { wiki, user, untilMs: Date.now() + accessTtlMs });
    this.refresh.set(refresh, { wiki, user, untilMs: Infinity });
    return json(200, { token_type: 'Bearer', expires_in: Math.max(1, Math.round(accessTtlMs / 1_000)), access_token: access, refresh_token: refresh });
  }
}

const secret = (): string => randomBytes(32).toString('base64url');
const json = (status: number, value: object): OAuthReply => ({ status, type: 'json', text: JSON.stringify(value), headers: { 'cache-control': 'no-store' } });
const page = (status: number, text: string): OAuthReply => ({ status, type: 'html', text });
const failed = (status: number, error: string): OAuthReply => json(status, { error, error_description: 'The request was refused.', message: 'The request was refused.' });

/** A code and a refresh token work once, whatever comes of it. */
function take<T extends { untilMs: number }>(all: Map<string, T>, key = ''): T | undefined {
  const found = all.get(key);
  all.delete(key);
  return found && found.untilMs > Date.now() ? found : undefined;
}

const isLoopback = (address: string): boolean => URL.canParse(address) && /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//.test(address);
