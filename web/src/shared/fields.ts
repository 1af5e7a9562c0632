/** Forms: which field of the page a JSON Pointer means, and what is wrong with it. */
import { Problem } from './api';

export const fieldId = (prefix: string, pointer: string): string => `${prefix}-${pointer.replace(/^[/?]/, '').split(/[/.]/)[0] || 'form'}`;

/** The words about one field, for its CdxField. */
export function faultOf(problem: Error | null | undefined, name: string): { status: 'error' | 'default'; messages: { error?: string } } {
  const fault = problem instanceof Problem && problem.more.errors?.find(({ pointer }) => pointer.replace(/^[/?]/, '').split(/[/.]/)[0] === name);
  return fault ? { status: 'error', messages: { error: fault.detail } } : { status: 'default', messages: {} };
}
