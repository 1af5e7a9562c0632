/** What the machine of account requests knows of one, and what it is asked with: machines/request.ts. */
import type { Instant } from './effect';

/** Instants are Unix milliseconds; null = there is none. */
export interface RequestContext {
  /** The key of one; `event`: of its event's organizers, while they may. */
  queue: string;
  /** Unconfirmed it waits until then. */
  expiresAtMs: number;
  /** Since when its address is known to be the requester's; until then nobody sees what it says. */
  confirmedAtMs: number | null;
  holderId: number | null;
  reservedUntilMs: number | null;
  /** Since when the account team has it, whatever event it came by. */
  escalatedAtMs: number | null;
  /** Unanswered it is called to mind, then escalated: clocks that a reservation does not stop. */
  remindAtMs: number | null;
  escalateAtMs: number | null;
  /** No request stays open longer: said before, then closed. */
  warnAtMs: number | null;
  closeByMs: number;
  /** While an account is being made: by Reeve's own account of the wiki, or by that of whoever has the request in hand; who since then has to sign in there again. Until when that, or the answer of whoever closed it, can be taken back. */
  mode: 'bot' | 'organizer' | null;
  signInAskedAtMs: number | null;
  takeBackUntilMs: number | null;
  closerId: number | null;
  outcome: 'created' | 'not-created' | 'none' | 'dropped' | 'too-old' | null;
  closedAtMs: number | null;
  /** What it says of a person is kept for so long, milliseconds; until then; and is gone since. */
  keepMs: number;
  purgeAtMs: number | null;
  purgedAtMs: number | null;
}
export type RequestVerb =
  | (Instant & { type: 'confirm' | 'reopen'; remindAtMs: number; escalateAtMs: number; unasked?: boolean })
  | (Instant & { type: 'reserve' | 'sendReservation'; holderId: number; untilMs: number })
  | (Instant & { type: 'create'; holderId: number; mode: 'bot' | 'organizer'; takeBackUntilMs: number })
  | (Instant & { type: 'takeBack'; untilMs: number; held?: boolean; remindAtMs?: number; escalateAtMs?: number })
  /** `of`: the creation that failed, by the instant until which it could be taken back; left out: the one that there is. */
  | (Instant & { type: 'creationFailed'; untilMs: number; of?: number })
  | (Instant & { type: 'defer'; queue: string; remindAtMs?: number; escalateAtMs?: number })
  | (Instant & { type: 'close'; outcome: 'created' | 'not-created' | 'none'; closerId?: number; takeBackUntilMs?: number | null })
  | (Instant & { type: 'comment' | 'release' | 'breakReservation' | 'resendConfirmation' | 'escalate' | 'drop' | 'purge' | 'erase' | 'created' | 'askSignIn' | 'signedIn' })
  | (Instant & { type: 'flag' } & Flag);
/** Of the system, where a check has hit. `tell`: what the account team is told; null: nothing. */
export interface Flag {
  bans?: number[];
  tell?: 'escalated' | 'banned' | null;
}
