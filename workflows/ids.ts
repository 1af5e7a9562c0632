/**
 * Workflow ids: one builder per kind, so that whoever starts, signals or links a workflow meets in the same run.
 * A contract with scripts outside: see docs/integrating.md. Pure; imported by dispatch/ and workflows/.
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
