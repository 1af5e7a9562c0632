/**
 * Who may do what, written by hand from the page of roles as plain functions: no rules engine, and nothing of policies/.
 * A line that the page of roles does not name but another page asks for says which.
 */
import type { Actor, Role } from '../../policies/actor';

type Row = Record<string, unknown>;
type Book = (ask: Ask) => boolean;
interface Ask {
  actor: Actor;
  verb: string;
  row: Row;
  holds: (...roles: Role[]) => boolean;
  /** The thing is the actor's own. */
  own: (owner: string) => boolean;
}

const decisions = ['approve', 'decline', 'suspend', 'reinstate', 'end', 'changeRole', 'identify', 'grant'];
const isPublic = ({ state, startedAtMs }: Row): boolean =>
  ['approved', 'expanding', 'running', 'paused', 'finished'].includes(state as string) || (state === 'cancelled' && startedAtMs !== null);

/** Of an own, enabled event, and confirmed: a number until then. */
const isOfOwnEvent = ({ events = [] }: Actor, { eventId, state }: Row): boolean => events.includes(eventId as number) && ['open', 'reserved', 'creating', 'closed'].includes(state as string);
/** The same while the account team has not taken it over: more than a trace. */
const organizersOwn = (actor: Actor, row: Row): boolean => isOfOwnEvent(actor, row) && row.queue === 'event' && row.escalatedAtMs === null;

const books: Record<string, Book> = {
  user({ actor, verb, holds, own }) {
    if (actor.kind === 'system') return ['new', 'read', 'edit'].includes(verb);
    if (verb === 'read') return own('id') || holds('admin', 'toolAdmin'); // who looks after memberships
    if (verb === 'edit') return own('id') || holds('admin');
    if (verb === 'export') return holds('admin'); // web.md, /privacy: admins, of one person
    if (verb === 'erase') return holds('admin') && !own('id');
    return verb === 'new' && holds('admin');
  },
  membership({ actor, verb, row, holds, own }) {
    if (actor.kind === 'system') return ['new', 'read', 'confirmAddress', 'purge', ...decisions].includes(verb);
    if (verb === 'appeal') return own('userId');
    if (['approve', 'decline'].includes(verb) && own('declinedBy')) return false; // another decides about an appeal
    const lookedAfter = holds('admin') || (holds('toolAdmin') && ['organizer', 'toolUser'].includes(row.role as string));
    if (verb === 'new') return own('userId') || lookedAfter; // an application, or a grant
    if (verb === 'read') return own('userId') || lookedAfter;
    return decisions.includes(verb) && lookedAfter && !own('userId'); // "not own" binds admins too
  },
  wiki({ actor, verb, holds }) {
    if (actor.kind === 'system') return ['new', 'read', 'edit'].includes(verb);
    if (verb === 'read') return actor.userId !== null;
    if (['pauseCreations', 'resumeCreations'].includes(verb)) return holds('toolAdmin', 'admin'); // events.md, "a pause switch per mode"
    return ['new', 'edit'].includes(verb) && holds('admin');
  },
  targetList({ actor, verb, row, holds, own }) {
    if (actor.kind === 'system') return ['read', 'edit'].includes(verb);
    if (verb === 'read') return row.used === true || own('ownerId') || holds('deliveryApprover', 'admin');
    return actor.userId !== null && ['new', 'edit'].includes(verb) && own('ownerId');
  },
  delivery({ actor, verb, row, holds, own }) {
    if (actor.kind === 'system') return ['read', 'edit', 'pause', 'resume', 'cancel', 'expanded', 'finish'].includes(verb);
    if (actor.kind === 'temporal') return ['read', 'pause', 'resume', 'cancel'].includes(verb);
    const approver = holds('deliveryApprover', 'admin');
    switch (verb) {
      case 'read':
        return isPublic(row) || own('senderId') || (approver && row.state !== 'draft');
      case 'new':
      case 'edit':
      case 'submit':
      case 'revise':
        return own('senderId');
      case 'test':
        return own('senderId') && (holds('admin') || (row.channel === 'page' && (holds('globalSender') || actor.grants.some(({ role }) => role === 'sender'))));
      case 'approve':
      case 'reject':
        return approver && !own('senderId');
      case 'pause':
      case 'resume':
      case 'cancel':
        return own('senderId') || approver;
      case 'reschedule':
      case 'retryFailed':
      case 'settle':
        return own('senderId') || holds('admin');
      case 'send': // a mail is read by a second person first
        if (row.channel !== 'page') return holds('admin');
        return holds('globalSender', 'admin') || actor.grants.some(({ role, wikiId }) => role === 'sender' && (wikiId === null || wikiId === row.wikiId));
      default:
        return false;
    }
  },
  /** events.md: whose machine it is, what is public, and whom an admin has switched off. */
  event({ actor, verb, row, holds }) {
    if (actor.kind === 'system') return ['read', 'edit', 'reschedule'].includes(verb);
    const organizes = actor.userId !== null && (row.organizerIds as number[]).includes(actor.userId);
    const decider = holds('toolAdmin', 'admin') && row.state !== 'draft';
    const runs = organizes && row.disabledAtMs === null && holds('organizer', 'toolUser', 'toolAdmin', 'admin');
    const inPublic = row.disabledAtMs === null && row.isTest === false && row.approvedStartsAtMs !== null && ['approved', 'open', 'ended', 'cancelled', 'archived'].includes(row.state as string);
    switch (verb) {
      case 'read':
        return inPublic || runs || decider || (holds('toolUser') && row.state !== 'draft');
      case 'new':
      case 'submit':
      case 'revise':
        return runs;
      case 'edit':
      case 'reschedule':
      case 'cancel':
        return runs || decider;
      case 'approve':
      case 'reject':
      case 'disable':
      case 'enable':
      case 'widen':
        return decider && !organizes; // "not own" binds admins too
      default:
        return false;
    }
  },
  /** events.md, "Account requests": who looks after them, and who has one in hand. */
  request({ actor, verb, row, holds, own }) {
    if (verb === 'new') return true; // anybody asks for an account
    if (actor.kind === 'system') return ['read', 'edit', 'confirm', 'flag', 'defer', 'close', 'drop', 'created', 'creationFailed', 'askSignIn', 'signedIn', 'purge'].includes(verb);
    const team = holds('toolUser', 'toolAdmin', 'admin');
    const handles = team || organizersOwn(actor, row);
    const inOthersHands = row.holderId !== null && !own('holderId');
    switch (verb) {
      case 'read':
        return team || holds('checkuser') || isOfOwnEvent(actor, row);
      case 'reserve':
        return handles;
      case 'comment':
        return handles || holds('checkuser'); // there are comments for checkusers only
      case 'release':
        return handles && own('holderId');
      case 'takeBack': // within the grace period: of a creation, or of an answer by whoever gave it
        return handles && (own('holderId') || own('closerId'));
      case 'create':
      case 'escalate':
      case 'close':
        return handles && !inOthersHands;
      case 'sendReservation':
        return team && own('holderId');
      case 'defer':
      case 'drop':
        return team && !inOthersHands;
      case 'reopen':
      case 'resendConfirmation':
        return team;
      case 'breakReservation':
        return holds('toolAdmin', 'admin') && !own('holderId');
      case 'reviewComments': // tool admins (web.md, /comments); with what it shows they see private data
        return holds('toolAdmin', 'checkuser');
      case 'erase': // a part of erasing a person
        return holds('admin');
      case 'reveal': // an admin: "no other people's private data"
        return holds('toolAdmin', 'checkuser') || (holds('toolUser') && own('holderId'));
      default:
        return false;
    }
  },
  /** Tool admins: queues; whoever looks after all requests knows those in use. */
  queue: ({ verb, row, holds }) => (['new', 'edit', 'disable', 'enable'].includes(verb) ? holds('toolAdmin', 'admin') : verb === 'read' && (holds('toolAdmin', 'admin') || (row.state === 'enabled' && holds('toolUser', 'checkuser')))),
  /** Tool admins: forms; an organizer's own, for their own events; "an event has a custom request form" (events.md), so its organizers write it together; what is published for all, to use it. */
  form({ actor, verb, row, holds, own }) {
    if (!['new', 'read', 'edit', 'publish', 'retire'].includes(verb)) return false;
    if (holds('toolAdmin', 'admin')) return true;
    if (!holds('organizer', 'toolUser')) return false;
    if (row.shared === false && actor.forms?.includes(row.id as number) && verb !== 'new') return true;
    return (own('ownerId') && row.shared === false) || (verb === 'read' && row.shared === true && row.state === 'published');
  },
  /** Tool admins: bans; checkusers: "bans always"; who sees one: toolAdmin, checkuser, admin, or narrower (events.md). */
  ban: ({ verb, row, holds }) => ['new', 'read', 'lift', 'reschedule'].includes(verb) && (holds('checkuser') || (row.seenBy === 'admin' && holds('toolAdmin', 'admin'))),
  /** Tool admins: templates; who answers requests uses them. */
  template: ({ verb, row, holds }) => (['new', 'edit'].includes(verb) ? holds('toolAdmin', 'admin') : verb === 'read' && (holds('toolAdmin', 'admin') || (row.active === true && holds('organizer', 'toolUser')))),
  key({ actor, verb, holds, own }) {
    if (actor.kind === 'system') return ['new', 'read', 'revoke'].includes(verb);
    if (verb === 'new') return own('userId');
    return ['read', 'revoke'].includes(verb) && (own('userId') || holds('admin'));
  },
  operation({ actor, verb, holds }) {
    if (actor.kind === 'system') return ['new', 'read', 'settled'].includes(verb);
    if (verb === 'drop') return holds('operator', 'admin'); // the outbox
    return ['read', 'retry', 'skip', 'abort'].includes(verb) && (actor.kind === 'temporal' || holds('operator', 'admin'));
  },
  notice: ({ verb, own }) => ['read', 'edit'].includes(verb) && own('userId'),
  /** Saved views: web.md, section 3. */
  view({ actor, verb, row, own }) {
    if (verb === 'read') return actor.userId !== null && (row.shared === true || own('ownerId'));
    return ['new', 'edit', 'delete'].includes(verb) && own('ownerId');
  },
  audit({ actor, verb, holds }) {
    if (verb === 'readCreations') return holds('toolAdmin', 'auditor', 'admin');
    return verb === 'read' && (actor.kind === 'system' || holds('auditor', 'admin'));
  },
};

/**
 * Fields that not everybody may read who may read the row: who does. Nobody reads what opens something; an admin reads
 * "no other people's private data", so no mail address and no name of a key. What is not named here goes with the row.
 */
const fieldBooks: Record<string, Record<string, (ask: Ask) => boolean>> = {
  user: {
    passwordHash: () => false,
    ...ofEach(['email', 'theme', 'textSize', 'singleKeys'], ({ own }) => own('id')),
    ...ofEach(['language', 'timeZone', 'appOnly'], ({ own, holds }) => own('id') || holds('admin')), // who sets them up
  },
  membership: ofEach(['note', 'vouchedBy', 'officialEmail', 'appeal'], ({ own, holds, row }) => own('userId') || holds('admin') || (holds('toolAdmin') && ['organizer', 'toolUser'].includes(row.role as string))), // written to those who decide
  wiki: { ...ofEach(['botPassword', 'oauthClientSecret'], () => false), ...ofEach(['botUser', 'footer', 'welcome', 'oauthClientId'], ({ holds }) => holds('admin')) },
  template: { copyTo: ({ holds }) => holds('toolAdmin', 'admin') }, // addresses of the account team
  key: { hash: () => false, label: ({ own }) => own('userId') },
  delivery: { approver: ({ own, holds }) => own('senderId') || holds('deliveryApprover', 'auditor', 'admin') }, // web.md, sketch 9.1: of the page of senders, approvers and admins
};
const runsEvent = ({ actor, row, holds }: Ask): boolean =>
  (actor.userId !== null && row.disabledAtMs === null && (row.organizerIds as number[]).includes(actor.userId) && holds('organizer', 'toolUser', 'toolAdmin', 'admin')) || (holds('toolAdmin', 'admin') && row.state !== 'draft');
// events.md: the link, the key and whatever participants get are not public, nor how many accounts were asked for
fieldBooks.event = ofEach(
  ['uuid', 'key', 'meetingUrl', 'chatUrl', 'places', 'approvedPlaces', 'formId', 'isTest', 'disabledAtMs', 'creatorId', 'startsAtMs', 'endsAtMs', 'approvedStartsAtMs', 'approvedEndsAtMs', 'archiveAfterMs'], runsEvent);

const knowsRequest = ({ actor, row, holds }: Ask): boolean => holds('toolUser', 'toolAdmin', 'admin', 'checkuser') || organizersOwn(actor, row);
fieldBooks.request = {
  // events.md, "Related requests": a tool user while holding it; never an organizer
  related: ({ holds, own }) => holds('toolAdmin', 'admin', 'checkuser') || (holds('toolUser') && own('holderId')),
  ...ofEach(['wikiId', 'nameCheck', 'holderId', 'reservedUntilMs', 'outcome', 'answer', 'confirmedAtMs', 'closedAtMs', 'expiresAtMs', 'remindAtMs', 'escalateAtMs', 'warnAtMs', 'closeByMs', 'mode', 'signInAskedAtMs', 'takeBackUntilMs', 'closerId', 'keepMs', 'purgeAtMs', 'purgedAtMs'], knowsRequest),
  ...ofEach(['name', 'comment', 'questions', 'answers', 'language'], (ask) => knowsRequest(ask) && ask.row.confirmedAtMs !== null), // "until then nobody sees the content"
  ...ofEach(['email', 'ip', 'network', 'forwarded', 'userAgent'], () => false), // `reveal` shows them, and says so in the log
};

/** The fields that the book speaks of. */
export const bookedFields = (noun: string): string[] => Object.keys(fieldBooks[noun] ?? {});
/** Fields that not everybody may change who may change the row. */
const changeBooks: typeof fieldBooks = { user: { name: ({ holds }) => holds('admin') } };

function ofEach(names: string[], book: (ask: Ask) => boolean): Record<string, (ask: Ask) => boolean> {
  return Object.fromEntries(names.map((name) => [name, book]));
}

/** @param field of the row; without one, whether it may be done to the row at all. */
export function mayByTheBook(actor: Actor, verb: string, noun: string, row: Row, field?: string): boolean {
  if (actor.kind === 'key') {
    const opened = actor.scopes!.some((scope) => scope === 'all' || scope === `${noun}:${verb}` || (verb === 'read' && scope.split(':')[0] === noun));
    if (!opened) return false;
  }
  const ask: Ask = {
    actor,
    verb,
    row,
    holds: (...roles) => actor.grants.some(({ role }) => roles.includes(role)),
    own: (owner) => actor.userId !== null && row[owner] === actor.userId,
  };
  if (!books[noun]!(ask)) return false;
  const book = field === undefined || actor.kind === 'system' ? undefined : { read: fieldBooks, edit: changeBooks }[verb]?.[noun]?.[field];
  return book?.(ask) ?? true;
}
