/** The machines as the specification has them, written by hand: state → verb → the states that it may lead to. */
export type Table = Record<string, Record<string, string[]>>;
export type MachineNoun = 'delivery' | 'event' | 'request' | 'queue' | 'form' | 'ban' | 'membership' | 'key' | 'operation';

/** What only the clock sends, under the name of its delay. */
export const byClock = (delay: string, noun: string, state: string): string => `xstate.after.${delay}.${noun}.${state}`;

/** What is done to a request that waits, whoever has it in hand; its clocks run on while somebody has. */
const waiting = (state: string): Record<string, string[]> => ({
  escalate: ['open'], defer: ['open'], close: ['closed'], drop: ['closed'], create: ['creating'], comment: [state], flag: [state], erase: ['closed'],
  [byClock('untilReminder', 'request', state)]: [state], [byClock('untilEscalation', 'request', state)]: [state], [byClock('untilWarning', 'request', state)]: [state], [byClock('untilTooOld', 'request', state)]: ['closed'],
});

export const specified: Record<MachineNoun, Table> = {
  delivery: {
    draft: { test: ['draft'], submit: ['approved', 'requested'], cancel: ['cancelled'] },
    requested: { test: ['requested'], approve: ['approved'], reject: ['rejected'], revise: ['draft'], reschedule: ['requested'], cancel: ['cancelled'] },
    rejected: { revise: ['draft'] },
    approved: { [byClock('untilSend', 'delivery', 'approved')]: ['expanding'], reschedule: ['approved'], cancel: ['cancelled'], test: ['approved'] },
    expanding: { expanded: ['running'], cancel: ['cancelled'] },
    running: { pause: ['paused'], cancel: ['cancelled'], settle: ['running'], finish: ['finished'] },
    paused: { resume: ['running'], cancel: ['cancelled'], settle: ['paused'] },
    finished: { retryFailed: ['running'], settle: ['finished', 'running'] },
    cancelled: { settle: ['cancelled'] },
  },
  event: {
    draft: { submit: ['requested'], cancel: ['cancelled'] },
    requested: { approve: ['approved', 'open'], reject: ['rejected'], revise: ['draft'], cancel: ['cancelled'] },
    rejected: { revise: ['draft'] },
    approved: { [byClock('untilStart', 'event', 'approved')]: ['open'], reschedule: ['approved', 'open'], disable: ['disabled'], cancel: ['cancelled'] },
    open: { [byClock('untilEnd', 'event', 'open')]: ['ended'], reschedule: ['approved', 'open'], disable: ['disabled'], cancel: ['cancelled'] },
    disabled: { enable: ['approved', 'open', 'ended'], [byClock('untilArchive', 'event', 'disabled')]: ['archived'] },
    ended: { [byClock('untilArchive', 'event', 'ended')]: ['archived'] },
    cancelled: { [byClock('untilArchive', 'event', 'cancelled')]: ['archived'] },
    archived: {},
  },
  request: {
    unconfirmed: { confirm: ['open'], resendConfirmation: ['unconfirmed'], erase: ['expired'], [byClock('untilExpiry', 'request', 'unconfirmed')]: ['expired'] },
    open: { ...waiting('open'), reserve: ['reserved'] },
    reserved: {
      ...waiting('reserved'), release: ['open'], breakReservation: ['open'], sendReservation: ['reserved'],
      [byClock('untilLastMinutes', 'request', 'reserved')]: ['reserved'], [byClock('untilReservationEnds', 'request', 'reserved')]: ['open'],
    },
    creating: { takeBack: ['reserved'], created: ['closed'], creationFailed: ['reserved'], askSignIn: ['creating'], signedIn: ['creating'], comment: ['creating'] },
    closed: { takeBack: ['reserved'], reopen: ['open'], comment: ['closed'], purge: ['closed'], erase: ['closed'] },
    expired: { purge: ['expired'], erase: ['expired'] },
  },
  queue: {
    enabled: { disable: ['disabled'] },
    disabled: { enable: ['enabled'] },
  },
  form: {
    draft: { publish: ['published'] },
    published: { publish: ['published'], retire: ['retired'] },
    retired: { publish: ['published'] },
  },
  ban: {
    active: { lift: ['lifted'], reschedule: ['active'], [byClock('untilExpiry', 'ban', 'active')]: ['expired'] },
    expired: {},
    lifted: {},
  },
  membership: {
    applied: { approve: ['active'], decline: ['declined'], changeRole: ['applied'], confirmAddress: ['applied'], identify: ['applied'] },
    active: { suspend: ['suspended'], end: ['ended'], changeRole: ['active'], confirmAddress: ['active'], identify: ['active'], [byClock('untilEnd', 'membership', 'active')]: ['ended'] },
    suspended: { reinstate: ['active'], end: ['ended'], identify: ['suspended'], [byClock('untilEnd', 'membership', 'suspended')]: ['ended'] },
    declined: { appeal: ['applied'], purge: ['declined'] },
    ended: { purge: ['ended'] },
  },
  key: {
    active: { revoke: ['revoked'], [byClock('untilExpiry', 'key', 'active')]: ['expired'] },
    expired: {},
    revoked: {},
  },
  operation: {
    waiting: { retry: ['retrying'], skip: ['skipped'], abort: ['aborted'], settled: ['settled'] },
    retrying: {},
    skipped: {},
    aborted: {},
    settled: {},
  },
};
