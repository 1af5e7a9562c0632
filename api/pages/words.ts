/** Codes in words: why a page got no message, what is wrong with a line, what a notice tells, what waits for an operator. */
import { errorKinds, isErrorCode } from '../../config/errors';

const outcomes: Record<string, string> = {
  badns: 'This kind of page takes no messages',
  optout: 'Opted out',
  nouser: 'No such account',
  duplicate: 'Already on the list under another name',
  protectedpage: 'The page is protected',
  invalidtitle: 'The wiki calls the title invalid',
  settled: 'Settled by hand',
  blocked: 'The bot is blocked',
  editconflict: 'Others kept editing the page',
  'abusefilter-disallowed': 'Refused by an abuse filter',
  'titleblacklist-forbidden': 'The title is on a blacklist',
};
const lines: Record<string, string> = {
  invalidtitle: 'no page can be called that',
  invalidsite: 'no wiki of this name is configured here',
};
const notices: Record<string, string> = {
  'delivery.submit': 'waits for your approval',
  'delivery.approve': 'was approved',
  'delivery.reject': 'was rejected',
  'delivery.cancel': 'was cancelled',
  'delivery.finish': 'is finished',
  'membership.approve': 'was approved',
  'membership.decline': 'was declined',
  'membership.suspend': 'was suspended',
  'membership.reinstate': 'was reinstated',
  'membership.end': 'ended',
  'membership.ended': 'ended',
  'membership.changeRole': 'changed',
  'operation.new': 'needs attention',
};

export const outcomeWords = (code: string | null): string => (code === null ? '' : (outcomes[code] ?? code));
export const lineWords = (code: string): string => lines[code] ?? code;
export const noticeWords = (code: string): string => notices[code] ?? code;
/** An operation's code is an error's, where we have words for it. */
export const codeWords = (code: string): string => (isErrorCode(code) ? errorKinds[code].title : code);

const verbs: Record<string, string> = { retryFailed: 'Retry failed', changeRole: 'Change role' };
/** A verb as its button says it. */
export const verbWords = (verb: string): string => verbs[verb] ?? verb[0]!.toUpperCase() + verb.slice(1);
