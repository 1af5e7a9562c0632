/**
 * Workflow ids: one builder per kind, so that whoever starts, signals or links a workflow meets in the same run.
 * A contract with scripts outside: see docs/operating.md. Pure; imported by dispatch, activities' callers and the API.
 */

export type TimerType = 'timer' | 'eventWindow' | 'escalation';

/** The workflow that sleeps for an entity's timers. An event's goes by the event's own name, and a request's says what it is for. */
export function timerWorkflow(noun: string, id: number): { type: TimerType; workflowId: string } {
  if (noun === 'event') return { type: 'eventWindow', workflowId: `event/${id}` };
  return noun === 'request' ? { type: 'escalation', workflowId: `escalation/request/${id}` } : { type: 'timer', workflowId: `timer/${noun}/${id}` };
}

export const deliveryWorkflowId = (delivery: number): string => `delivery/${delivery}`;
export const wikiDeliveryWorkflowId = (delivery: number, host: string): string => `delivery/${delivery}/${host}`;

export const accountCreationWorkflowId = (request: number): string => `account-creation/${request}`;
export const nameCheckWorkflowId = (request: number): string => `name-check/${request}`;
export const commentScanWorkflowId = 'comment-scan/request';
export const retentionWorkflowId = (noun: string): string => `retention/${noun}`;

/** How what a workflow serves stands in search attributes and operations: `<noun>/<id>`, or the noun for all of its things. */
export const entityName = (noun: string, id?: number): string => (id === undefined ? noun : `${noun}/${id}`);

export interface WorkflowName {
  type: TimerType | 'massDelivery' | 'wikiDelivery' | 'retention' | 'accountCreation' | 'nameCheck' | 'commentScan';
  noun: string;
  /** Of what sweeps a noun there is none. */
  id?: number;
  /** Host of one wiki's part. */
  wiki?: string;
}

/** What a workflow id names; null when it is none of Reeve's. */
export function parseWorkflowId(workflowId: string): WorkflowName | null {
  const timer = /^(timer|escalation)\/([a-zA-Z]+)\/(\d+)$/.exec(workflowId);
  if (timer) return { type: timer[1] as TimerType, noun: timer[2]!, id: Number(timer[3]) };
  const event = /^event\/(\d+)$/.exec(workflowId);
  if (event) return { type: 'eventWindow', noun: 'event', id: Number(event[1]) };
  const account = /^account-creation\/(\d+)$/.exec(workflowId);
  if (account) return { type: 'accountCreation', noun: 'request', id: Number(account[1]) };
  const check = /^name-check\/(\d+)$/.exec(workflowId);
  if (check) return { type: 'nameCheck', noun: 'request', id: Number(check[1]) };
  const swept = /^retention\/([a-zA-Z]+)$/.exec(workflowId);
  if (swept) return { type: 'retention', noun: swept[1]! };
  if (workflowId === commentScanWorkflowId) return { type: 'commentScan', noun: 'request' };
  const delivery = /^delivery\/(\d+)(?:\/([^/\s]+))?$/.exec(workflowId);
  if (!delivery) return null;
  const [, id, wiki] = delivery;
  return wiki ? { type: 'wikiDelivery', noun: 'delivery', id: Number(id), wiki } : { type: 'massDelivery', noun: 'delivery', id: Number(id) };
}
