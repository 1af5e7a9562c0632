/** How an account request's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const requestVerbs: VerbLooks = {
  reserve: { order: 1, tone: 'progressive', key: 'r', inverse: 'release' },
  close: { order: 2, key: 'c' },
  release: { order: 3, key: 'l', inverse: 'reserve' },
  escalate: { order: 4, key: 'e', asks: true },
  reopen: { order: 5, tone: 'progressive' },
  sendReservation: { order: 6 },
  defer: { order: 7 },
  resendConfirmation: { order: 8 },
  breakReservation: { order: 9, tone: 'destructive' },
  drop: { order: 10, tone: 'destructive', inverse: 'reopen' },
  // below what was said so far, and beside each field
  comment: { order: 20, elsewhere: true },
  reveal: { order: 21, elsewhere: true },
};
