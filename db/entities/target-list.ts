import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** A list of pages to write to; what it holds stands in target_list_revision, target_list_page and target_list_problem. */
export interface TargetList extends KernelColumns {
  ownerId: number;
  /** The wiki that lines without a host mean. */
  wikiId: number;
  name: string;
  format: string;
  /** The wiki's page or category that it is read from; null where its lines were given. */
  source: string | null;
  revision: number;
  targets: number;
  problemCount: number;
  /** A submitted delivery names it: from then on it is public. */
  used: boolean;
}
export const targetListEntity = new EntitySchema<TargetList>({
  name: 'target_list',
  columns: {
    ...kernelColumns,
    ownerId: { type: 'integer' },
    wikiId: { type: 'integer' },
    name: { type: 'text' },
    format: { type: 'text' },
    source: { type: 'text', nullable: true },
    revision: { type: 'integer', default: 1 },
    targets: { type: 'integer', default: 0 },
    problemCount: { type: 'integer', default: 0 },
    used: { type: 'boolean', default: false },
  },
});
export const targetListPrivate: (keyof TargetList)[] = ['name', 'source'];
