/**
 * A delivery and its wikis in memory, with the activities that its workflows call: what a test changes here, the
 * workflows see as if Postgres and the wikis had done it.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { AfreshActivities } from '../../activities/afresh';
import type { DeliveryActivities } from '../../activities/delivery';
import type { AnswerOperation, OpenOperation, OperationActivities } from '../../activities/operation';

export interface FakeWiki {
  wiki: number;
  host: string;
  open: number;
  unknown: number;
  lanes: number;
  closed?: string;
  /** Thrown by the next lanes; `troubleOnce` by one of them. */
  trouble?: string;
  troubleOnce?: string;
  /** Targets that one lane does before it asks again; a lane of a slow wiki never ends by itself. */
  perLane: number;
  slow?: boolean;
}
export interface Operation extends OpenOperation {
  operation: number;
  workflowId: string;
  state: 'waiting' | 'retry' | 'skip' | 'abort' | 'settled';
  by?: string;
}
type Result<T extends (...args: never[]) => Promise<unknown>> = Awaited<ReturnType<T>>;

export class Ledger {
  state = 'expanding';
  calls: string[] = [];
  operations: Operation[] = [];
  verbs: { verb: string; commandId: string }[] = [];
  failing = new Map<string, string>();
  reopened = 0;
  /** Of a delivery that reads its lists afresh: what they hold beside what was approved; gone once that is settled. */
  afresh?: { approved: number; present: number };

  /** Wikis that the first lines of its lists do not name. */
  later: FakeWiki[] = [];

  constructor(readonly wikis: FakeWiki[]) {}

  wiki = (id: number): FakeWiki => this.wikis.find(({ wiki }) => wiki === id)!;
  readonly waiting = (): Operation[] => this.operations.filter(({ state }) => state === 'waiting');

  private note(name: string): void {
    this.calls.push(name);
    const code = this.failing.get(name);
    if (code) throw ApplicationFailure.nonRetryable('what the outside said: secret@example.org', code, { attempts: 7 });
  }

  /** What workflows call. */
  readonly activities = {
    begin: async () => {
      this.note('begin');
      if (this.state === 'expanding' && !this.afresh) this.state = 'running';
      const runs = ['running', 'paused'].includes(this.state);
      return { want: this.state === 'expanding' ? 'readAfresh' : runs ? 'run' : 'nothing', state: this.state, copying: (runs || this.state === 'cancelled') && this.later.length > 0 } as Result<DeliveryActivities['begin']>;
    },
    readAfresh: async () => {
      this.note('readAfresh');
      const { approved, present } = this.afresh!;
      const shown = Math.max(0, ...this.operations.filter(({ state, counts }) => state === 'retry' && counts).map(({ counts }) => counts!.present!));
      if (present * 10 > approved * 11 && present > shown) return { grown: { approved, present } };
      this.afresh = undefined;
      return { grown: null };
    },
    sendAsSubmitted: async () => {
      this.note('sendAsSubmitted');
      this.afresh = undefined;
    },
    expand: async () => {
      this.note('expand');
      this.wikis.push(...this.later.splice(0).map((wiki) => (this.state === 'cancelled' ? { ...wiki, open: 0 } : wiki)));
    },
    reopen: async () => {
      this.note('reopen');
      return { reopened: this.reopened };
    },
    openWikis: async () => {
      this.note('openWikis');
      return { wikis: this.wikis.filter(({ open, unknown }) => open + unknown > 0).map(({ wiki, host }) => ({ wiki, host })) };
    },
    wikiStatus: async ({ wiki }: { wiki: number }) => {
      this.note('wikiStatus');
      const { open, unknown, lanes } = this.wiki(wiki);
      return { state: this.state, lanes, open, unknown, copying: this.later.length > 0 && this.state !== 'cancelled' } as Result<DeliveryActivities['wikiStatus']>;
    },
    lane: async ({ wiki, quota }: { wiki: number; quota: number }) => {
      this.note('lane');
      const row = this.wiki(wiki);
      const own = row.troubleOnce;
      delete row.troubleOnce;
      if (own) throw ApplicationFailure.nonRetryable('the wiki said: secret@example.org', own);
      for (let done = 0; ; ) {
        if (row.trouble) throw ApplicationFailure.nonRetryable('the wiki said: secret@example.org', row.trouble);
        if (this.state !== 'running') return { ended: this.state === 'paused' ? 'paused' : 'cancelled', done } as Result<DeliveryActivities['lane']>;
        if (!row.open) return { ended: 'empty' as const, done };
        if (done >= Math.min(quota, row.perLane)) return { ended: 'quota' as const, done };
        if (!row.slow) {
          row.open--;
          done++;
        }
        if (done % 50 === 0 || row.slow) {
          Context.current().heartbeat();
          await Context.current().sleep(10);
        }
      }
    },
    closeWiki: async ({ wiki, how }: { wiki: number; how: string }) => {
      this.note('closeWiki');
      this.wiki(wiki).closed = how;
      if (how !== 'done') this.wiki(wiki).open = 0;
      return {} as Result<DeliveryActivities['closeWiki']>;
    },
    finish: async () => {
      this.note('finish');
      if (this.state === 'running') this.state = 'finished';
      return { state: this.state };
    },
    signalVerb: async ({ verb, commandId }: { verb: 'pause' | 'resume' | 'cancel'; commandId: string }) => {
      this.note('signalVerb');
      this.verbs.push({ verb, commandId });
      this.state = { pause: 'paused', resume: 'running', cancel: 'cancelled' }[verb];
      return { state: this.state };
    },
    openOperation: async (input: OpenOperation) => {
      const { workflowId } = Context.current().info.workflowExecution!;
      const known = this.operations.find((each) => each.workflowId === workflowId && each.seq === input.seq);
      const row = known ?? { ...input, operation: this.operations.length + 1, workflowId, state: 'waiting' as const };
      if (!known) this.operations.push(row);
      return { operation: row.operation };
    },
    answerOperation: async ({ operation, verb, code }: AnswerOperation) => {
      const row = this.operations[operation - 1]!;
      if (row.state === 'waiting') Object.assign(row, { state: verb, by: code });
      return { answer: row.state as 'retry' };
    },
  } satisfies { [K in keyof DeliveryActivities]: unknown } & { [K in keyof AfreshActivities]: unknown } & { [K in keyof OperationActivities]: unknown };
}
