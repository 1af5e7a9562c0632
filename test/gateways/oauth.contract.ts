/** What signing in at a wiki rests on; the same tests for the sandbox wiki's own OAuth 2 and for a certified server. */
import type { ReeveError } from '../../config/errors';
import { createWikiOAuth, type WikiOAuth, type WikiOAuthOptions } from '../../gateways/mediawiki-oauth';

export const REDIRECT_URI = 'http://127.0.0.1:8080/sign-in/wiki/callback';

export interface OAuthWorld {
  apiUrl: string;
  clientId: string;
  clientSecret: string;
  /** An account: its number, and its name. */
  account: { id: string; name: string };
  /** Goes to the wiki's page as a person does, allows it or not, and comes back. @returns the address that it leads back to */
  answer(url: string, allow: boolean): Promise<URL>;
  /** Takes back what this access token was given by. */
  revoke(accessToken: string): Promise<void>;
  block(): Promise<void>;
  close(): Promise<void>;
}

export function oauthContract(open: () => Promise<OAuthWorld>): void {
  let world: OAuthWorld;
  let wiki: WikiOAuth;
  const opened: WikiOAuth[] = [];
  const gateway = (more: Partial<WikiOAuthOptions> = {}): WikiOAuth => {
    const made = createWikiOAuth({ apiUrl: world.apiUrl, clientId: world.clientId, clientSecret: world.clientSecret, redirectUri: REDIRECT_URI, userAgent: 'ReeveTest/1 (https://example.org)', allowPrivateHosts: true, ...more });
    opened.push(made);
    return made;
  };
  beforeAll(async () => {
    world = await open();
    wiki = gateway();
  });
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await world?.close();
  });
  const signIn = async (through = wiki) => {
    const begun = await through.begin();
    return { begun, back: await world.answer(begun.url, true) };
  };
  const code = (work: Promise<unknown>): Promise<string> => work.then(() => 'nothing thrown', (error: ReeveError) => error.code);

  test('who allows it comes back with a code, for which there are tokens that say who they are', async () => {
    const { begun, back } = await signIn();
    expect(back.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    const tokens = await wiki.finish(back.search, begun);
    expect(tokens).toEqual({ access: expect.any(String), refresh: expect.any(String), expiresAtMs: expect.any(Number) });
    expect(tokens.expiresAtMs! - Date.now()).toBeGreaterThan(60_000);
    expect(await wiki.account(tokens.access)).toEqual({ ...world.account, blocked: false });
  });

  test('who does not allow it is told so', async () => {
    const begun = await wiki.begin();
    expect(await code(wiki.finish((await world.answer(begun.url, false)).search, begun))).toBe('sign-in.denied');
  });

  test('a code works once', async () => {
    const { begun, back } = await signIn();
    await wiki.finish(back.search, begun);
    expect(await code(wiki.finish(back.search, begun))).toBe('sign-in.spent');
  });

  test('a code is worth nothing to who has not begun it', async () => {
    const { begun, back } = await signIn();
    expect(await code(wiki.finish(back.search, { ...begun, verifier: (await wiki.begin()).verifier }))).toBe('sign-in.spent');
  });

  test('another’s answer is not taken', async () => {
    const { back } = await signIn();
    expect(await code(wiki.finish(back.search, await wiki.begin()))).toBe('sign-in.stale');
    expect(await code(wiki.finish('', await wiki.begin()))).toBe('sign-in.stale');
  });

  test('a refresh token gives new tokens, once', async () => {
    const { begun, back } = await signIn();
    const first = await wiki.finish(back.search, begun);
    const second = await wiki.refresh(first.refresh!);
    expect(second.access).not.toBe(first.access);
    expect(await wiki.account(second.access)).toMatchObject(world.account);
    expect(await code(wiki.refresh(first.refresh!))).toBe('sign-in.spent');
  });

  test('what was revoked gives nothing any more', async () => {
    const { begun, back } = await signIn();
    const tokens = await wiki.finish(back.search, begun);
    await world.revoke(tokens.access);
    expect(await code(wiki.refresh(tokens.refresh!))).toBe('sign-in.spent');
    expect(await code(wiki.account(tokens.access))).toBe('sign-in.unreadable');
  });

  test('a wrong secret is a fault of how Reeve is registered', async () => {
    const wrong = gateway({ clientSecret: 'not this one' });
    const { begun, back } = await signIn(wrong);
    expect(await code(wrong.finish(back.search, begun))).toBe('sign-in.misconfigured');
  });

  test('a private address is not asked unless it may be', async () => {
    const { begun, back } = await signIn();
    expect(await code(gateway({ allowPrivateHosts: false }).finish(back.search, begun))).toBe('wiki.forbidden-host');
  });

  test('a blocked account is told from others', async () => {
    const { begun, back } = await signIn();
    const tokens = await wiki.finish(back.search, begun);
    await world.block();
    expect(await wiki.account(tokens.access)).toEqual({ ...world.account, blocked: true });
  });
}
