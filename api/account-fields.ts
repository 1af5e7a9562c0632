/** What accounts and keys may be made of: the rules of the API's routes and of `reeve users` and `reeve keys`, which ask no route. */
import { z } from 'zod';
import type { FieldProblem } from '../config/errors';
import { noticeKinds } from '../db/entities/notice';
import { askedOf } from '../db/permissions';
import { inScope, nouns, type Noun } from '../policies';
import type { Actor } from '../policies/actor';
import { instant, line, nameOfSomebody, refused, text } from './fields';

export const languageTag = () => z.string().regex(/^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}$/, { error: 'must be a language tag, such as en or pt-BR' });
const MOST_LANGUAGES = 30;
/** Language tag to text, each language once. @param least how many there must be */
export const inLanguages = (one: z.ZodType<string>, least = 1) => z.record(languageTag(), one)
  .refine((given) => { const tags = Object.keys(given).map((tag) => tag.toLowerCase()); return tags.length >= least && tags.length <= MOST_LANGUAGES && new Set(tags).size === tags.length; }, { error: `must hold a text in ${least ? 'one' : 'at most'}${least ? ' to' : ''} ${MOST_LANGUAGES} languages, each once` })
  .meta({ minProperties: least, maxProperties: MOST_LANGUAGES });
export const timeZone = () => text(64).refine(isTimeZone, { error: 'must be a time zone\'s IANA name, such as Europe/Berlin' }).meta({ format: 'time-zone' });
export const email = () => z.email({ error: 'must be a mail address' }).max(254).nullable().describe('Where notices go by mail; null: nowhere.');
export const appOnly = () => z.array(z.enum(noticeKinds)).max(noticeKinds.length).refine((kinds) => new Set(kinds).size === kinds.length, { error: 'must name each kind once' }).meta({ uniqueItems: true })
  .describe('The kinds of notices that are not sent by mail.');
export const password = () => text(1_000, 10).describe('At least 10 characters.');
export const oneTimeCode = () => text(40, 1).regex(/^[A-Za-z\d\s-]*$/, { error: 'must be the six digits of the app, or a recovery code' }).meta({ maxLength: 40, minLength: 1, examples: ['123456'] });
export const userName = () => nameOfSomebody(85);

export const newUserInput = z.strictObject({
  name: userName(),
  password: password().optional().describe('Without one there is no local sign-in.'),
  language: languageTag().default('en'),
  timeZone: timeZone().default('UTC'),
  email: email().default(null),
});

const scopesThere = new Set(nouns.flatMap((noun) => askedOf(noun).map((verb) => `${noun}:${verb}`)));

export const newKeyInput = z.strictObject({
  label: line(200, 0).default('').describe('What it is for.'),
  scopes: z.array(z.string().meta({ enum: ['all', ...scopesThere] })).min(1).max(200).describe('`all`, or `<noun>:read` and `<noun>:<verb>`; always within your rights.'),
  expiresAt: instant().nullable().optional().describe('When it stops opening.'),
});

/** @throws ReeveError naming each scope that there is not, or that a key which makes a key does not have itself. */
export function checkScopes(actor: Actor, scopes: string[]): void {
  const wrong = scopes.flatMap((scope, i): FieldProblem[] => {
    const at = (code: string, detail: string) => [{ pointer: `/scopes/${i}`, code, detail }];
    if (scope !== 'all' && !scopesThere.has(scope)) return at('choice', `There is no scope ${scope.slice(0, 60)}: take all, or a noun of ${nouns.join(', ')} with read or one of its verbs.`);
    const [noun, verb] = scope.split(':') as [Noun, string];
    const within = actor.kind !== 'key' || actor.scopes!.includes('all') || (scope !== 'all' && inScope(actor, verb, noun));
    return within ? [] : at('policy.forbidden', `Your own key's scopes do not hold ${scope}.`);
  });
  if (wrong.length) throw refused(wrong);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
