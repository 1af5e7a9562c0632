/** What pages are made of: fields, buttons, chips, messages. Plain markup; the look is in assets/reeve.css. */
import type { FieldProblem } from '../../config/errors';
import { attributes, html, type Child, type Html } from './html';

export interface Field {
  name: string;
  label: string;
  /** Where one page has several fields of a name. */
  id?: string;
  value?: string;
  help?: string;
  error?: string;
  /** Further attributes of the control. */
  more?: Record<string, string | number | boolean | undefined>;
}

export const input = (field: Field): Html => around(field, html`<input${control(field)} value="${field.value ?? ''}">`);

/** A line break after the tag is not part of the value, so that a value which begins with one keeps it. */
export const area = (field: Field): Html => around(field, html`<textarea${control(field)}>\n${field.value ?? ''}</textarea>`);

export const select = (field: Field, options: [value: string, name: string][]): Html =>
  around(field, html`<select${control(field)}>${options.map(([value, name]) => html`<option value="${value}"${attributes({ selected: value === field.value })}>${name}</option>`)}</select>`);

export const checkbox = ({ name, label, value, error }: Field, checked: boolean): Html =>
  html`<div class="field"><label class="check"><input type="checkbox" name="${name}" value="${value}"${attributes({ id: `${name}-${value ?? ''}`, checked })}><span>${label}</span></label>${error && html`<span class="error">${error}</span>`}</div>`;

export interface Button {
  label: string;
  tone?: 'primary' | 'destructive' | 'quiet';
  name?: string;
  value?: string;
}
export const button = ({ label, tone, name, value }: Button): Html => html`<button${attributes({ class: tone, name, value })}>${label}</button>`;

export type Tone = 'subtle' | 'notice' | 'progressive' | 'warning' | 'error' | 'success';
export const chip = (tone: Tone, words: string): Html => html`<span class="chip chip-${tone}">${words}</span>`;

export const message = (tone: 'notice' | 'warning' | 'error' | 'success', content: Child, title?: string): Html =>
  html`<div class="message message-${tone}"${attributes({ role: tone === 'error' ? 'alert' : undefined })}>${title && html`<h2>${title}</h2>`}${content}</div>`;

/** Above a form that was refused: what is wrong, each a link to its field. Takes the focus. */
export const errorSummary = (title: string, problems: FieldProblem[], fieldOf: (pointer: string) => string | undefined): Html =>
  html`<div class="message message-error" role="alert" tabindex="-1" autofocus><h2>${title}</h2>${
    problems.length > 0 &&
    html`<ul>${problems.map(({ pointer, detail }) => {
      const field = fieldOf(pointer);
      return html`<li>${field ? html`<a href="#${field}">${detail}</a>` : detail}</li>`;
    })}</ul>`
  }</div>`;

export interface Column {
  name: string;
  number?: boolean;
  /** Left out where the page is narrow. */
  wide?: boolean;
  /** Controls: they get a line of their own where the page is narrow. */
  acts?: boolean;
}
/** The first cell of a row is its header. On a narrow page each row is a block of named lines: roles keep it a table. */
export const table = (caption: string, columns: Column[], rows: Child[][]): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table role="table"><caption>${caption}</caption><thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col"${classOf(column)}>${column.name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((cells) => html`<tr role="row">${cells.map((cell, i) => cellOf(columns[i]!, cell, i === 0))}</tr>\n`)}</tbody></table></div>`;

const cellOf = (column: Column, cell: Child, first: boolean): Html =>
  first ? html`<th role="rowheader" scope="row"${classOf(column)}>${cell}</th>` : html`<td role="cell" data-label="${column.name}"${classOf(column)}>${cell}</td>`;

export const time = (atMs: number | null | undefined): Html =>
  atMs ? html`<time datetime="${new Date(atMs).toISOString()}">${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC</time>` : html`–`;

export const number = (n: number): string => n.toLocaleString('en');
export const count = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`;

const classOf = ({ number: isNumber, wide, acts }: Column): Html => attributes({ class: [isNumber && 'number', wide && 'wide', acts && 'with-acts'].filter(Boolean).join(' ') || undefined });

const control = ({ name, id = name, help, error, more }: Field): Html =>
  attributes({ id, name, ...more, 'aria-invalid': error ? 'true' : undefined, 'aria-describedby': [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined });

const around = ({ name, id = name, label, help, error }: Field, field: Html): Html =>
  html`<div class="field"><label for="${id}">${label}</label>${help && html`<span class="help" id="${id}-help">${help}</span>`}${field}${error && html`<span class="error" id="${id}-error">${error}</span>`}</div>`;
