/**
 * Starts what Temporal lacks and ends what waits in vain: an emptied Temporal, an older backup of the database or a row
 * that was dropped heal by themselves. At start, hourly, when Temporal comes back (bin/worker.ts) and by
 * `reeve ops reconcile`. Everything here may be done twice and beside a running dispatcher.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import { apply, applyDue } from '../db/apply';
import { edit } from '../db/create';
import type { Kernel } from '../db/kernel';
import { dueWithin, shiftedEvents, unfinishedDeliveries, unfinishedRequests, waitingOperations } from '../db/queries/reconcile';
import { retainedNouns } from '../db/queries/retention';
import type { Temporal } from '../gateways/temporal';
import { system } from '../policies/actor';
import { accountCreationWorkflowId, commentScanWorkflowId, deliveryWorkflowId, nameCheckWorkflowId, retentionWorkflowId, timerWorkflow } from '../workflows/ids';
import { intents, startCommentScan, startRetention } from './intents';

export interface Reconciled {
  /** Timers that were due for a while and fired here. */
  fired: number;
  /** Sleepers, sweepers, deliveries and what requests wait for, that had no workflow. */
  started: number;
  /** Operations whose workflow is over. */
  settled: number;
  /** Events whose zone has other rules than before: their clock on the wall stands, their instants follow it. */
  shifted: number;
}

/** What is due within this time needs its sleeper now; the next look comes sooner, milliseconds. */
const AHEAD_MS = 2 * 3_600_000;
/** A timer that is due for longer has been forgotten. */
const LATE_MS = 30_000;

/** @throws when Temporal or Postgres does not answer; what was done until then stands. */
export async function reconcile(kernel: Kernel, temporal: Temporal): Promise<Reconciled> {
  const outside = { temporal, kernel };
  const done: Reconciled = { fired: 0, started: 0, settled: 0, shifted: 0 };
  const runs = (workflowId: string, runId?: string): Promise<boolean> => temporal.within(10_000, () => isRunning(temporal, workflowId, runId));

  for await (const { id, state, ...window } of shiftedEvents(kernel)) {
    if (state === 'approved' || state === 'open') await apply(kernel, { noun: 'event', id, verb: 'reschedule', actor: system, input: { startsAt: window.startsAt, endsAt: window.endsAt }, code: 'zone-rules' });
    else await edit(kernel, { noun: 'event', id, actor: system, values: window, code: 'zone-rules' });
    done.shifted++;
  }
  for await (const { noun, id, version, timers, dueAtMs, nowMs } of dueWithin(kernel, AHEAD_MS)) {
    if (dueAtMs < nowMs - LATE_MS) {
      await applyDue(kernel, noun, id, system); // what is left of the set goes out by itself
      done.fired++;
    } else if (!(await runs(timerWorkflow(noun, id).workflowId))) {
      await temporal.within(10_000, () => intents.setTimers!(outside, { noun, entity: id, version, effect: 'setTimers', params: { timers } }));
      done.started++;
    }
  }
  for (const noun of retainedNouns) {
    if (await runs(retentionWorkflowId(noun))) continue;
    await temporal.within(10_000, () => startRetention(temporal, noun));
    done.started++;
  }
  if (!(await runs(commentScanWorkflowId))) {
    await temporal.within(10_000, () => startCommentScan(temporal));
    done.started++;
  }
  for (const { id, version } of await unfinishedDeliveries(kernel.pool)) {
    if (await runs(deliveryWorkflowId(id))) continue;
    await temporal.within(10_000, () => intents.startDelivery!(outside, { noun: 'delivery', entity: id, version, effect: 'startDelivery', params: {} }));
    done.started++;
  }
  for (const { id, version, creating, unasked } of await unfinishedRequests(kernel.pool)) {
    const missing = { startCreation: creating && !(await runs(accountCreationWorkflowId(id))), askName: unasked && !(await runs(nameCheckWorkflowId(id))) };
    for (const [effect, is] of Object.entries(missing)) {
      if (!is) continue;
      await temporal.within(10_000, () => intents[effect]!(outside, { noun: 'request', entity: id, version, effect, params: {} }));
      done.started++;
    }
  }
  for (const { id, workflowId, runId } of await waitingOperations(kernel.pool)) {
    if (await runs(workflowId, runId)) continue;
    await apply(kernel, { noun: 'operation', id, verb: 'settled', actor: system, commandId: `operation/${id}/settled` });
    done.settled++;
  }
  return done;
}

async function isRunning({ client }: Temporal, workflowId: string, runId?: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId, runId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
