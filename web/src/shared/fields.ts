/** Forms: which field of the page a JSON Pointer means, and what is wrong with it. */
import { Problem } from './api';
import { faultWords } from './words';

const nameOf = (pointer: string): string => pointer.replace(/^[/?]/, '').split(/[/.]/)[0]!;
export const fieldId = (prefix: string, pointer: string): string => `${prefix}-${nameOf(pointer) || 'form'}`;

/** To the field that a problem names, in the form that the problem stands in. A CdxField gives its control an id of its own, so its name stands on itself. */
export function leadTo(from: HTMLElement, prefix: string, pointer: string): void {
  const field = (from.closest('form') ?? document).querySelector(`[data-field="${CSS.escape(nameOf(pointer))}"]`) ?? document.getElementById(fieldId(prefix, pointer));
  const controls = 'input, select, textarea';
  (field?.matches(controls) ? (field as HTMLElement) : field?.querySelector<HTMLElement>(controls))?.focus();
}

/** The words about one field, for its CdxField. */
export function faultOf(problem: Error | null | undefined, name: string): { 'status': 'error' | 'default'; 'messages': { error?: string }; 'data-field': string } {
  const fault = problem instanceof Problem && problem.more.errors?.find(({ pointer }) => nameOf(pointer) === name);
  return { ...(fault ? { status: 'error', messages: { error: faultWords(fault.code, fault.detail) } } : { status: 'default', messages: {} }), 'data-field': name };
}
