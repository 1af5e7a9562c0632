/**
 * Signing in by a wiki: where to send a person, and who they are here when they come back. Who comes first gets an account
 * here; who is signed in may link one. Called by api/pages/wiki-sign-in.ts and api/routes/identities.ts.
 */
import type { Request, Response } from 'express';
import { userAgentOf } from '../config';
import { ReeveError } from '../config/errors';
import { create, edit } from '../db/create';
import type { Wiki } from '../db/entities/wiki';
import { apply, readRow } from '../db/apply';
import { noteOn } from '../db/note';
import { waitingForSignIn } from '../db/queries/accounts';
import { addIdentity, findIdentity, seeIdentity, type Identity, type SealedTokens } from '../db/queries/identities';
import { createWikiOAuth, type Tokens, type WikiAccount, type WikiOAuth } from '../gateways/mediawiki-oauth';
import { seal, unseal } from '../gateways/secret-box';
import { system } from '../policies/actor';
import type { Api } from './context';
import { forget, keep, kept, type Begun } from './sealed-cookie';

export const CALLBACK = '/sign-in/wiki/callback';
/** A person waits for it. */
const PATIENCE_MS = 6_000;
/** A cookie holds no more: of one browser's tabs these go on. */
const MOST_BEGUN = 3;
const LONGEST_NEXT = 500;

/** @returns the wiki's page that asks them. @throws ReeveError not-found where nobody signs in by this wiki */
export async function sendToWiki(api: Api, req: Request, res: Response, wikiId: number, { next, userId }: Pick<Begun, 'next' | 'userId'>): Promise<string> {
  const { url, state, verifier } = await atWiki(api, wikiId, (oauth) => oauth.begin());
  const begun = { wikiId, state, verifier, next: next.length > LONGEST_NEXT ? '/' : next, userId };
  keep(api, res, 'wiki', [...(kept(api, req, 'wiki') ?? []), begun].slice(-MOST_BEGUN));
  return url;
}

/** Which sign-in of this browser has come back; it comes back once, and those of other tabs go on. */
export function takeBegun(api: Api, req: Request, res: Response, search: string): Begun | undefined {
  const all = kept(api, req, 'wiki') ?? [];
  const state = new URLSearchParams(search).get('state');
  const begun = all.find((one) => one.state === state);
  const others = all.filter((one) => one !== begun);
  if (begun && others.length) keep(api, res, 'wiki', others);
  else if (begun) forget(api, res, 'wiki');
  return begun;
}

/** Who came back from the wiki; `again`: signed in here all the while, and by an account that was theirs. @throws ReeveError sign-in.…, wiki.unreachable */
export async function comeBack(api: Api, search: string, { wikiId, state, verifier, userId }: Begun, { requestId, language }: { requestId: string; language: string }): Promise<{ userId: number; first: boolean; again: boolean }> {
  return atWiki(api, wikiId, async (oauth, { host }) => {
    const tokens = await oauth.finish(search, { state, verifier });
    const account = await oauth.account(tokens.access);
    if (account.blocked) throw new ReeveError('sign-in.blocked');
    const sealed = sealTokens(api, tokens);
    const entered = userId === undefined ? await enter(api, { wikiId, host, account, sealed, requestId, language }) : { userId, first: false };
    const again = userId !== undefined && (await link(api, { userId, wikiId, account, sealed, requestId }));
    // What waited for it goes on; whatever is killed here, it looks again by itself within the hour.
    for (const id of await waitingForSignIn(api.kernel, wikiId, entered.userId)) await apply(api.kernel, { noun: 'request', id, verb: 'signedIn', actor: system, requestId });
    return { ...entered, again };
  });
}

async function atWiki<T>({ kernel, config }: Api, wikiId: number, work: (oauth: WikiOAuth, wiki: Wiki) => Promise<T>): Promise<T> {
  const { row: wiki } = await readRow(kernel, 'wiki', wikiId);
  if (!wiki || wiki.oauthClientId === null) throw new ReeveError('not-found');
  const oauth = createWikiOAuth({
    apiUrl: wiki.apiUrl, clientId: wiki.oauthClientId, clientSecret: unseal(config.REEVE_SECRET_KEY, wiki.oauthClientSecret!), redirectUri: new URL(CALLBACK, config.REEVE_PUBLIC_URL).href,
    userAgent: userAgentOf(config), allowPrivateHosts: config.REEVE_ALLOW_PRIVATE_HOSTS, timeoutMs: PATIENCE_MS,
  });
  try {
    return await work(oauth, wiki);
  } finally {
    await oauth.close();
  }
}

interface Arrival {
  wikiId: number;
  account: WikiAccount;
  sealed: SealedTokens;
  requestId: string;
}

/** The number decides who they are, whatever the name is now. */
async function enter(api: Api, arrival: Arrival & { host: string; language: string }): Promise<{ userId: number; first: boolean }> {
  const { wikiId, account, host } = arrival;
  const known = await findIdentity(api.kernel, wikiId, account.id);
  if (known) return { userId: await welcomeBack(api, known, arrival), first: false };
  for (const name of namesFor(account.name, host)) {
    const made = await makeUser(api, name, arrival);
    if (made === 'name') continue;
    return made === 'account' ? enter(api, arrival) : { userId: made, first: true };
  }
  throw new ReeveError('user.name-taken');
}

/** Somebody here may have the name already, and is somebody else: no wiki says who a name of ours is. */
const namesFor = (name: string, host: string): string[] => [name, `${name} (${host})`, ...Array.from({ length: 20 }, (_, i) => `${name} (${host}, ${i + 2})`)];

/** @returns the new user's id, or what is taken */
async function makeUser({ kernel }: Api, name: string, { wikiId, account, sealed, requestId, language }: Arrival & { language: string }): Promise<number | 'name' | 'account'> {
  try {
    const { row } = await create(kernel, {
      noun: 'user', values: { name, passwordHash: null, language, timeZone: 'UTC', email: null }, actor: system, requestId,
      also: (client, id) => addIdentity(client, kernel, id, wikiId, account, sealed),
    });
    return row.id;
  } catch (error) {
    const taken = constraintOf(error);
    if (taken === 'user_name') return 'name';
    if (taken === 'identity_account') return 'account'; // they came twice at once
    throw error;
  }
}

async function welcomeBack({ kernel }: Api, { id, userId, name: before }: Identity, { account: { name }, sealed, requestId }: Arrival): Promise<number> {
  await seeIdentity(kernel, id, name, sealed);
  const { row } = await readRow(kernel, 'user', userId);
  // Renamed at the wiki; unless they are called otherwise here, or the name is somebody's.
  if (name !== before && row?.name === before)
    await edit(kernel, { noun: 'user', id: userId, values: { name }, actor: system, requestId }).catch((error: unknown) => {
      if (constraintOf(error) !== 'user_name') throw error;
    });
  return userId;
}

/** @returns whether it was theirs already */
async function link({ kernel }: Api, { userId, wikiId, account, sealed, requestId }: Arrival & { userId: number }): Promise<boolean> {
  const known = await findIdentity(kernel, wikiId, account.id);
  if (known?.userId === userId) {
    await seeIdentity(kernel, known.id, account.name, sealed);
    return true;
  }
  if (known) throw new ReeveError('sign-in.taken');
  await noteOn(kernel, { noun: 'user', id: userId, verb: 'linkWiki', actor: { kind: 'user', userId, grants: [] }, requestId }, async (client) => {
    await addIdentity(client, kernel, userId, wikiId, account, sealed);
    return true;
  }).catch((error: unknown) => {
    const taken = constraintOf(error);
    throw taken === 'identity_account' ? new ReeveError('sign-in.taken') : taken === 'identity_once' ? new ReeveError('sign-in.linked') : error;
  });
  return false;
}

const sealTokens = ({ config }: Api, { access, refresh, expiresAtMs }: Tokens): SealedTokens =>
  ({ access: seal(config.REEVE_SECRET_KEY, access), refresh: refresh === null ? null : seal(config.REEVE_SECRET_KEY, refresh), expiresAtMs });

const constraintOf = (error: unknown): string | undefined => {
  const { constraint, more } = error as { constraint?: string; more?: { constraint?: string } };
  return constraint ?? more?.constraint;
};
