import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** With which answer it goes: an outcome of `close`; `defer`: the move to another queue; `none`: each that is told. */
export const templateKinds = ['created', 'not-created', 'defer', 'none'] as const;
export type TemplateKind = (typeof templateKinds)[number];

/** A text that many requesters are answered with. */
export interface Template extends KernelColumns {
  kind: TemplateKind;
  /** For those who choose; requesters do not see it. */
  title: string;
  /** The languages of `texts`, in its order. */
  languages: string[];
  texts: string[];
  /** What whoever uses it is asked first. */
  question: string | null;
  /** It is offered. */
  active: boolean;
  /** Its text is put into the form, to be changed there. */
  preload: boolean;
  /** Addresses of the account team that get a copy of what is answered with it. */
  copyTo: string[];
}
export const templateEntity = new EntitySchema<Template>({
  name: 'template',
  columns: {
    ...kernelColumns,
    kind: { type: 'text' },
    title: { type: 'text' },
    languages: { type: 'text', array: true },
    texts: { type: 'text', array: true },
    question: { type: 'text', nullable: true },
    active: { type: 'boolean' },
    preload: { type: 'boolean' },
    copyTo: { type: 'text', array: true, default: [] },
  },
});
export const templatePrivate: (keyof Template)[] = ['title', 'texts', 'question', 'copyTo'];
