import { randomBytes } from 'node:crypto';
import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** One message to every page of its lists. Its ledger is the table `target`, its counters `delivery_wiki`. */
export interface Delivery extends KernelColumns {
  senderId: number;
  /** The wiki that it is sent from. */
  wikiId: number;
  /** Onto pages, or as wiki mail to the users whose pages they are. */
  channel: 'page' | 'email';
  subject: string;
  body: string;
  /** Of the wiki that it is sent from: its message, before what is typed. */
  page: string | null;
  /** Labelled sections of that page: the subject, and what of it is sent; null = all (but the subject). */
  subjectSection: string | null;
  bodySection: string | null;
  /** Stands in every edit summary: how a copy is recognised. */
  marker: string;
  sendAtMs: number | null;
  /** At `sendAtMs` its lists are read once more, and what they then hold is sent. */
  listsAfresh: boolean;
  /** When it was settled which revisions those are. */
  listsReadAtMs: number | null;
  /** Wikis that came with them and where its sender may not send. */
  refusedWikis: number[];
  startedAtMs: number | null;
  /** The delivery whose message this one tries on a single page. */
  testOf: number | null;
}
export const deliveryEntity = new EntitySchema<Delivery>({
  name: 'delivery',
  columns: {
    ...kernelColumns,
    senderId: { type: 'integer' },
    wikiId: { type: 'integer' },
    channel: { type: 'text', default: 'page' },
    subject: { type: 'text' },
    body: { type: 'text' },
    page: { type: 'text', nullable: true },
    subjectSection: { type: 'text', nullable: true },
    bodySection: { type: 'text', nullable: true },
    marker: { type: 'text', unique: true },
    sendAtMs: { type: 'bigint', nullable: true },
    listsAfresh: { type: 'boolean', default: false },
    listsReadAtMs: { type: 'bigint', nullable: true },
    refusedWikis: { type: 'integer', array: true, default: [] },
    startedAtMs: { type: 'bigint', nullable: true },
    testOf: { type: 'integer', nullable: true },
  },
});
/** Random, so that nobody else's text can hold it by chance; letters and digits that no wiki rewrites. */
export const newMarker = (): string => `reeve:${[...randomBytes(16)].map((byte) => BASE32[byte & 31]).join('')}`;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export const deliveryPrivate: (keyof Delivery)[] = ['subject', 'body', 'page', 'subjectSection', 'bodySection'];
