/**
 * Acting at a wiki in somebody's name: a token that works now, renewed where it has run out. Called by whoever asks a wiki
 * as a person. A refresh token works once, so one at a time renews, under a lease; who dies in between has lost it, and the
 * person signs in again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ReeveError } from '../config/errors';
import type { Wiki } from '../db/entities/wiki';
import type { Kernel } from '../db/kernel';
import { claimRenewal, dropGrant, endRenewal, readGrant, type WikiGrant } from '../db/queries/identities';
import { createMediaWiki, type MediaWiki } from '../gateways/mediawiki';
import { WikiError } from '../gateways/mediawiki-error';
import { createWikiOAuth, type Tokens } from '../gateways/mediawiki-oauth';
import { seal, unseal } from '../gateways/secret-box';

export interface GrantDeps {
  kernel: Kernel;
  secretKey: string;
  userAgent: string;
  allowPrivateHosts: boolean;
  /** Of one answer of the wiki. */
  timeoutMs?: number;
}
/** Asks a wiki for nothing that it cannot finish in time. */
const MARGIN_MS = 60_000;
const LOOK_AGAIN_MS = 100;

/**
 * An access token of a person at a wiki, which lasts for a minute at least as far as the wiki has said.
 * @param refused one that the wiki has not taken: it is not given again, whatever its time.
 * @throws ReeveError sign-in.again, with `why` none, expired or revoked: only they can help, by signing in at that wiki;
 * wiki.unreachable, sign-in.unreadable, sign-in.misconfigured: nothing is lost, try later.
 */
export async function liveToken({ kernel, secretKey, userAgent, allowPrivateHosts, timeoutMs = 10_000 }: GrantDeps, userId: number, wikiId: number, refused?: string): Promise<string> {
  const leaseMs = timeoutMs + 5_000;
  for (;;) {
    const grant = await readGrant(kernel, userId, wikiId);
    if (!grant) throw again('none');
    const access = unseal(secretKey, grant.access);
    if (access !== refused && (grant.expiresAtMs === null || grant.expiresAtMs - MARGIN_MS > grant.nowMs)) return access;
    if (grant.refresh === null || grant.clientId === null) {
      if (await dropGrant(kernel, grant)) throw again('expired');
      continue;
    }
    const held = grant.beingRenewed ? null : await claimRenewal(kernel, grant, leaseMs);
    if (!held) {
      await sleep(LOOK_AGAIN_MS);
      continue;
    }
    const tokens = await renewed(grant).catch((error: unknown) => error);
    if (tokens instanceof ReeveError && tokens.code === 'sign-in.spent') {
      if (await dropGrant(kernel, held)) throw again('revoked');
    } else if (tokens instanceof Error) {
      await endRenewal(kernel, held, null);
      throw tokens;
    } else if (await endRenewal(kernel, held, sealTokens(secretKey, tokens as Tokens))) return (tokens as Tokens).access;
  }

  async function renewed({ apiUrl, clientId, clientSecret, refresh }: WikiGrant): Promise<Tokens> {
    const oauth = createWikiOAuth({ apiUrl, clientId: clientId!, clientSecret: unseal(secretKey, clientSecret!), redirectUri: apiUrl, userAgent, allowPrivateHosts, timeoutMs });
    try {
      return await oauth.refresh(unseal(secretKey, refresh!));
    } finally {
      await oauth.close();
    }
  }
}

/**
 * Does something at a wiki in a person's name; once more by a fresh token, where the wiki takes the first one no more.
 * @throws ReeveError as liveToken does; whatever `work` throws
 */
export async function inNameOf<T>(deps: GrantDeps, userId: number, { id: wikiId, apiUrl }: Wiki, work: (gateway: MediaWiki) => Promise<T>): Promise<T> {
  const { userAgent, allowPrivateHosts, timeoutMs } = deps;
  for (let refused: string | undefined; ; ) {
    const accessToken = await liveToken(deps, userId, wikiId, refused);
    const gateway = createMediaWiki({ apiUrl, as: { accessToken }, userAgent, allowPrivateHosts, timeoutMs, connections: 1 });
    try {
      return await work(gateway);
    } catch (error) {
      if (!(error instanceof WikiError) || !error.code.startsWith('mwoauth-') || refused !== undefined) throw error;
      refused = accessToken;
    } finally {
      await gateway.close();
    }
  }
}

const sealTokens = (secretKey: string, { access, refresh, expiresAtMs }: Tokens) => ({ access: seal(secretKey, access), refresh: refresh === null ? null : seal(secretKey, refresh), expiresAtMs });
const again = (why: 'none' | 'expired' | 'revoked'): ReeveError => new ReeveError('sign-in.again', undefined, { why });
