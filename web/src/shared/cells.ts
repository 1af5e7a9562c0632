/** What stands in every row of a list: plain nodes, because a thousand rows of components take a second. `<component :is>` draws them. */
import { h, type VNode } from 'vue';
import { chipOf, statesOf, type Status } from './chips';
import { now } from './clock';
import { instantWords, relativeWords, t } from './words';

/** In Arabic Codex gives every chip the icon of a notice: the icon's own language keeps it from that. */
const WITH_ICON = new Set<Status>(['warning', 'error', 'success']);

/** A word in a frame, coloured by its meaning. */
export const markCell = (status: Status, word: string): VNode =>
  h('div', { class: `cdx-info-chip cdx-info-chip--${status} chip` }, [...(WITH_ICON.has(status) ? [h('span', { class: 'cdx-info-chip__icon', lang: 'en' })] : []), h('span', { class: 'cdx-info-chip__text' }, word)]);

/** A thing's state: always a word, coloured by its meaning (chips.ts). */
export function chipCell(noun: string, state: string, thing?: any): VNode {
  const { status, word } = chipOf(noun, state, thing);
  return markCell(status, t(word));
}

/** A list asked for things of one state. */
export const stateFilter = (noun: string) => ({ name: 'state', label: t(`${noun}.field.state`), choices: statesOf(noun).map((value) => ({ value, label: t(`${noun}.state.${value}`) })) });

/** An instant in the reader's zone; how long ago or ahead beside it while that is under a day, or always where `relative`. */
export function instantCell(at: string | null, relative = false): VNode {
  if (at === null) return h('span', '–');
  const present = Math.max(now.value, Date.now()); // the shared clock ticks twice a minute: what has happened since its tick is not ahead of us
  const atMs = Date.parse(at);
  const near = relative || Math.abs(atMs - present) < 86_400_000;
  return h('time', { datetime: at }, near ? [`${instantWords(atMs)} `, h('span', { class: 'subtle whole' }, `(${relativeWords(atMs, present)})`)] : instantWords(atMs));
}
