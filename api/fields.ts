/** The pieces that input schemas are made of, and how a schema's complaint becomes words about one field. */
import { z } from 'zod';
import { ReeveError, type FieldProblem } from '../config/errors';

// C0 but tab and line feed, C1, and what cannot be stored or shown: lone surrogates, NUL
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;
const LINE_BREAK = /[\n\r\u2028\u2029\u0085]/;

/** One line of text; white space at its ends is dropped. */
export const line = (max: number, min = 1) =>
  z.string().trim().min(min).max(max)
    .refine((text) => !CONTROL.test(text) && !LINE_BREAK.test(text) && !text.includes('\t'), { error: 'must be one line without control characters' });

/** Several lines; CRLF becomes LF. */
export const lines = (max: number, min = 0) =>
  z.string().overwrite((text) => text.replace(/\r\n?/g, '\n')).min(min).max(max)
    .refine((text) => !CONTROL.test(text), { error: 'must not hold control characters' });

export const id = () => z.int().min(1).max(2_147_483_647);

/** An instant, RFC 3339 with its offset; becomes Unix milliseconds. */
export const instant = () => z.iso.datetime({ offset: true, error: 'must be an instant with its offset, such as 2027-01-31T09:00:00Z' }).transform((text) => Date.parse(text));

/** A wiki by its host (or an alias of it), or by its id. */
export const wikiRef = () => z.union([line(260), id()]).describe('Host of a configured wiki, or its id.');

export const reason = () => lines(1_000, 1).describe('Why, in your own words: kept in the audit log, never sent to Temporal.');

/** A flag in a query. */
export const queryFlag = () => z.enum(['true', 'false']).transform((text) => text === 'true');
export const queryNumber = () => z.string().regex(/^\d{1,15}$/, { error: 'must be a whole number' }).transform(Number);

export const cursor = () => line(200).optional().describe('From `next` of the page before.');
export const limit = () => z.string().regex(/^[1-9]\d{0,3}$/, { error: 'must be a number from 1 to 1000' }).transform(Number)
  .pipe(z.int().max(1_000)).default(50).describe('How many at most, up to 1,000.');

/** Milliseconds as the API shows an instant. */
export const shown = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());

/** @throws ReeveError input.invalid with one entry per wrong field. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, where: 'body' | 'query'): z.output<S> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw refused(parsed.error.issues.flatMap((issue) => fieldProblems(issue, schema, where)));
}

/** Several things are wrong with what came in; one alone gives its own code to the whole. */
export const refused = (errors: FieldProblem[]): ReeveError =>
  new ReeveError('input.invalid', errors.map(({ pointer, detail }) => `${pointer || 'The body'}: ${detail}`).slice(0, 5).join(' '), { errors });

type Issue = z.core.$ZodIssue;

function fieldProblems(issue: Issue, schema: z.ZodType, where: 'body' | 'query'): FieldProblem[] {
  const at = (path: PropertyKey[]): string => (where === 'query' ? `?${path.map(String).join('.')}` : path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, issue.path);
    return issue.keys.slice(0, 20).map((key) => ({
      pointer: at([...issue.path, key.slice(0, 100)]), code: 'unknown-field', detail: `There is no such field here${known.length ? `; there are ${known.join(', ')}` : ''}.`,
    }));
  }
  return [{ pointer: at(issue.path), ...words(issue) }];
}

function words(issue: Issue): { code: string; detail: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? { code: 'required', detail: 'It is missing.' } : { code: 'type', detail: `It must be ${article(issue.expected)}.` };
    case 'too_big':
      return issue.origin === 'string' ? { code: 'too-long', detail: `It may have at most ${Number(issue.maximum).toLocaleString('en')} characters.` }
        : issue.origin === 'array' ? { code: 'too-many', detail: `It may have at most ${String(issue.maximum)} entries.` }
          : { code: 'too-large', detail: `It may be at most ${Number(issue.maximum).toLocaleString('en')}.` };
    case 'too_small':
      return issue.origin === 'string' ? { code: Number(issue.minimum) === 1 ? 'empty' : 'too-short', detail: Number(issue.minimum) === 1 ? 'It is empty.' : `It must have at least ${String(issue.minimum)} characters.` }
        : issue.origin === 'array' ? { code: 'empty', detail: 'It is empty.' }
          : { code: 'too-small', detail: `It must be at least ${String(issue.minimum)}.` };
    case 'invalid_value':
      return issue.input === undefined ? { code: 'required', detail: 'It is missing.' } : { code: 'choice', detail: `It must be one of ${issue.values.map(String).join(', ')}.` };
    case 'invalid_union':
      return issue.input === undefined ? { code: 'required', detail: 'It is missing.' } : { code: 'type', detail: sentence(issue.errors.flat().map(({ message }) => message).find((m) => /^[a-z]/.test(m)) ?? 'has the wrong type') };
    default:
      return { code: 'format', detail: sentence(issue.message) };
  }
}

const article = (type: string): string =>
  ({ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object' })[type] ?? type;
const sentence = (text: string): string => `It ${text.replace(/^Invalid.*$/, 'has the wrong format').replace(/\.$/, '')}.`;

function fieldsAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  const plain = schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : schema;
  return path.length === 0 && plain instanceof z.ZodObject ? Object.keys(plain.shape) : [];
}
