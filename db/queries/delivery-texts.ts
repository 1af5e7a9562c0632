/** What of a page a delivery sends, in each language: pinned when it is submitted, so that it is what was submitted. */
import type pg from 'pg';
import { fromRow } from '../columns';
import type { Delivery } from '../entities/delivery';

export interface DeliveryText {
  /** MediaWiki's code, and the one of HTML. */
  language: string;
  htmlLanguage: string;
  dir: 'ltr' | 'rtl';
  /** For whoever reads none of the others; one of them. */
  source: boolean;
  /** Of the page; null where the message was typed, and this only says in which language. */
  title: string | null;
  revisionId: number | null;
  /** Empty: the typed one. */
  subject: string;
  /** Stands before the typed one. */
  body: string;
}

/** What a test sends: what its delivery was when it was asked for. */
export type TestMessage = Pick<Delivery, 'wikiId' | 'channel' | 'subject' | 'body' | 'page' | 'subjectSection' | 'bodySection'> & { texts: DeliveryText[] };

/** The fields that say where the message stands. */
export type MessageSource = Pick<Delivery, 'wikiId' | 'page' | 'subjectSection' | 'bodySection'>;
export interface MessageTexts {
  /** The source first. */
  texts: DeliveryText[];
  /** Languages whose translation lacks a section: it is not sent. */
  incomplete: string[];
}
/** Asks the delivery's wiki (activities/message-texts.ts). */
export type ReadTexts = (of: MessageSource) => Promise<MessageTexts>;

/** The source first. */
export async function readTexts(db: Pick<pg.ClientBase, 'query'>, delivery: number): Promise<DeliveryText[]> {
  const { rows } = await db.query(
    'select language, html_language, dir, source, title, revision_id, subject, body from delivery_text where delivery_id = $1 order by not source, language', [delivery]);
  return rows.map((row) => fromRow<DeliveryText>(row));
}

/** In place of whatever was read before. */
export async function writeTexts(db: Pick<pg.ClientBase, 'query'>, delivery: number, texts: DeliveryText[]): Promise<void> {
  await db.query('delete from delivery_text where delivery_id = $1', [delivery]);
  for (const { language, htmlLanguage, dir, source, title, revisionId, subject, body } of texts)
    await db.query(
      'insert into delivery_text (delivery_id, language, html_language, dir, source, title, revision_id, subject, body) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [delivery, language, htmlLanguage, dir, source, title, revisionId, subject, body]);
}
