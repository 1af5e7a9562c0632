import { EntitySchema } from 'typeorm';
import type { QueueContext } from '../../machines/queue';
import { kernelColumns, type KernelColumns } from './kernel';

/** Where account requests wait, and when somebody is there to answer them. */
export interface Queue extends KernelColumns, QueueContext {
  /** The languages of `names`, in its order; none: a standing queue by the words of whoever reads. */
  languages: string[];
  names: string[];
  /** How the form that fills it reads. */
  formId: number | null;
  /** Random: the unlisted address of that form; null where requests come another way. */
  uuid: string | null;
  /** The greater, the sooner it is looked after. */
  priority: number;
  /** Of `hours` and `holidays`: IANA name or fixed offset. */
  timeZone: string;
  /** As db/business-hours.ts reads them; none: always. */
  hours: string[];
  /** Days, `2027-12-24`, on which no hours begin. */
  holidays: string[];
}

export const queueEntity = new EntitySchema<Queue>({
  name: 'queue',
  columns: {
    ...kernelColumns,
    key: { type: 'text', unique: true },
    languages: { type: 'text', array: true },
    names: { type: 'text', array: true },
    formId: { type: 'integer', nullable: true },
    uuid: { type: 'text', unique: true, nullable: true },
    priority: { type: 'integer' },
    timeZone: { type: 'text' },
    hours: { type: 'text', array: true },
    holidays: { type: 'text', array: true },
  },
});
export const queuePrivate: (keyof Queue)[] = ['names', 'uuid'];
