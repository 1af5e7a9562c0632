/** How an account request's verbs look. */
import type { VerbLooks } from '../shared/verbs';

export const requestVerbs: VerbLooks = {
  reserve: { order: 1, tone: 'progressive', key: 'r', inverse: 'release' },
  create: { order: 2, tone: 'progressive', key: 'a', inverse: 'takeBack' },
  takeBack: { order: 1, key: 't' },
  close: { order: 3, key: 'c', inverse: 'takeBack' },
  release: { order: 4, key: 'l', inverse: 'reserve' },
  escalate: { order: 5, key: 'e', asks: true },
  reopen: { order: 6, tone: 'progressive' },
  sendReservation: { order: 7 },
  defer: { order: 8 },
  resendConfirmation: { order: 9 },
  breakReservation: { order: 10, tone: 'destructive' },
  drop: { order: 11, tone: 'destructive', inverse: 'reopen' },
  // below what was said so far, and beside each field
  comment: { order: 20, elsewhere: true },
  reveal: { order: 21, elsewhere: true },
};
