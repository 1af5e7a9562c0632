/**
 * The mailer: sends what the ledger of mails holds, each once. Killed anywhere, it leaves a row under a lease: one that
 * was not given away yet is sent by whoever comes next; one that was is parked as `unknown`, because only the server
 * knows, and a person decides. Run by the worker process beside dispatcher and sealer; any number of them may run.
 */
import type pg from 'pg';
import { kindOfNotice } from '../db/entities/notice';
import { claimMails, giveAway, postponeMail, settleMail, type ClaimedMail } from '../db/queries/mails';
import { MailError, type MailGateway, type OutgoingMail } from '../gateways/mail';
import { addressPath, confirmPath } from '../gateways/confirm-link';
import { applicantMail, noticeMail, requesterMail } from './mail-text';
import { patiently } from './patience';

export interface MailerOptions {
  pool: pg.Pool;
  mail: MailGateway;
  publicUrl: string;
  /** Signs the links that confirm an address. */
  secretKey: string;
  /** Ids and codes only. */
  onError?(error: unknown, mailId?: number): void;
  count?(fate: string): void;
  /** Conversations at once. */
  width?: number;
  pollMs?: number;
  /** Longer than the gateway takes before it gives a mail away, and for the answer after it. */
  leaseMs?: number;
  answerMs?: number;
  /** First wait of a mail that the server put off, and of everything while the server cannot be used. */
  retryMs?: number;
}
export interface Mailer {
  /** Begins no other mail; drops what is not given away, waits a while for the answers to what is. */
  stop(): Promise<void>;
}

/** With waits that double up to four hours: a little less than three days. */
const MOST_TRIES = 24;
const LONGEST_WAIT_MS = 4 * 3_600_000;
const LONGEST_TROUBLE_MS = 60_000;
const STOP_MS = 15_000;

export function startMailer(options: MailerOptions): Mailer {
  const { pool, mail, publicUrl, secretKey, onError = () => {}, count = () => {} } = options;
  const { width = 4, pollMs = 1_000, leaseMs = 60_000, answerMs = 660_000, retryMs = 30_000 } = options;
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  let trouble = 0; // conversations in a row that did not come about
  let wake = (): void => {};

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const room = (trouble ? 1 : width) - inHand.size; // one finds out when the server can be used again
      const claimed = room > 0 ? await claimMails(pool, room, leaseMs).catch((error: unknown) => (onError(error), [])) : [];
      for (const row of claimed) {
        const hand = sendOne(row).catch((error: unknown) => onError(error, row.id)).finally(() => {
          inHand.delete(hand);
          if (!trouble) wake();
        });
        inHand.add(hand);
      }
      if (claimed.length < room || room <= 0) await pause(trouble ? Math.min(LONGEST_TROUBLE_MS, pollMs * 2 ** trouble) : pollMs);
    }
  })();

  async function sendOne(row: ClaimedMail): Promise<void> {
    const settle = (...what: Parameters<typeof settleMail> extends [unknown, unknown, ...infer R] ? R : never) => patiently(() => settleMail(pool, row, ...what));
    if (row.email === null) return void (await settle('cancelled', 'mail.no-address'));
    if (row.code === 'request.confirm' && row.request!.state !== 'unconfirmed') return void (await settle('cancelled', 'mail.moot'));
    if (row.membership?.confirmed) return void (await settle('cancelled', 'mail.moot'));
    if (row.appOnly.includes(kindOfNotice(row.code))) return void (await settle('cancelled', 'mail.unwanted'));
    try {
      await mail.send(written(row.email, row), () => handOver(row), stopping.signal);
      trouble = 0;
      count('sent');
    } catch (error) {
      count(error instanceof MailError ? error.fate : 'broken');
      if (!(error instanceof MailError && error.code === 'smtp.eaborted')) onError(error, row.id);
      return judged(row, error, settle);
    }
    await settle('sent');
  }

  async function judged(row: ClaimedMail, error: unknown, settle: (outcome: 'failed' | 'unknown', code: string) => Promise<boolean>): Promise<void> {
    const { fate, code } = error instanceof MailError ? error : { fate: 'deferred' as const, code: 'mail.broken' };
    trouble = fate === 'trouble' && code !== 'smtp.eaborted' ? Math.min(trouble + 1, 10) : 0;
    if (fate === 'unknown') await settle('unknown', code);
    else if (fate === 'refused' || (fate === 'deferred' && row.attempts >= MOST_TRIES)) await settle('failed', code);
    else {
      const waitMs = fate === 'trouble' ? Math.min(LONGEST_TROUBLE_MS, retryMs) : Math.min(LONGEST_WAIT_MS, retryMs * 2 ** (row.attempts - 1));
      await patiently(() => postponeMail(pool, row, code === 'smtp.eaborted' ? 0 : waitMs, code, fate === 'deferred'));
    }
  }

  const written = (email: string, row: ClaimedMail): OutgoingMail =>
    row.request ? requesterMail(email, row, publicUrl, confirmPath(secretKey, { id: row.entity, createdAtMs: row.request.createdAtMs }))
      : row.membership ? applicantMail(email, row, publicUrl, addressPath(secretKey, { id: row.entity, createdAtMs: row.membership.createdAtMs })) : noticeMail(email, row, publicUrl);

  async function handOver(row: ClaimedMail): Promise<void> {
    if (!(await giveAway(pool, row, answerMs))) throw new Error('the lease has run out');
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => (clearTimeout(timer), resolve());
    });
  }

  return {
    async stop() {
      stopping.abort();
      wake();
      await loop;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([Promise.all(inHand), new Promise((resolve) => (timer = setTimeout(resolve, STOP_MS)))]);
      clearTimeout(timer);
    },
  };
}
