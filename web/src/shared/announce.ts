/** What a screen reader is told, through the one polite region of the shell, and toasts, which repeat through it. */
import { ref, watch } from 'vue';
import { useToast } from '@wikimedia/codex';
import { secondsWords, t } from './words';

export const announced = ref('');

export function announce(text: string): void {
  announced.value = '';
  requestAnimationFrame(() => (announced.value = text));
}

export interface Undo {
  label: string;
  act: () => void;
  /** Until when the server holds it: the toast counts down to then, and goes. Unix milliseconds. */
  untilMs?: number | null;
}

/** Call it in `setup`. @returns what says that something is done, with a way back where there is one. */
export function useSay(): (text: string, undo?: Undo, type?: 'success' | 'error') => void {
  const toast = useToast();
  return (text, undo, type = 'success') => {
    announce(text);
    const end = (): void => toast.dismiss(id);
    const onClick = (): void => {
      end();
      undo!.act();
    };
    const options = { type, ...(undo && { actionButton: { label: undo.label, onClick } }) };
    const place = ref<HTMLElement | null>(null);
    const held = undo?.untilMs != null && undo.untilMs > Date.now();
    const id = toast.show(held ? { ...options, contentRef: place } : { ...options, message: text, autoDismiss: undo || type === 'error' ? 10_000 : 5_000 });
    if (held) watch(place, (element) => element && countDown(element, text, undo.untilMs!, end), { once: true });
  };
}

/** A timer is read to who goes there, and says nothing by itself: the text has been announced. */
function countDown(place: HTMLElement, text: string, untilMs: number, end: () => void): void {
  const left = document.createElement('span');
  for (const [name, value] of Object.entries({ 'role': 'timer', 'aria-live': 'off', 'class': 'numbers' })) left.setAttribute(name, value);
  place.append(text, ' ', left);
  const tick = (): void => {
    const seconds = Math.ceil((untilMs - Date.now()) / 1_000);
    if (seconds > 0 && place.isConnected) left.textContent = t('undo.left', secondsWords(seconds));
    else {
      clearInterval(ticking);
      if (seconds <= 0) end();
    }
  };
  const ticking = setInterval(tick, 1_000);
  tick();
}
