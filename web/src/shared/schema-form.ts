/** Which field a piece of an input schema is drawn as, and what was filled in as the API wants it. */
import type { Schema } from './data';
import { fromWallClock, toWallClock } from './words';

export type Kind = 'text' | 'lines' | 'choice' | 'instant' | 'number' | 'flag' | 'list' | 'texts' | 'secret';
export interface FormField {
  name: string;
  kind: Kind;
  choices: string[];
  required: boolean;
  numbers: boolean;
  nullable: boolean;
}
const LONG = 300;

export const fieldsOf = (schema: Schema): FormField[] =>
  Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const plain = one.anyOf?.find(({ type }) => type !== 'null') ?? one;
    return {
      name, kind: kindOf(name, plain, one), choices: choicesOf(one), required: schema.required?.includes(name) ?? false,
      numbers: plain.type === 'array' ? ['integer', 'number'].includes(String(plain.items?.type)) : false, nullable: one.anyOf?.some(({ type }) => type === 'null') ?? false,
    };
  });

function kindOf(name: string, plain: Schema, whole: Schema): Kind {
  if (choicesOf(whole).length) return 'choice';
  if (/password|secret/i.test(name)) return 'secret';
  if (plain.format === 'date-time') return 'instant';
  if (plain.type === 'boolean') return 'flag';
  if (plain.type === 'integer' || plain.type === 'number') return 'number';
  if (plain.type === 'array') return 'list';
  if (plain.type === 'object') return 'texts';
  return ['reason', 'note', 'footer'].includes(name) || (plain.maxLength ?? 0) > LONG ? 'lines' : 'text';
}
const choicesOf = (schema: Schema): string[] => schema.enum ?? schema.anyOf?.flatMap((one) => one.enum ?? (one.const !== undefined ? [String(one.const)] : [])) ?? [];

/** What the fields hold at first: a thing's own values; null = it is not said which. */
export const valuesOf = (fields: FormField[], thing: Record<string, any> = {}): Record<string, any> =>
  Object.fromEntries(fields.map(({ name, kind, choices, required }) => {
    const value = thing[name];
    if (value === undefined || value === null) return [name, kind === 'texts' ? {} : kind === 'flag' ? false : kind === 'choice' && required && value === undefined ? choices[0] : ''];
    return [name, kind === 'instant' ? toWallClock(String(value)) : kind === 'list' ? (value as unknown[]).join('\n') : value];
  }));

/** What is required, and of the rest what was filled in, or differs from `before`: an empty field that was full is null, or empty. */
export function inputOf(fields: FormField[], values: Record<string, any>, before?: Record<string, any>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { name, kind, required, numbers, nullable } of fields) {
    const value = values[name];
    if (!required && (before ? value === before[name] : value === '' || value === undefined || value === false)) continue;
    if (kind === 'list') out[name] = String(value).split('\n').map((one) => one.trim()).filter(Boolean).map((one) => (numbers ? Number(one) : one));
    else if (value === '' && (nullable || kind === 'instant')) out[name] = null;
    else out[name] = kind === 'instant' ? fromWallClock(value) : kind === 'number' ? (value === '' ? undefined : Number(value)) : value;
  }
  return out;
}
