/**
 * Every error that crosses a boundary, by its stable id: plain data, importable from every folder but machines/.
 * `status` is the HTTP status, `title` the sentence a person reads, `report` whether it is worth an operator's log line.
 * A code is the only part of an error that may enter a workflow's history.
 */
export interface ErrorKind {
  status: number;
  title: string;
  report?: boolean;
}

const kinds = {
  // The door
  'auth.required': { status: 401, title: 'Sign in, or send an API key.' },
  'auth.failed': { status: 401, title: 'This name and password do not belong together.' },
  'auth.key-invalid': { status: 401, title: 'This API key is unknown, expired or revoked.' },
  'auth.csrf': { status: 403, title: 'The form is too old or came from another site. Reload the page and send it again.' },
  'auth.code-needed': { status: 401, title: 'This account also asks for a code of its authenticator app.' },
  'auth.code-wrong': { status: 401, title: 'This code is wrong, or was used before.' },
  'policy.forbidden': { status: 403, title: 'You may not do this.' },
  'policy.not-identified': { status: 403, title: 'Your role does not count before an admin has recorded that you are identified.' },
  'policy.own': { status: 403, title: 'Somebody else decides what is your own.' },
  'not-found': { status: 404, title: 'There is nothing here.' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method.' },
  'input.invalid': { status: 422, title: 'Some fields need another value.' },
  'input.too-large': { status: 413, title: 'This is larger than what is taken here.' },
  'input.malformed': { status: 400, title: 'The body could not be read.' },
  'input.media-type': { status: 415, title: 'The body comes in a format that is not taken here.' },
  'rate-limited': { status: 429, title: 'Too many tries. Wait a while.' },
  'verb.refused': { status: 409, title: 'The present state does not take this verb.' },
  'version.conflict': { status: 412, title: 'It was changed since you read it.' },
  'version.required': { status: 428, title: 'Send If-Match with the version that you read.' },
  'idempotency.reused': { status: 422, title: 'This Idempotency-Key was used with another input.' },
  'conflict': { status: 409, title: 'It stands against something that exists already.' },
  'unavailable': { status: 503, title: 'A part that this needs does not answer. Try again soon.', report: true },
  'internal': { status: 500, title: 'Something broke on our side.', report: true },
  // Signing in by a wiki
  'sign-in.stale': { status: 400, title: 'This sign-in was begun elsewhere, or too long ago. Begin again.' },
  'sign-in.denied': { status: 403, title: 'The wiki says that you did not allow it.' },
  'sign-in.spent': { status: 409, title: 'The wiki does not take this sign-in any more: it was used already, or has ended. Begin again.' },
  'sign-in.misconfigured': { status: 502, title: 'The wiki refuses Reeve itself: an admin has to look at how it is registered there.', report: true },
  'sign-in.unreadable': { status: 502, title: 'The wiki answered something that cannot be understood. Try again later.', report: true },
  'sign-in.blocked': { status: 403, title: 'This account is blocked at the wiki. While it is, it signs nobody in here.' },
  'sign-in.again': { status: 409, title: 'The wiki lets Reeve do nothing in this person\'s name any more: they have to sign in at it again.' },
  'sign-in.taken': { status: 409, title: 'This wiki account belongs to another account here.' },
  'sign-in.linked': { status: 409, title: 'Another account of this wiki is linked already: unlink it first.' },
  'sign-in.not-fresh': { status: 403, title: 'This is done within ten minutes of signing in: sign in once more.' },
  'sign-in.last': { status: 409, title: 'It is your only way to sign in: link another wiki first.' },
  // The second factor of local accounts
  'second-factor.on': { status: 409, title: 'A second factor is set up already: turn it off first.' },
  'second-factor.off': { status: 409, title: 'No second factor is set up.' },
  // Deliveries
  'delivery.no-subject': { status: 422, title: 'The subject is empty.' },
  'delivery.no-body': { status: 422, title: 'The message is empty.' },
  'delivery.bad-subject': { status: 422, title: 'A subject is one line of text, without == at its ends.' },
  'delivery.bad-body': { status: 422, title: 'The message would close the marker comment: remove <!-- and -->.' },
  'delivery.body-too-large': { status: 422, title: 'The message is larger than a page of this wiki may be.' },
  'delivery.no-page': { status: 422, title: 'The wiki has no such page.' },
  'delivery.bad-page': { status: 422, title: 'This page cannot be a message.' },
  'delivery.no-section': { status: 422, title: 'The page has no section of this name.' },
  'delivery.no-list': { status: 422, title: 'A delivery needs at least one target list.' },
  'delivery.unknown-list': { status: 422, title: 'One of the target lists does not exist.' },
  'delivery.unacknowledged': { status: 422, title: 'Something about this message is odd: look at it, and acknowledge what is meant so.' },
  'delivery.foreign-target': { status: 422, title: 'A target stands on a wiki that you may not send to.' },
  'delivery.afresh-unscheduled': { status: 422, title: 'Lists are read afresh at the instant of a scheduled send: choose one.' },
  'delivery.send-past': { status: 422, title: 'It lies before now: choose a later one, or none.' },
  'delivery.unknown-wiki': { status: 422, title: 'This wiki is not configured here.' },
  'delivery.not-unknown': { status: 409, title: 'Only a target whose outcome is unknown can be settled.' },
  // Target lists
  'targetList.no-page': { status: 422, title: 'The wiki has no such page or category.' },
  'targetList.bad-page': { status: 422, title: 'This does not hold a list of this format.' },
  'targetList.not-read': { status: 409, title: 'The pages of this list were given, not read from a wiki: put others in.' },
  // Events
  'event.incomplete': { status: 422, title: 'Something is missing that an event needs before it can be submitted.' },
  'event.other-alone': { status: 422, title: 'The type "other" stands alone.' },
  'event.no-place': { status: 422, title: 'Only an event where people meet has a country and an address.' },
  'event.no-meeting': { status: 422, title: 'Only an event that is online has a meeting address.' },
  'event.unknown-country': { status: 422, title: 'A country is a code of ISO 3166, two capital letters.' },
  'event.no-such-time': { status: 422, title: 'There is no such time in this zone: the clocks go forward over it, or the calendar has no such day.' },
  'event.ends-first': { status: 422, title: 'It must end after it starts.' },
  'event.start-past': { status: 422, title: 'It must start in the future.' },
  'event.window-over': { status: 422, title: 'Its end is over.' },
  'event.beyond-approved': { status: 403, title: 'This goes beyond what was approved: a tool admin may do it.' },
  'event.no-organizer': { status: 422, title: 'An organizer is somebody who holds that role here.' },
  'event.statistics-types': { status: 422, title: 'Contribution statistics can only be enabled for events with the following types: Editing event, Media upload event, Backlog drive, Contest' },
  'event.statistics-country': { status: 422, title: 'Contribution statistics cannot be enabled for the selected country.' },
  'event.statistics-wikis': { status: 422, title: 'Contribution statistics need at least one wiki.' },
  'event.statistics-off': { status: 422, title: 'Contribution statistics are switched off here.' },
  // Account requests
  'request.held': { status: 403, title: 'Somebody else has reserved it.' },
  'request.name-form': { status: 422, title: 'The wiki takes no such name.' },
  'request.name-taken': { status: 422, title: 'There is an account of this name already.' },
  'request.name-refused': { status: 422, title: 'The wiki does not let anybody take this name.' },
  'request.name-asked': { status: 422, title: 'Somebody has asked for this name already.' },
  'request.email-own': { status: 422, title: 'This address belongs to the wiki itself: give your own.' },
  'request.email-often': { status: 429, title: 'Ten requests with this address were sent within a day: take another one, or wait.' },
  'request.email-differs': { status: 422, title: 'The two addresses are not the same.' },
  'request.wrong-key': { status: 422, title: 'This is not the key of this event.' },
  'request.event-wiki': { status: 422, title: 'The event is for other wikis.' },
  'request.unknown-wiki': { status: 422, title: 'There is no such wiki here.' },
  'request.stale-form': { status: 409, title: 'This page was open for too short or too long a time: send it once more.' },
  'request.creations-paused': { status: 409, title: 'The making of accounts is paused on this wiki.' },
  'request.creation-refused': { status: 422, title: 'The wiki did not make the account.' },
  'request.being-made': { status: 409, title: 'The wiki is making the account, or may have made it: this is taken back only once it is known that it has not.' },
  'request.creation-unclear': { status: 502, title: 'Whether the wiki has made the account cannot be told yet.', report: true },
  'request.welcome-refused': { status: 422, title: 'The wiki did not take the welcome on the talk page.' },
  'request.no-account': { status: 422, title: 'The wiki has no account of this name.' },
  'request.no-taker': { status: 422, title: 'It can be sent only to somebody else who may look after it.' },
  'request.no-event': { status: 422, title: 'It came by no event.' },
  'request.unknown-queue': { status: 422, title: 'There is no such queue, or it is disabled.' },
  'request.unanswered': { status: 422, title: 'The form wants this question answered.' },
  'request.bad-answer': { status: 422, title: 'This is no answer to this question.' },
  'request.private-comment': { status: 422, title: 'This holds what looks like the address of a person: take it out, or say that it is meant.' },
  'request.closed-long': { status: 403, title: 'It was closed more than seven days ago: a tool admin may open it again.' },
  'request.too-old': { status: 409, title: 'It is older than a request may be.' },
  'request.purged': { status: 410, title: 'What it said has been erased by the rule of retention.' },
  'request.unacknowledged': { status: 422, title: 'Something is to be looked at before this answer is sent.' },
  'request.mail-sent': { status: 409, title: 'The mail has gone out: this answer can be taken back no more.' },
  // Queues of account requests
  'queue.key-taken': { status: 409, title: 'Another queue has this key.' },
  'queue.in-use': { status: 409, title: 'Requests wait in it: move them to another queue first.' },
  'queue.no-form': { status: 422, title: 'No form fills this queue.' },
  // Forms for account requests
  'form.unusable': { status: 422, title: 'There is no such form that is published for all, or your own.' },
  'form.bad-place': { status: 422, title: 'The form has no such words.' },
  'form.bad-choices': { status: 422, title: 'A choice needs at least two choices, as many in each language; nothing else has any.' },
  'form.no-words': { status: 422, title: 'A question needs its words.' },
  'form.same-key': { status: 422, title: 'Another question has this key.' },
  // One person's data
  'privacy.creating': { status: 409, title: 'An account is being made for this person: wait until that is over, or take it back.' },
  'privacy.reason-names': { status: 422, title: 'This stays in the log: give the reason without the name or the address of the person.' },
  // Bans
  'ban.bad-pattern': { status: 422, title: 'This is no regular expression that is taken here.' },
  'ban.matches-all': { status: 422, title: 'This would fit everybody: say what must be there.' },
  'ban.bad-network': { status: 422, title: 'This is no network: write 203.0.113.0/24 or 2001:db8::/32, or one address.' },
  'ban.too-wide': { status: 422, title: 'This network would keep far too many people out.' },
  // Templates of answers
  'template.unusable': { status: 422, title: 'This template does not go with this answer, or is not in use.' },
  'template.bad-placeholder': { status: 422, title: 'There is no such placeholder.' },
  'template.title-taken': { status: 409, title: 'Another template has this title.' },
  // Memberships, users, keys
  'membership.exists': { status: 409, title: 'This user has, or has applied for, this role already.' },
  'membership.not-identified': { status: 422, title: 'This role needs identification: record first that this person is identified.' },
  'membership.everywhere': { status: 422, title: 'This role holds everywhere: leave the wiki out. Only that of a sender can be held on one wiki.' },
  'membership.not-accepted': { status: 422, title: 'Accept that this right is for use through Reeve only.' },
  'user.name-taken': { status: 409, title: 'This name is taken.' },
  'view.too-many': { status: 409, title: 'You have as many saved views as a person may have: delete one first.' },
  // Operations: what a workflow waits for a person with
  'operation.not-waiting': { status: 409, title: 'This workflow does not wait for an operator now.' },
  'operation.skip-unsound': { status: 409, title: 'This step cannot be skipped without harm; retry it or abort.' },
  'operation.bad-reason': { status: 422, title: 'A reason is a code such as wiki-fixed: small letters, digits, hyphens.' },
  'outbox.not-dead': { status: 404, title: 'There is no dead outbox row of this number.' },
  'wiki.session': { status: 502, title: 'The wiki does not take the bot\'s sign-in.', report: true },
  'wiki.unreachable': { status: 502, title: 'The wiki does not answer.', report: true },
  'wiki.readonly': { status: 502, title: 'The wiki is read-only.' },
  'wiki.blocked': { status: 502, title: 'The bot is blocked on the wiki.', report: true },
  'wiki.unknown-left': { status: 409, title: 'Some targets have an unknown outcome: settle them.' },
  'wiki.has-people': { status: 422, title: 'People sign in by this wiki, and at another wiki their numbers may be other people. Say that it is the same wiki, or configure the other one by itself.' },
  'wiki.forbidden-host': { status: 422, title: 'This address is not one that Reeve may call.' },
  'delivery.lists-grown': { status: 409, title: 'The target lists have grown by more than a tenth since they were approved.' },
  'delivery.expand-failed': { status: 500, title: 'The target lists could not be expanded.', report: true },
} satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof kinds;
export const errorKinds: Record<ErrorCode, ErrorKind> = kinds;
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(kinds, code);

/** One thing wrong with one field: `pointer` is a JSON Pointer into the body (or `?name` for a query field). */
export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

/** Thrown anywhere, presented by api/problem.ts. `detail` may hold what the person typed; it never enters Temporal. */
export class ReeveError extends Error {
  override readonly name = 'ReeveError';
  constructor(
    readonly code: ErrorCode,
    readonly detail?: string,
    readonly more: { errors?: FieldProblem[]; [key: string]: unknown } = {},
  ) {
    super(detail ?? kinds[code].title);
  }
  get status(): number {
    return kinds[this.code].status;
  }
}

/** What is wrong with one field, in the words of its code where there are no others. */
export const fault = (pointer: string, code: ErrorCode, detail: string = kinds[code].title): FieldProblem & { code: ErrorCode } => ({ pointer, code, detail });

/** The commonest one: one field is wrong. */
export const fieldError = (pointer: string, code: ErrorCode, detail: string = kinds[code].title): ReeveError => new ReeveError(code, detail, { errors: [fault(pointer, code, detail)] });
