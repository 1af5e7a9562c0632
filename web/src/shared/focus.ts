/**
 * The focus stays where a person put it: no toast takes it, and when what has it goes away – a button whose verb is done,
 * a row that is settled – it goes to the page's heading instead of to the top of the document. Called by the shell.
 */
import { headingOf } from './page';

/** Time for a dialog to give the focus back to what opened it. */
const AFTER_MS = 50;

/** @returns what ends it */
export function keepFocus(): () => void {
  let last: Element | undefined;
  const came = ({ target, relatedTarget }: FocusEvent): void => {
    if (!(target as Element).matches('.cdx-toast')) last = target as Element;
    else if (relatedTarget instanceof HTMLElement && relatedTarget.isConnected) relatedTarget.focus({ preventScroll: true }); // Codex' toasts take it when they come
    else (target as HTMLElement).blur();
  };
  const changes = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    last = undefined;
    setTimeout(() => document.activeElement === document.body && headingOf()?.focus({ preventScroll: true }), AFTER_MS);
  });
  document.addEventListener('focusin', came);
  changes.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', came);
    changes.disconnect();
  };
}
