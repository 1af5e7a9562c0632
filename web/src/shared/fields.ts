/** Forms: which field of the page a JSON Pointer means, and what is wrong with it. */
import { Problem } from './api';
import { faultWords, has, t } from './words';

const placeOf = (pointer: string): string => pointer.replace(/^[/?]/, '');
const nameOf = (pointer: string): string => placeOf(pointer).split(/[/.]/)[0]!;
/** Whether a pointer leads to a field, or into it. */
const isAt = (pointer: string, name: string): boolean => placeOf(pointer) === name || ['/', '.'].some((sign) => placeOf(pointer).startsWith(name + sign));
export const fieldId = (prefix: string, pointer: string): string => `${prefix}-${placeOf(pointer).replaceAll('/', '-') || 'form'}`;

/** To the field that a problem names, in the form that the problem stands in. A CdxField gives its control an id of its own, so its name stands on itself. */
export function leadTo(from: HTMLElement, prefix: string, pointer: string): void {
  const [field = document.getElementById(`${prefix}-${nameOf(pointer)}`)] = [...(from.closest('form') ?? document).querySelectorAll<HTMLElement>('[data-field]')].filter(({ dataset }) => isAt(pointer, dataset.field!)).sort((a, b) => b.dataset.field!.length - a.dataset.field!.length);
  const controls = 'input, select, textarea';
  (field?.matches(controls) ? (field as HTMLElement) : field?.querySelector<HTMLElement>(controls))?.focus();
}

/** What went wrong, in one line. */
export function problemWords(problem: Error): string {
  if (!(problem instanceof Problem)) return t('error.internal');
  const { code, title, more } = problem;
  return more.detail ? faultWords(code, more.detail) : has(`error.${code}`) ? t(`error.${code}`) : title;
}

/** The words about one field, for its CdxField. */
export function faultOf(problem: Error | null | undefined, name: string): { 'status': 'error' | 'default'; 'messages': { error?: string }; 'data-field': string } {
  const fault = problem instanceof Problem && problem.more.errors?.find(({ pointer }) => isAt(pointer, name));
  return { ...(fault ? { status: 'error', messages: { error: faultWords(fault.code, fault.detail) } } : { status: 'default', messages: {} }), 'data-field': name };
}
