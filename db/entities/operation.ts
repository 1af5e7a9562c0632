import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** A step of a workflow that waits for an operator. */
export interface Operation extends KernelColumns {
  workflowId: string;
  runId: string;
  /** The n-th time that this run needs attention, from 1. */
  seq: number;
  /** Workflow type. */
  kind: string;
  /** `<noun>/<id>` */
  entity: string;
  /** Host, where one wiki is in trouble. */
  wiki: string | null;
  code: string;
  attempts: number;
  skippable: boolean;
  /** What the outside said: stays in Postgres. */
  detail: string | null;
  /** What the answer hangs on, such as how many pages were approved and how many there are now. */
  counts: Record<string, number> | null;
}
export const operationEntity = new EntitySchema<Operation>({
  name: 'operation',
  columns: {
    ...kernelColumns,
    workflowId: { type: 'text' },
    runId: { type: 'text' },
    seq: { type: 'integer' },
    kind: { type: 'text' },
    entity: { type: 'text' },
    wiki: { type: 'text', nullable: true },
    code: { type: 'text' },
    attempts: { type: 'integer' },
    skippable: { type: 'boolean', default: false },
    detail: { type: 'text', nullable: true },
    counts: { type: 'jsonb', nullable: true },
  },
});
export const operationPrivate: (keyof Operation)[] = ['detail'];
