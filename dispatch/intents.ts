/**
 * The one table of what follows a commit: effect → what it starts or signals in Temporal, under a deterministic
 * workflow id, or the thing that it makes under a deterministic command id. Delivery is at least once, so each bears being repeated and being late: every signal carries the
 * entity's version, and what is started looks at the row first. Called by dispatch/dispatcher.ts, starts also by
 * dispatch/reconcile.ts.
 */
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { readRow } from '../db/apply';
import { create } from '../db/create';
import { newMarker } from '../db/entities/delivery';
import { writeTexts, type TestMessage } from '../db/queries/delivery-texts';
import { addTarget } from '../db/queries/expansion';
import type { Kernel } from '../db/kernel';
import { creatingAt } from '../db/queries/pauses';
import type { OutboxRow } from '../db/outbox';
import type { Temporal } from '../gateways/temporal';
import type { ActInput } from '../workflows/attention';
import { startAttributes } from '../workflows/attributes';
import type { Changed } from '../workflows/changed';
import { accountCreationWorkflowId, commentScanWorkflowId, deliveryWorkflowId, nameCheckWorkflowId, retentionWorkflowId, timerWorkflow } from '../workflows/ids';
import type { AccountCreationInput } from '../workflows/account-creation';
import type { MassDeliveryInput } from '../workflows/mass-delivery';
import type { NameCheckInput } from '../workflows/name-check';
import type { CommentScanInput } from '../workflows/comment-scan';
import type { RetentionInput } from '../workflows/retention';
import type { TimerInput, TimerSet, Timers } from '../workflows/timer';

export interface Outside {
  temporal: Temporal;
  kernel: Kernel;
}
export type IntentRow = Pick<OutboxRow, 'noun' | 'entity' | 'version' | 'effect' | 'params'>;
export type Intent = (outside: Outside, row: IntentRow) => Promise<void>;

export const intents: Record<string, Intent> = {
  /** The whole timer set of an entity. An empty one only ends a sleeper that is there. */
  async setTimers({ temporal }, { noun, entity, version, params }) {
    const timers = params.timers as Timers;
    const { type, workflowId } = timerWorkflow(noun, entity);
    const set: TimerSet = { version, timers };
    if (!Object.keys(timers).length) return ignoreMissing(temporal.client.workflow.getHandle(workflowId).signal('setTimers', set));
    const input: TimerInput = { noun, id: entity };
    await temporal.client.workflow.signalWithStart(type, {
      ...begun(temporal, `Timers of ${noun} ${entity}`),
      workflowId,
      args: [input],
      typedSearchAttributes: startAttributes({ noun, id: entity, state: 'waiting' }),
      signal: 'setTimers',
      signalArgs: [set],
    });
  },

  /** Also `retryFailed`: a run that is still there looks again, else one begins. */
  async startDelivery({ temporal }, { entity, version }) {
    const { workflow } = temporal.client;
    const input: MassDeliveryInput = { delivery: entity, version };
    const look: Changed = { version };
    const options = {
      ...begun(temporal, `Delivery ${entity}: one message to every page of its lists`),
      workflowId: deliveryWorkflowId(entity),
      args: [input] as [MassDeliveryInput],
      typedSearchAttributes: startAttributes({ noun: 'delivery', id: entity, state: 'approved' }),
    };
    try {
      await workflow.start('massDelivery', { ...options, requestEagerStart: temporal.eager });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await workflow.signalWithStart('massDelivery', { ...options, signal: 'changed', signalArgs: [look] });
    }
  },

  /** The same message to one page, as a delivery without lists whose ledger stands already. Its sender asked for it. */
  async sendTest({ kernel }, { entity, version, params }) {
    const { row } = await readRow(kernel, 'delivery', entity);
    const { senderId } = row!;
    const { texts, ...message } = params.message as TestMessage;
    await create(kernel, {
      noun: 'delivery', actor: { kind: 'user', userId: senderId, grants: [] }, commandId: `delivery/${entity}/test@${version}`,
      values: { senderId, ...message, marker: newMarker(), sendAtMs: null, startedAtMs: null, testOf: entity },
      then: 'submit', thenInput: { maySend: true }, // asked before the test was taken down
      also: async (client, id) => {
        await addTarget(client, id, params.wikiId as number, params.page as string);
        await writeTexts(client, id, texts);
      },
    });
  },

  /** A request may come here again once it was taken back or has failed; one that is under way looks again. */
  async startCreation({ temporal }, { entity, version }) {
    const input: AccountCreationInput = { request: entity, version };
    const look: Changed = { version };
    await temporal.client.workflow.signalWithStart('accountCreation', {
      ...begun(temporal, `Account of request ${entity}`), workflowId: accountCreationWorkflowId(entity), args: [input],
      typedSearchAttributes: startAttributes({ noun: 'request', id: entity, state: 'creating' }), signal: 'changed', signalArgs: [look],
    });
  },

  /** One that runs already asks for the same. */
  async askName({ temporal }, { entity }) {
    const input: NameCheckInput = { request: entity };
    await temporal.client.workflow.start('nameCheck', {
      ...begun(temporal, `Name of request ${entity}`), workflowId: nameCheckWorkflowId(entity), args: [input], workflowIdConflictPolicy: 'USE_EXISTING',
      typedSearchAttributes: startAttributes({ noun: 'request', id: entity, state: 'waiting' }),
    });
  },

  async tellCreation({ temporal }, { entity, version }) {
    const look: Changed = { version };
    await ignoreMissing(temporal.client.workflow.getHandle(accountCreationWorkflowId(entity)).signal('changed', look));
  },

  /** A wiki's switch is lifted: whatever it held up looks again, in the order of filing. */
  async resumeCreations({ temporal, kernel }, { entity, params }) {
    const ids = await creatingAt(kernel, entity, String(params.mode));
    for (let at = 0; at < ids.length; at += AT_ONCE)
      await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => ignoreMissing(temporal.client.workflow.getHandle(accountCreationWorkflowId(id)).signal('lifted'))));
  },

  async tellDelivery({ temporal }, { entity, version }) {
    const look: Changed = { version };
    await ignoreMissing(temporal.client.workflow.getHandle(deliveryWorkflowId(entity)).signal('changed', look));
  },

  /** An operator's answer, to the run that waits for it; a run that is over needs none. */
  async answerWorkflow({ temporal, kernel }, { entity, version }) {
    const { rows } = await kernel.pool.query({
      name: 'intent-answer',
      text: `select o.workflow_id, o.run_id, a.id, a.verb, a.actor from operation o
             join audit a on a.noun = 'operation' and a.entity = o.id and a.version = $2 where o.id = $1`,
      values: [entity, version],
    });
    if (!rows.length) return;
    const { workflow_id: workflowId, run_id: runId, id: audit, verb, actor } = rows[0];
    const answer: ActInput = { actor, audit, operation: entity };
    await ignoreMissing(temporal.client.workflow.getHandle(workflowId, runId).signal(verb, answer));
  },
};

const AT_ONCE = 16;

/** No thing brings it about: it is there for all of a noun (dispatch/reconcile.ts). One that runs already stays. */
export async function startRetention(temporal: Temporal, noun: string): Promise<void> {
  const input: RetentionInput = { noun };
  await temporal.client.workflow.start('retention', {
    ...begun(temporal, `Erases what is due of every ${noun}`), workflowId: retentionWorkflowId(noun), args: [input], workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: startAttributes({ noun, state: 'waiting' }),
  });
}

/** The same of the nightly look through comments. */
export async function startCommentScan(temporal: Temporal): Promise<void> {
  const input: CommentScanInput = {};
  await temporal.client.workflow.start('commentScan', {
    ...begun(temporal, 'Looks through comments every night'), workflowId: commentScanWorkflowId, args: [input], workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: startAttributes({ noun: 'request', state: 'waiting' }),
  });
}

/** What every start has in common. */
const begun = ({ taskQueue }: Temporal, staticSummary: string) => ({
  taskQueue,
  staticSummary,
  workflowTaskTimeout: '5 seconds' as const, // how long a workflow stands still when a worker is killed in the middle of a step
});

const ignoreMissing = (signal: Promise<void>): Promise<void> =>
  signal.catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
