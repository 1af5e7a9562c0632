/**
 * A text that is pasted or dropped into a field, and too long for it, becomes a file with what the field held already: it
 * is sent whole as it lies, and no large text ever stands in a field. Called by list-form.vue and the form of a delivery.
 */
import { t } from '../shared/words';

/** Characters in the field afterwards. */
const MOST = 100_000;

/** @returns the file; undefined where the field takes it. */
export function fileOfPaste(event: ClipboardEvent | DragEvent): File | undefined {
  const text = ('clipboardData' in event ? event.clipboardData : event.dataTransfer)?.getData('text') ?? '';
  const { value, selectionStart, selectionEnd } = event.target as HTMLTextAreaElement;
  if (!text || value.length - (selectionEnd - selectionStart) + text.length <= MOST) return undefined;
  event.preventDefault();
  return new File([value.slice(0, selectionStart), text, value.slice(selectionEnd)], t('targetList.pasted'), { type: 'text/plain' });
}
