/** Wiki mail: the wiki writes to one of its users, and shows nobody the address. Called by gateways/mediawiki.ts. */
import { badReply, safeCode, WikiError } from './mediawiki-error';
import { encode, type Session } from './mediawiki-session';

export interface Email {
  /** Name of the account. */
  user: string;
  subject: string;
  /** Plain text. */
  text: string;
  signal?: AbortSignal;
}

/** The user has given no address, or takes no mail from here. */
const noMail = new Set(['noemail', 'noemailtext', 'nowikiemail', 'nowikiemailtext']);
/** Not this user's doing: the account may mail nobody, or the wiki sends none. */
const noSending = new Set(['usermaildisabled', 'mailnologin', 'cantsend', 'badaccess', 'permissiondenied', 'blockedemailuser', 'blockedfrommail']);
const later = new Set(['actionthrottledtext', 'ratelimited']);

/** @throws WikiError */
export async function sendEmail(session: Session, { user, subject, text, signal }: Email): Promise<void> {
  const reply = await session
    .call(`action=emailuser&target=${encode(user)}&subject=${encode(subject)}&text=${encode(text)}`, { write: true, signal })
    .catch((error: unknown) => {
      throw error instanceof WikiError && error.kind === 'refused' ? refusal(error.code, error.detail) : error;
    });
  const { result, errors } = reply.emailuser ?? {};
  if (result === 'Success' || result === 'Warnings') return;
  if (result === 'Failure') throw refusal(safeCode(errors?.[0]?.code));
  throw badReply(true);
}

function refusal(code: string, detail?: string): WikiError {
  if (noMail.has(code)) return new WikiError('refused', 'nomail', detail);
  if (noSending.has(code)) return new WikiError('blocked', code, detail);
  return new WikiError(later.has(code) ? 'busy' : 'refused', code, detail);
}
