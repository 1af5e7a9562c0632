/** Options by the rules that the API has for its fields, in the words of a command. Called by commands that ask no API. */
import type { z } from 'zod';
import { checked } from '../api/fields';
import { ReeveError } from '../config/errors';
import { UsageError } from './fault';

/** @param names field → its option, where that is called otherwise. @throws UsageError naming each option that is wrong. */
export const checkedOptions = <S extends z.ZodType>(schema: S, values: unknown, names: Record<string, string> = {}): z.output<S> => asUsage(() => checked(schema, values, 'body'), names);

/** @throws UsageError in place of a field's problem. */
export function asUsage<T>(work: () => T, names: Record<string, string> = {}): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ReeveError) || !error.more.errors) throw error;
    throw new UsageError(error.more.errors.map(({ pointer, detail }) => `${optionOf(pointer, names)}: ${detail}`).join('\n'));
  }
}

const optionOf = (pointer: string, names: Record<string, string>): string => {
  const field = pointer.split('/')[1] ?? '';
  return names[field] ?? `--${field}`;
};
