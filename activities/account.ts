/**
 * The steps of an account's making. Called by workflows/account-creation.ts. Whatever is killed, the wiki is the judge: an
 * account that is there is ours only where its log says that who was to make it did so after our try began.
 */
import { ReeveError } from '../config/errors';
import { apply, readRow } from '../db/apply';
import type { Request } from '../db/entities/request';
import type { Wiki } from '../db/entities/wiki';
import { beginAttempt, creationReason, endAttempt, endDoubts, firstDoubt, hasMade, hasMadeUntold, WHILE_PAUSED_MS, type DailyLimits } from '../db/queries/accounts';
import { standingOfUser, userOf } from '../db/queries/actors';
import { mayBeMade, pausedAt } from '../db/queries/pauses';
import type { MediaWiki } from '../gateways/mediawiki';
import { WikiError } from '../gateways/mediawiki-error';
import { holds, organizing, system } from '../policies/actor';
import { patiently } from './patience';
import { inNameOf, type GrantDeps } from './wiki-grant';
import type { OpenWiki, OpenWikiById } from './wikis';

export interface AccountDeps extends GrantDeps {
  openWiki: OpenWikiById;
  limits: DailyLimits;
}
interface OneRequest {
  request: number;
}
export interface Tried {
  done: boolean;
  /** Else how long to wait, milliseconds, and since when the wiki's switch holds it up. */
  waitMs: number;
  pausedAtMs?: number;
  /** Whoever has the request in hand has to sign in at the wiki first. */
  wantsSignIn?: boolean;
  /** It is made, and a welcome is to be left. */
  welcomes?: boolean;
}
export type AccountActivities = ReturnType<typeof createAccountActivities>;

/** How far the wiki's clock may be from ours. */
const DRIFT_MS = 60_000;
const AN_HOUR_MS = 3_600_000;

export function createAccountActivities({ openWiki, limits, ...grants }: AccountDeps) {
  const { kernel } = grants;
  const wanted = async (id: number): Promise<{ row: Request; nowMs: number } | null> => {
    const { row, nowMs } = await readRow(kernel, 'request', id);
    return row?.state === 'creating' ? { row, nowMs } : null;
  };

  async function made(request: number, { welcome }: Wiki): Promise<Tried> {
    await patiently(() => apply(kernel, { noun: 'request', id: request, verb: 'created', actor: system }));
    return { done: true, waitMs: 0, welcomes: welcome.trim() !== '' };
  }

  /** Of a request that is creating no more: a step that was killed once it had made the account has its welcome still before it. */
  async function over(id: number): Promise<Tried> {
    const { row } = await readRow(kernel, 'request', id);
    const ours = row?.outcome === 'created' && (await hasMade(kernel.pool, id));
    return { done: true, waitMs: 0, ...(ours && { welcomes: (await openWiki(row.wikiId)).row.welcome.trim() !== '' }) };
  }

  /** @returns whether a try of ours has made it after all. @throws WikiError */
  async function madeAfterAll({ gateway, skewMs }: OpenWiki, { id, name }: Request): Promise<boolean> {
    const doubt = await firstDoubt(kernel.pool, id);
    if (!doubt) return false;
    const madeAtMs = (await gateway.createdBy(name, doubt.creators)).map((atMs) => atMs + skewMs).find((atMs) => atMs >= doubt.sinceMs - DRIFT_MS) ?? null;
    await patiently(() => endDoubts(kernel.pool, id, madeAtMs));
    return madeAtMs !== null;
  }

  /** @param gateway by which account it is made @throws WikiError */
  async function tryOnce(gateway: MediaWiki, row: Request, wiki: OpenWiki, signal: AbortSignal): Promise<Tried> {
    if (row.signInAskedAtMs !== null) await apply(kernel, { noun: 'request', id: row.id, verb: 'signedIn', actor: system });
    const { name, rights } = await gateway.whoAmI(signal);
    const attempt = await beginAttempt(kernel, row, { name, counted: !rights.includes('noratelimit') }, limits);
    if ('gone' in attempt) return { done: true, waitMs: 0 };
    if ('waitMs' in attempt) return { done: false, ...attempt };
    try {
      await gateway.createAccount({ name: row.name, email: row.email, reason: creationReason(row), signal });
    } catch (error) {
      if (error instanceof WikiError && error.kind === 'lost') throw error; // the next try looks whether it was made
      if (error instanceof WikiError && error.code === 'userexists' && (await madeAfterAll(wiki, row))) return made(row.id, wiki.row); // an earlier one came late
      const throttled = error instanceof WikiError && error.code === 'acct_creation_throttle_hit';
      const waitMs = throttled ? (error.retryAfterMs ?? AN_HOUR_MS) : 0;
      await patiently(() => endAttempt(kernel.pool, attempt.id, throttled ? 'throttled' : 'refused', error instanceof WikiError ? error.code : 'other', throttled ? Date.now() + wiki.skewMs + waitMs : null));
      if (throttled) return { done: false, waitMs };
      throw error;
    }
    await patiently(() => endAttempt(kernel.pool, attempt.id, 'created'));
    return made(row.id, wiki.row);
  }

  /** Whoever asked for it still holds a role to do so; that their event is over meanwhile stops nothing. */
  async function stillActs(userId: number): Promise<boolean> {
    const standing = await standingOfUser(kernel, userId);
    return standing !== null && holds(userOf(standing), ...organizing);
  }

  /** Asked once, however often it is found out. */
  async function askForSignIn(request: number): Promise<Tried> {
    await apply(kernel, { noun: 'request', id: request, verb: 'askSignIn', actor: system });
    return { done: false, waitMs: WHILE_PAUSED_MS, wantsSignIn: true };
  }

  return {
    /**
     * Whether it is still wanted, and for how long it can be taken back or is held up by the wiki's switch. What came by an
     * event that an admin has switched off while it could be taken back goes back by itself, also where that is seen later;
     * whoever asks for it afterwards is of the account team, and gets it. Of a try that may have made it nothing holds up the
     * look at the wiki's log. @returns also which creation it is, by the instant until which it can be taken back
     */
    async beginCreation({ request }: OneRequest): Promise<{ wanted: boolean; waitMs: number; pausedAtMs?: number; of?: number }> {
      const found = await wanted(request);
      if (!found) return { wanted: false, waitMs: 0 };
      const { row, nowMs } = found;
      if (await mayBeMade(kernel.pool, row, nowMs)) return { wanted: true, waitMs: 0, of: row.takeBackUntilMs ?? 0 };
      const event = row.eventId === null ? null : (await readRow(kernel, 'event', row.eventId)).row;
      const untilMs = row.takeBackUntilMs ?? 0;
      if (event?.disabledAtMs != null && event.disabledAtMs < untilMs && event.disabledAtMs >= untilMs - kernel.terms.takeBackMs) {
        await apply(kernel, { noun: 'request', id: request, verb: 'creationFailed', actor: system, code: 'event-disabled' });
        return { wanted: false, waitMs: 0 };
      }
      const waitMs = Math.max(0, untilMs - nowMs);
      const pausedAtMs = waitMs > 0 ? null : await pausedAt(kernel.pool, row);
      return { wanted: true, of: untilMs, ...(pausedAtMs === null ? { waitMs } : { waitMs: WHILE_PAUSED_MS, pausedAtMs }) };
    },

    /**
     * One try, if the day's number allows it. Safe to repeat: a name can be taken once only.
     * @throws ReeveError request.name-taken, request.creation-refused and what troubles the wiki
     */
    async createAccount({ request }: OneRequest): Promise<Tried> {
      const found = await wanted(request);
      if (!found) return over(request);
      const { row } = found;
      const wiki = await openWiki(row.wikiId);
      const signal = AbortSignal.timeout(90_000);
      try {
        if ((await hasMadeUntold(kernel.pool, request)) || (await madeAfterAll(wiki, row))) return await made(request, wiki.row);
        if (!(await stillActs(row.holderId!))) throw new ReeveError('request.creation-refused', 'no-role');
        if (row.mode !== 'organizer') return await tryOnce(wiki.gateway, row, wiki, signal);
        return await inNameOf(grants, row.holderId!, wiki.row, (gateway) => tryOnce(gateway, row, wiki, signal));
      } catch (error) {
        if (error instanceof ReeveError && error.code === 'sign-in.again') return askForSignIn(request);
        throw error instanceof WikiError ? inOurWords(error, row) : error;
      }
    },

    /**
     * Leaves the wiki's welcome on the talk page of who got the account. Safe to repeat: the page is only ever created, and
     * one that is there already is left alone, whoever wrote it.
     * @throws ReeveError request.welcome-refused and what troubles the wiki
     */
    async welcomeNewcomer({ request }: OneRequest): Promise<void> {
      const { row } = await readRow(kernel, 'request', request);
      if (row?.outcome !== 'created') return; // opened again meanwhile
      const { gateway, row: { welcome, changeTag } } = await openWiki(row.wikiId);
      if (welcome.trim() === '') return;
      try {
        await gateway.append({ title: `User talk:${row.name}`, text: welcome, createOnly: true, summary: creationReason(row), bot: true, tags: changeTag === null ? [] : [changeTag], signal: AbortSignal.timeout(20_000) });
      } catch (error) {
        if (!(error instanceof WikiError)) throw error;
        if (error.code === 'articleexists') return;
        throw new ReeveError(error.kind === 'refused' ? 'request.welcome-refused' : error.reason, error.code);
      }
    },

    /** The wiki refused it, or an operator gave it up: it goes back to whoever has it reserved. @param of which creation; one that was asked for since then stays */
    async giveUpCreation({ request, code, of }: OneRequest & { code?: string; of?: number }): Promise<void> {
      await apply(kernel, { noun: 'request', id: request, verb: 'creationFailed', actor: system, code, input: { of } });
    },
  };
}

/** The wiki's own words stay in its code; Temporal hears one of ours. */
function inOurWords(error: WikiError, { mode }: Request): ReeveError {
  if (error.code === 'userexists') return new ReeveError('request.name-taken');
  const theirs = mode === 'organizer' && error.kind === 'blocked'; // a person is, no admin of Reeve's can help
  if (error.kind === 'refused' || theirs) return new ReeveError('request.creation-refused', error.code);
  return error.kind === 'lost' ? new ReeveError('request.creation-unclear') : new ReeveError(error.reason);
}
