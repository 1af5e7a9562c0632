/**
 * Needs attention: when a step's tries have run out, the workflow does not die. It says so (ReeveAttention, an operation
 * row that operators see), and waits for `retry`, `skip` or `abort`: from the API by way of the outbox { actor, audit,
 * operation }, or from Temporal's own tools, as an update or as a signal of the same name, { actor, reason: <code> }.
 * Every workflow uses this one helper; call it before the first await.
 */
import { ApplicationFailure, condition, defineSignal, defineUpdate, proxyActivities, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { OperationActivities } from '../activities/operation';
import type { ErrorCode } from '../config/errors';
import { attentionKey } from './attributes';
import { troubleOf, type Trouble } from './trouble';

export const acts = ['retry', 'skip', 'abort'] as const;
export type Act = (typeof acts)[number];
/** What became of it; `settled`: its cause went away by itself. */
export type Answer = Act | 'settled';
export interface ActInput {
  /** Who, as an id; from Temporal's own tools it is recorded as `temporal`. */
  actor?: string;
  /** From the API: where the act stands in the audit log, and the operation that it answers. */
  audit?: number;
  operation?: number;
  /** From Temporal's own tools: why, as a code. */
  reason?: string;
}
/** How a trouble may end by itself: a version newer than `since` makes it look whether the cause is gone. */
export interface Cure {
  since: number;
  look: { readonly version: number };
  gone(): Promise<boolean>;
}
export interface Attention {
  need(trouble: Trouble, cure?: Cure): Promise<Answer>;
  /** Does a step until it succeeds or an operator aborts. @throws Aborted */
  through<T>(step: () => Promise<T>): Promise<T>;
  /** For current details; empty while nothing is wrong. */
  readonly words: string;
}
export class Aborted extends Error {}

const { openOperation, answerOperation } = proxyActivities<OperationActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' }, // without end: nobody could be asked instead
});
const CODE = /^[a-z][a-z0-9-]{1,40}$/;
const ACTOR = /^[a-z]+(\/[a-z0-9]+){0,3}$/;

/** @param changed called when `words` have changed. */
export function needsAttention(thing: { noun: string; id?: number; wiki?: string }, changed: () => void = () => {}): Attention {
  let seq = 0;
  let words = '';
  let current: { operation?: number; skippable: boolean } | undefined; // without a number while the row is being written
  let answer: (ActInput & { act: Act }) | undefined;
  let early: (ActInput & { act: Act })[] = []; // arrived before the workflow learned its operation's id
  let turn = Promise.resolve(); // one trouble at a time

  const refusal = (act: Act, { audit, operation, reason, actor }: ActInput): ErrorCode | undefined => {
    if (!current || answer || (operation !== undefined && operation !== current.operation)) return 'operation.not-waiting';
    if (act === 'skip' && !current.skippable) return 'operation.skip-unsound';
    if (audit === undefined && !CODE.test(reason ?? '')) return 'operation.bad-reason';
    return actor !== undefined && !ACTOR.test(actor) ? 'operation.bad-reason' : undefined;
  };
  for (const act of acts) {
    const description = `${meaning[act]} Input: {"reason": "<code>"}.`;
    setHandler(defineUpdate<{ taken: Act }, [ActInput?]>(act), (input = {}) => ((answer = { ...input, act }), { taken: act }), {
      description,
      validator: (input = {}) => {
        const code = refusal(act, input);
        if (code) throw ApplicationFailure.nonRetryable(code, code);
      },
    });
    setHandler(defineSignal<[ActInput?]>(act), (input = {}) => {
      if (!refusal(act, input)) answer = { ...input, act };
      else if (current?.operation === undefined && input.operation !== undefined) early.push({ ...input, act });
    }, { description: `${description} Ignored when nothing waits.` });
  }

  async function need({ code, attempts, skippable = false, counts }: Trouble, cure?: Cure): Promise<Answer> {
    const before = turn;
    let done = (): void => {};
    turn = new Promise((resolve) => (done = resolve));
    await before;
    try {
      current = { skippable };
      upsertSearchAttributes([{ key: attentionKey, value: true }]);
      const { operation } = await openOperation({ ...thing, seq: ++seq, code, attempts, skippable, ...(counts && { counts }) });
      current = { operation, skippable };
      answer ??= early.find((input) => input.operation === operation);
      early = [];
      words = `**Needs attention**: \`${code}\`${Object.entries(counts ?? {}).map(([name, count]) => ` ${name} ${count},`).join('')} after ${attempts} ${attempts === 1 ? 'try' : 'tries'} (operation ${operation}). Send \`retry\`${skippable ? ', `skip`' : ''} or \`abort\`.`;
      changed();
      return await answered(operation, cure);
    } finally {
      current = answer = undefined;
      words = '';
      upsertSearchAttributes([{ key: attentionKey, value: false }]);
      changed();
      done();
    }
  }

  /** Postgres decides between two who answer at once, and keeps whatever came: an answer through the API stands there already. */
  async function answered(operation: number, cure?: Cure): Promise<Answer> {
    for (let seen = cure?.since ?? 0; ; ) {
      await condition(() => answer !== undefined || (cure !== undefined && cure.look.version > seen));
      if (answer) return (await answerOperation({ operation, verb: answer.act, code: answer.reason })).answer;
      seen = cure!.look.version;
      if (await cure!.gone().catch(() => false)) return (await answerOperation({ operation, verb: 'settled' })).answer;
    }
  }

  return {
    need,
    async through(step) {
      for (;;) {
        try {
          return await step();
        } catch (error) {
          if ((await need(troubleOf(error))) === 'abort') throw new Aborted();
        }
      }
    },
    get words() {
      return words;
    },
  };
}

const meaning: Record<Act, string> = {
  retry: 'Try the step again.',
  skip: 'Leave the step undone and go on, where that is sound.',
  abort: 'Give the step up, and what hangs on it.',
};

