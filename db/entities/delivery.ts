import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** One message to every page of its lists. Its ledger is the table `target`, its counters `delivery_wiki`. */
export interface Delivery extends KernelColumns {
  senderId: number;
  /** The wiki that it is sent from. */
  wikiId: number;
  subject: string;
  body: string;
  /** Stands in every edit summary: how a copy is recognised. */
  marker: string;
  sendAtMs: number | null;
  startedAtMs: number | null;
}
export const deliveryEntity = new EntitySchema<Delivery>({
  name: 'delivery',
  columns: {
    ...kernelColumns,
    senderId: { type: 'integer' },
    wikiId: { type: 'integer' },
    subject: { type: 'text' },
    body: { type: 'text' },
    marker: { type: 'text', unique: true },
    sendAtMs: { type: 'bigint', nullable: true },
    startedAtMs: { type: 'bigint', nullable: true },
  },
});
export const deliveryPrivate: (keyof Delivery)[] = ['subject', 'body'];
