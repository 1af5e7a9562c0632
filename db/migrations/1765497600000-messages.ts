/** Messages from pages of a wiki, in several languages. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Messages1765497600000 implements MigrationInterface {
  name = 'Messages1765497600000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`
alter table delivery
  add page text, -- of the wiki that it is sent from: its message
  add subject_section text, -- labelled sections of that page
  add body_section text;

-- What of a page is sent, in each of its languages, as submit (or a test) has read it.
create table delivery_text (
  delivery_id integer not null references delivery on delete cascade,
  language text not null,
  html_language text not null,
  dir text not null check (dir in ('ltr', 'rtl')),
  source boolean not null, -- for whoever reads none of the others; one of them
  title text, -- of the page; null where the message was typed, and this only says in which language
  revision_id bigint,
  subject text not null, -- empty: the typed one
  body text not null, -- before the typed one
  primary key (delivery_id, language)
);
create unique index delivery_text_source on delivery_text (delivery_id) where source;
`);
  }

  async down(): Promise<void> {
    throw new Error('There is no way back before the first release: drop the database.');
  }
}
