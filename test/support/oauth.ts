/** A person at the sandbox wiki's page that asks who signs in. */
import type { Wiki } from '../../db/entities/wiki';
import type { Kernel } from '../../db/kernel';
import { addIdentity, findIdentity, seeIdentity } from '../../db/queries/identities';
import { createWikiOAuth } from '../../gateways/mediawiki-oauth';
import { seal, unseal } from '../../gateways/secret-box';

/** @param user null: they do not allow it. @returns where the wiki leads back to */
export async function allowAtSandbox(url: string, user: string | null): Promise<URL> {
  const page = await fetch(url);
  if (page.status !== 200) throw new Error(`the wiki asks nobody: ${page.status} ${await page.text()}`);
  const sent = await fetch(url, { method: 'POST', body: new URLSearchParams(user === null ? { deny: '1' } : { user }), redirect: 'manual' });
  return new URL(sent.headers.get('location')!);
}

/** A person who has signed in at a wiki of the sandbox, and lets Reeve act there: the same again when they do so once more. */
export async function signInAtSandbox(kernel: Kernel, secretKey: string, userId: number, { id: wikiId, apiUrl, oauthClientId, oauthClientSecret }: Wiki, user: string): Promise<void> {
  const oauth = createWikiOAuth({ apiUrl, clientId: oauthClientId!, clientSecret: unseal(secretKey, oauthClientSecret!), redirectUri: 'http://127.0.0.1:1/back', userAgent: 'ReeveTest/1', allowPrivateHosts: true });
  try {
    const begun = await oauth.begin();
    const { access, refresh, expiresAtMs } = await oauth.finish((await allowAtSandbox(begun.url, user)).search, begun);
    const sealed = { access: seal(secretKey, access), refresh: refresh === null ? null : seal(secretKey, refresh), expiresAtMs };
    const account = await oauth.account(access);
    const known = await findIdentity(kernel, wikiId, account.id);
    if (known) await seeIdentity(kernel, known.id, account.name, sealed);
    else await addIdentity(kernel.pool, kernel, userId, wikiId, account, sealed);
  } finally {
    await oauth.close();
  }
}
