/**
 * What stands in a private column once the person whose it was is erased: SQL over the row, which stays. Retention
 * (db/effects/request.ts) and `reeve privacy erase` (db/queries/privacy.ts) write the same.
 */
import { snake } from './columns';

export const erasures = {
  // The name went public with the account.
  request: { name: `case when outcome = 'created' then name else '' end`, email: `''`, ip: 'null', network: 'null', forwarded: 'null', userAgent: 'null', comment: `''`, questions: `'{}'`, answers: `'{}'`, answer: 'null' },
  user: { name: `'Erased #' || id`, passwordHash: 'null', email: 'null' }, // no name that anybody can take holds a #
  membership: { note: 'null', vouchedBy: 'null', officialEmail: 'null', appeal: 'null' },
  key: { label: `''`, hash: 'hash' }, // it opens nothing: the key is revoked
} as const satisfies Record<string, Record<string, string>>;

/** @param noun its columns as an UPDATE sets them. */
export const erased = (noun: keyof typeof erasures): string => Object.entries(erasures[noun]).map(([column, value]) => `${snake(column)} = ${value}`).join(', ');
