/** Operations: operators answer what waits for them, and so may whoever holds Temporal's own key (recorded as such). */
import { holds } from './actor';
import type { Policy } from './index';

const acts = ['retry', 'skip', 'abort'];

export const operationPolicy: Policy = (allow, _forbid, actor) => {
  if (actor.kind === 'system') allow(['new', 'read', 'settled'], 'operation');
  if (actor.kind === 'temporal') allow(['read', ...acts], 'operation');
  if (holds(actor, 'operator', 'admin')) allow(['read', ...acts, 'drop'], 'operation'); // `drop`: a dead outbox row
};
