/**
 * Account requests: anybody files one; the account team looks after all of them, organizers after what came by their own
 * events while they may (Actor.events). Where a person is to be found nobody reads: `reveal` shows it, and is recorded.
 */
import { accountTeam, holds } from './actor';
import type { Policy } from './index';

/** What is left of a request for an organizer once the account team has it: that it is there. */
export const traceFields = ['id', 'state', 'version', 'eventId', 'queue', 'escalatedAtMs', 'createdAtMs', 'updatedAtMs'];
const whereabouts = ['email', 'ip', 'network', 'forwarded', 'userAgent'];
const handled = ['reserve', 'create', 'escalate', 'close', 'comment'];
const confirmed = { state: { $in: ['open', 'reserved', 'creating', 'closed'] } };

export const requestPolicy: Policy = (allow, forbid, actor) => {
  allow('new', 'request');
  if (actor.kind === 'system') return void allow(['read', 'edit', 'confirm', 'flag', 'defer', 'close', 'drop', 'created', 'creationFailed', 'askSignIn', 'signedIn', 'purge'], 'request');
  if (actor.userId === null) return;
  const team = holds(actor, ...accountTeam);
  const own = { holderId: actor.userId };
  const closed = { closerId: actor.userId };
  if (actor.events?.length) {
    const tagged = { eventId: { $in: actor.events }, ...confirmed };
    const theirs = { ...tagged, queue: 'event', escalatedAtMs: null };
    allow('read', 'request', tagged, traceFields);
    allow('read', 'request', theirs);
    allow(handled, 'request', theirs);
    allow(['release', 'takeBack'], 'request', { ...theirs, ...own });
    allow('takeBack', 'request', { ...theirs, ...closed });
  }
  if (team || holds(actor, 'checkuser')) allow('read', 'request');
  if (team) {
    allow([...handled, 'defer', 'drop', 'reopen', 'resendConfirmation'], 'request');
    allow(['release', 'sendReservation', 'takeBack'], 'request', own);
    allow('takeBack', 'request', closed);
  }
  if (holds(actor, 'toolAdmin', 'admin')) allow('breakReservation', 'request', { holderId: { $ne: actor.userId } });
  if (holds(actor, 'admin')) allow('erase', 'request'); // a part of erasing a person: policies/user.ts
  if (holds(actor, 'toolUser')) allow('reveal', 'request', own);
  if (holds(actor, 'toolAdmin', 'checkuser')) allow(['reveal', 'reviewComments'], 'request');
  if (holds(actor, 'checkuser')) allow('comment', 'request');
  // Another holds it: look, and leave it to them.
  forbid(['create', 'escalate', 'close', 'drop', 'defer'], 'request', { holderId: { $nin: [null, actor.userId] } }).because('Somebody else has reserved it.', 'request.held');
  // Until the address is confirmed nobody sees what it says.
  forbid('read', 'request', { confirmedAtMs: null }, ['name', 'comment', 'questions', 'answers', 'language']);
  forbid('read', 'request', undefined, [...whereabouts, 'related']);
  // What else was filed by the same address or from the same network, which itself is not said.
  if (holds(actor, 'toolUser')) allow('read', 'request', own, ['related']);
  if (holds(actor, 'toolAdmin', 'admin', 'checkuser')) allow('read', 'request', undefined, ['related']);
};
