/** How the dispatcher's rows reach Temporal: one call of intents.ts each, with a time limit. */
import type { OutboxRow } from '../db/outbox';
import { intents, type Outside } from './intents';

/** @param timeoutMs less than the dispatcher's lease. */
export const deliverTo =
  (outside: Outside, timeoutMs = 4_000) =>
  async (row: OutboxRow): Promise<void> => {
    const intent = intents[row.effect];
    if (!intent) throw new TypeError('no intent for this effect');
    await outside.temporal.within(timeoutMs, () => intent(outside, row));
  };
