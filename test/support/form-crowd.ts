/**
 * A crowd at the public form for accounts, each from an address of their own (REEVE_TRUST_PROXY: 1): each opens the page,
 * types for a while and sends it; one in twenty presses twice. For test/pages/form-crowd.test.ts and `npm run chaos -- crowd`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hiddenFields } from '../pages/form';

export interface Crowd {
  /** Of the API. */
  base: string;
  /** Path of the form. */
  path: string;
  /** The event's. */
  key: string;
  people: number;
  /** At the form at once. */
  width: number;
}
export const addressOf = (n: number): string => `newcomer-${n}@example.net`;

/** Longer than the youngest form that is taken, milliseconds. */
const TYPING_MS = 3_200;
/** A minute: a house that was killed comes back sooner, however busy the machine is. */
const ENOUGH_TRIES = 120;

/** @returns what became of each form, by its last answer's status */
export async function askAll({ base, path, key, people, width }: Crowd): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  let next = 0;
  const seat = async (): Promise<void> => {
    for (let n = next++; n < people; n = next++) {
      const headers = { 'X-Forwarded-For': `2001:db8:${n.toString(16)}::1` };
      const page = await patient(() => fetch(base + path, { headers }));
      const fields = { ...hiddenFields(await page.text(), path), name: `Newcomer ${n} of many`, email: addressOf(n), emailAgain: addressOf(n), comment: '', eventKey: key };
      await sleep(TYPING_MS);
      const post = (): Promise<Response> => patient(() => fetch(base + path, { method: 'POST', headers, body: new URLSearchParams(fields), redirect: 'manual' }));
      const [answer] = await Promise.all(n % 20 ? [post()] : [post(), post()]);
      const end = `${answer!.status} ${answer!.headers.get('location')?.split('?')[0] ?? ''}`.trim();
      ends[end] = (ends[end] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: width }, seat));
  return ends;
}

/** As people do: press again when nothing comes. */
async function patient(ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await ask();
      if (answer.status < 500 || tries === ENOUGH_TRIES) return answer;
    } catch (error) {
      if (tries === ENOUGH_TRIES) throw error;
    }
    await sleep(500);
  }
}
