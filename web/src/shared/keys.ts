/**
 * Single letters do what the page offers; never inside a field, and not at all where a person has switched them off
 * (WCAG 2.1.4). `g` and then a letter goes to an area. The help (`?`) and the palette list what is bound now.
 */
import { onBeforeUnmount, onMounted, ref } from 'vue';

export interface Key {
  /** None: it stands in the palette only. */
  key?: string;
  label: string;
  act: () => void;
}

export const singleKeys = ref(true);
const layers: (() => Key[])[] = [];

export const boundKeys = (): Key[] => layers.flatMap((keys) => keys());

/** Binds for as long as the component lives; the layer mounted last is asked first. */
export function useKeys(keys: () => Key[]): void {
  onMounted(() => layers.unshift(keys));
  onBeforeUnmount(() => void layers.splice(layers.indexOf(keys), 1));
}

let pending = '';
let pendingUntil = 0;

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || inField(event.target)) return;
  const modified = event.ctrlKey || event.metaKey;
  if (!modified && !singleKeys.value) return;
  if (document.querySelector('.cdx-dialog-backdrop') && !modified) return;
  const name = modified ? `ctrl+${event.key.toLowerCase()}` : Date.now() < pendingUntil ? `${pending} ${event.key}` : event.key;
  pendingUntil = 0;
  const found = boundKeys().find(({ key }) => key === name);
  if (found) {
    event.preventDefault();
    found.act();
  } else if (!modified && boundKeys().some(({ key }) => key?.startsWith(`${event.key} `))) {
    pending = event.key;
    pendingUntil = Date.now() + 1_500;
  }
}

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !['checkbox', 'radio', 'button'].includes((target as HTMLInputElement).type);
