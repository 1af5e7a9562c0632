/** The pieces that input schemas are made of, and how a schema's complaint becomes words about one field. */
import { z } from 'zod';
import { ReeveError, fieldError, isErrorCode, type FieldProblem } from '../config/errors';
import { isZone } from '../db/wall-clock';

/**
 * A text of so many characters. Lengths are counted, and forms checked, as the OpenAPI document states them, so that
 * whoever keeps to the document is never refused for the form of a field.
 */
export const text = (max: number, min = 0) =>
  z.string().check((given) => {
    const { length } = given.value.length <= max && given.value.length >= 2 * min ? given.value : [...given.value]; // surely right, or counted
    if (length > max) given.issues.push({ code: 'too_big', origin: 'string', maximum: max, inclusive: true, input: given.value });
    if (length < min) given.issues.push({ code: 'too_small', origin: 'string', minimum: min, inclusive: true, input: given.value });
  }).meta({ maxLength: max, ...(min && { minLength: min }) });

// Surrogates written out, so that the document can leave them out: C0 and C1 but tab and line feed, lone surrogates
const CONTROL = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff`;
/** One line of text. @param without characters of a class that it must not hold; `blanks` are dropped at its ends */
const oneLine = (min: 0 | 1, without = '', blanks = '') => {
  const [blank, solid] = [String.raw`[\s${blanks}]*`, String.raw`[^\s${blanks}${without}${CONTROL}]`];
  const text = String.raw`${solid}(?:[^\t\n\u2028\u2029${without}${CONTROL}]*${solid})?`;
  return new RegExp(`^${blank}${min ? text : `(?:${text})?`}${blank}$`, 'u');
};
const LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff]*$/u;
const EMPTY = 'is empty';

/** One line of text; white space at its ends is dropped. @param min 0 where it may be empty */
export const line = (max: number, min: 0 | 1 = 1) =>
  text(max).regex(oneLine(min), { error: ({ input }) => (min && String(input).trim() === '' ? EMPTY : 'must be one line without control characters') }).trim().meta({ maxLength: max, ...(min && { minLength: min }) });

/** A name as wikis write them: `_` is a blank, many blanks are one, none stands at its ends. */
export const nameOfSomebody = (max: number) =>
  text(max).regex(oneLine(1, String.raw`#<>[\]|{}/@:\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff`, '_'), {
    error: ({ input }) => (/^[\s_]*$/u.test(String(input)) ? EMPTY : 'must be one line without # < > [ ] | { } / @ : and invisible characters'),
  }).overwrite((given) => given.normalize('NFC').replace(/[\s_]+/gu, ' ').trim()).meta({ maxLength: max, minLength: 1 });

/** Several lines; CRLF becomes LF. */
export const lines = (max: number, min = 0) =>
  text(max, min).regex(LINES, { error: 'must not hold control characters' }).overwrite((given) => given.replace(/\r\n?/g, '\n'));

export const id = () => z.int().min(1).max(2_147_483_647);

/** An instant, RFC 3339 with its offset; becomes Unix milliseconds. */
export const instant = () => z.iso.datetime({ offset: true, error: 'must be an instant with its offset, such as 2027-01-31T09:00:00Z' }).transform((text) => Date.parse(text));

/** A zone of times on the wall. */
export const zone = () => text(64).refine(isZone, { error: 'must be a time zone\'s IANA name or an offset, such as Europe/Berlin or +05:30' }).meta({ format: 'time-zone' });

/** A wiki by its host (or an alias of it), or by its id. */
export const wikiRef = () => z.union([line(260), id()]).describe('Host of a configured wiki, or its id.');

export const reason = () => lines(1_000, 1).describe('Why, in your own words: kept in the audit log, never sent to Temporal.');

/** A flag in a query. */
export const queryFlag = () => z.enum(['true', 'false']).transform((text) => text === 'true').meta({ as: { type: 'boolean' } });
/** A whole number in a query, at most as long as `digits`. */
export const queryNumber = (min = 0, digits = 15, error = 'must be a whole number') =>
  z.string().regex(new RegExp(`^(?:${min ? '' : '0|'}[1-9]\\d{0,${digits - 1}})$`), { error }).transform(Number).meta({ as: { type: 'integer', minimum: min, maximum: 10 ** digits - 1 } });

export const cursor = () => line(200).optional().describe('From `next` of the page before.');
export const limit = (standard = 50, most = 1_000) => z.string().regex(/^[1-9]\d{0,3}$/, { error: `must be a number from 1 to ${most}` }).transform(Number)
  .pipe(z.int().max(most)).default(standard).meta({ as: { type: 'integer', minimum: 1, maximum: most, default: standard } }).describe(`How many at most, up to ${most.toLocaleString('en')}.`);

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

/** @throws ReeveError where anything is wrong; one thing alone, of a code of ours, gives it to the whole. */
export function needNone(wrong: FieldProblem[]): void {
  const [one] = wrong;
  if (wrong.length === 1 && isErrorCode(one!.code)) throw new ReeveError(one!.code, one!.detail, { errors: wrong });
  if (one) throw refused(wrong);
}

/** For what begins: it must end later than that, by the door's clock. @throws ReeveError */
export const ahead = (pointer: string, untilMs: number | null | undefined) => ({ createdAtMs }: { createdAtMs: number }): void => {
  if (untilMs != null && untilMs <= createdAtMs) throw fieldError(pointer, 'input.invalid', 'It must lie ahead.');
};

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
      if (issue.message === EMPTY) return { code: 'empty', detail: 'It is empty.' };
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
