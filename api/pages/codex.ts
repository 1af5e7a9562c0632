/**
 * Codex without its scripts: the markup of its CSS-only components. The look is Codex' own style sheet and base.css of web/src/shared.
 * Called by the public pages. Words come in already said.
 */
import { chipOf } from '../../web/src/shared/chips';
import { attributes, html, type Child, type Html } from './html';
import type { Words } from './language';

export interface Control {
  name: string;
  label: Child;
  /** Where one page has several controls of a name. */
  id?: string;
  value?: string;
  help?: Child;
  error?: Child;
  /** Further attributes of the control. */
  more?: Record<string, string | number | boolean | undefined>;
}
export type Option = [value: string, name: Child];

/** Label, help and error around one control. */
export const field = ({ name, id = name, label, help, error }: Control, control: Html): Html => html`<div class="cdx-field">
<div class="cdx-label"><label class="cdx-label__label" for="${id}"><span class="cdx-label__label__text">${label}</span></label>${help && html`<span class="cdx-label__description" id="${id}-help">${help}</span>`}</div>
<div class="cdx-field__control">${control}</div>${error && html`
<div class="cdx-field__validation-message" id="${id}-error">${inline('error', error)}</div>`}
</div>`;

export const input = (control: Control): Html =>
  field(control, html`<div class="cdx-text-input${status(control)}"><input class="cdx-text-input__input"${named(control)} value="${control.value ?? ''}"></div>`);

/** A line break after the tag is not part of the value, so that a value which begins with one keeps it. */
export const area = (control: Control): Html =>
  field(control, html`<div class="cdx-text-area${status(control, 'cdx-text-area')}"><textarea class="cdx-text-area__textarea"${named(control)}>\n${control.value ?? ''}</textarea></div>`);

export const select = (control: Control, options: Option[]): Html =>
  field(control, html`<select class="cdx-select"${named(control)}>${options.map(([value, name]) => html`<option value="${value}"${attributes({ selected: value === control.value })}>${name}</option>`)}</select>`);

/** A box to tick, which is sent as `ticked`. */
export const check = (control: Control, ticked: string): Html => {
  const { name, id = name, label, help, error, value } = control;
  return html`<div class="cdx-field"><div class="cdx-checkbox${error && ' cdx-checkbox--status-error'}"><div class="cdx-checkbox__wrapper"><input class="cdx-checkbox__input" type="checkbox"${named(control)} value="${ticked}"${attributes({ checked: value === ticked })}><span class="cdx-checkbox__icon"></span><div class="cdx-checkbox__label cdx-label"><label class="cdx-label__label" for="${id}"><span class="cdx-label__label__text">${label}</span></label>${help && html`<span class="cdx-label__description" id="${id}-help">${help}</span>`}</div></div></div>${error && html`
<div class="cdx-field__validation-message" id="${id}-error">${inline('error', error)}</div>`}</div>`;
};

/** One choice of few; the group's label is its legend. */
export const radio = (control: Control, options: Option[]): Html => {
  const { name, id = name, label, help, error, value, more } = control;
  return html`<fieldset class="cdx-field"${attributes({ id, 'aria-describedby': described(control) })}>
<legend class="cdx-label"><span class="cdx-label__label"><span class="cdx-label__label__text">${label}</span></span>${help && html`<span class="cdx-label__description" id="${id}-help">${help}</span>`}</legend>
<div class="cdx-field__control">${options.map(([own, words], i) => html`<div class="cdx-radio${error && ' cdx-radio--status-error'}"><div class="cdx-radio__wrapper"><input class="cdx-radio__input" type="radio"${attributes({ id: `${id}-${i}`, name, value: own, checked: own === value, ...more })}><span class="cdx-radio__icon"></span><div class="cdx-radio__label cdx-label"><label class="cdx-label__label" for="${id}-${i}"><span class="cdx-label__label__text">${words}</span></label></div></div></div>`)}</div>${error && html`
<div class="cdx-field__validation-message" id="${id}-error">${inline('error', error)}</div>`}
</fieldset>`;
};

/** One thing that is said yes to. */
export const checkbox = (control: Control, value: string): Html => {
  const { name, label, help, error } = control;
  return html`<div class="cdx-field"><div class="cdx-field__control"><div class="cdx-checkbox${error && ' cdx-checkbox--status-error'}"><div class="cdx-checkbox__wrapper"><input class="cdx-checkbox__input" type="checkbox" value="${value}"${attributes({ id: name, name, checked: control.value === value, 'aria-invalid': error ? 'true' : undefined, 'aria-describedby': described(control) })}><span class="cdx-checkbox__icon"></span><div class="cdx-checkbox__label cdx-label"><label class="cdx-label__label" for="${name}"><span class="cdx-label__label__text">${label}</span></label>${help && html`<span class="cdx-label__description" id="${name}-help">${help}</span>`}</div></div></div></div>${error && html`
<div class="cdx-field__validation-message" id="${name}-error">${inline('error', error)}</div>`}
</div>`;
};

export interface Button {
  label: Child;
  action?: 'default' | 'progressive' | 'destructive';
  weight?: 'normal' | 'primary' | 'quiet';
  /** A link that looks like a button. */
  href?: string;
  name?: string;
  value?: string;
}
export function button({ label, action = 'default', weight = 'normal', href, name, value }: Button): Html {
  const look = `cdx-button cdx-button--action-${action} cdx-button--weight-${weight}`;
  return href === undefined
    ? html`<button class="${look}"${attributes({ name, value })}>${label}</button>`
    : html`<a class="${look} cdx-button--fake-button cdx-button--fake-button--enabled" href="${href}">${label}</a>`;
}

export type MessageStatus = 'notice' | 'warning' | 'error' | 'success';
/** @param focus an answer to what was just sent: it is read out and takes the focus. */
export const message = (kind: MessageStatus, content: Child, focus = false): Html =>
  html`<div class="cdx-message cdx-message--block cdx-message--${kind}"${attributes({ role: focus && 'alert', tabindex: focus && '-1', autofocus: focus })}><span class="cdx-message__icon"></span><div class="cdx-message__content">${content}</div></div>`;

/** The state of a thing, in the words and with the meaning that the app gives it. */
export const stateChip = ({ say }: Words, noun: string, thing: { state: string; counts?: { failed: number; unknown: number } }): Html => {
  const { status, word } = chipOf(noun, thing.state, thing);
  return html`<span class="cdx-info-chip cdx-info-chip--${status}"><span class="cdx-info-chip__text">${say(word)}</span></span>`;
};

export interface Column {
  name: Child;
  number?: boolean;
  /** Left out where the page is narrow. */
  wide?: boolean;
}
/**
 * The first cell of a row is its header. On a narrow page each row is a block of named lines: roles keep it a table.
 * @param caption also the table's name for who hears the page.
 */
export const table = (caption: Child, columns: Column[], rows: Child[][]): Html => html`<div class="cdx-table"><div class="cdx-table__header"><div class="cdx-table__header__caption" aria-hidden="true">${caption}</div></div>
<div class="cdx-table__table-wrapper"><table class="cdx-table__table" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" scope="col"${place(column)}>${column.name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((cells) => html`<tr role="row">${cells.map((cell, i) => (i === 0
  ? html`<th role="rowheader" scope="row"${place(columns[i]!)}>${cell}</th>`
  : html`<td role="cell" data-label="${columns[i]!.name}"${place(columns[i]!)}><span>${cell}</span></td>`))}</tr>\n`)}</tbody></table></div></div>`;

const inline = (kind: MessageStatus, words: Child): Html => html`<div class="cdx-message cdx-message--inline cdx-message--${kind}"><span class="cdx-message__icon"></span><div class="cdx-message__content">${words}</div></div>`;
const status = ({ error }: Control, base = 'cdx-text-input'): string => (error ? ` ${base}--status-error` : '');
const described = ({ name, id = name, help, error }: Control): string | undefined => [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
const named = (control: Control): Html => attributes({ id: control.id ?? control.name, name: control.name, ...control.more, 'aria-invalid': control.error ? 'true' : undefined, 'aria-describedby': described(control) });
const place = ({ number, wide }: Column): Html => attributes({ class: [number && 'cdx-table__table__cell--align-number', wide && 'priority-2'].filter(Boolean).join(' ') || undefined });
