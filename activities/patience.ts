/** Postgres restarts; a step that has already acted outside must outlive that to write down what it did. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Errors after which the same statement may simply be sent again: it never ran, or is safe to repeat. */
const away = /^(08|57P0|53|25006|40001|40P01)/;
const line = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** Repeats an idempotent database step while Postgres is away, for two minutes. @throws the last error. */
export async function patiently<T>(step: () => Promise<T>): Promise<T> {
  const giveUpAt = Date.now() + 120_000;
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    try {
      return await step();
    } catch (error) {
      if (!isAway(error) || Date.now() > giveUpAt) throw error;
      await sleep(waitMs);
    }
  }
}

export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (code !== undefined && (line.has(code) || away.test(code))) || /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(message ?? '');
}
