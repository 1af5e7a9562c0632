import { EntitySchema } from 'typeorm';
import type { FormContext } from '../../machines/form';
import { kernelColumns, type KernelColumns } from './kernel';

/** Language tag to text. */
export type Said = Record<string, string>;

/** What of the form's own words may be said in others. */
export const formPlaces = ['title', 'name.help', 'email.help', 'eventKey.help', 'comment.label', 'comment.help'] as const;
export type FormPlace = (typeof formPlaces)[number];
export const fieldKinds = ['line', 'lines', 'choice', 'check'] as const;

/** A question that the form asks besides. */
export interface OwnField {
  key: string;
  kind: (typeof fieldKinds)[number];
  required: boolean;
  label: Said;
  help: Said;
  /** Of a choice: as many in each language, in the same order. */
  choices: Record<string, string[]>;
}
export interface FormContent {
  /** Markdown above the form. */
  intro: Said;
  texts: Partial<Record<FormPlace, Said>>;
  fields: OwnField[];
}

/** How the public form for account requests reads at an event, or for a queue. */
export interface Form extends KernelColumns, FormContext {
  /** For those who choose. */
  name: string;
  ownerId: number;
  /** Written by who runs the desk: for every event and queue. */
  shared: boolean;
  draft: FormContent;
  content: FormContent | null;
}

export const formEntity = new EntitySchema<Form>({
  name: 'form',
  columns: {
    ...kernelColumns,
    name: { type: 'text' },
    ownerId: { type: 'integer' },
    shared: { type: 'boolean' },
    draft: { type: 'json' },
    content: { type: 'json', nullable: true },
  },
});
export const formPrivate: (keyof Form)[] = ['name', 'draft', 'content'];
