/** What comes in by a form: who sends it, the key that was hidden in it, and what it says. */
import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { actorId } from '../../policies/actor';
import { ReeveError, type FieldProblem } from '../../config/errors';
import { askingOf, type Api, type Caller } from '../context';
import { problemOf } from '../problem';
import { commandOf } from '../route';

/** Every field is text, given once; a field that comes twice counts with its last value. */
export function fieldsOf(req: Request): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries((req.body ?? {}) as Record<string, unknown>))
    fields[name] = Array.isArray(value) ? String(value.at(-1)) : String(value);
  return fields;
}

/** Who reads. @throws ReeveError auth.required, which becomes the sign-in page. */
export function reader(req: Request): Caller {
  const { actor, requestId } = askingOf(req);
  return { actor, requestId };
}
export function member(req: Request): Caller {
  const caller = reader(req);
  if (caller.actor.userId === null) throw new ReeveError('auth.required');
  return caller;
}

/** Who acts: sending the same form twice does the thing once. @param part one of several things that a form does. */
export function sender(api: Api, req: Request, part: string, said: unknown): Caller {
  const caller = member(req);
  const { _key: key = randomUUID() } = fieldsOf(req);
  return { ...caller, ...commandOf(api, actorId(caller.actor), `form/${key}/${part}`, { path: req.path, said }) };
}

/** A refusal that the form itself can show. @throws the error again when it is none. */
export function refusal(error: unknown): { status: number; title: string; problems: FieldProblem[] } {
  const { problem, report } = problemOf(error);
  if (report || problem.status === 404 || problem.status === 401) throw error;
  return { status: problem.status, title: problem.detail ?? problem.title, problems: problem.errors ?? [] };
}

/** `2027-01-31T09:00` of a date field, meant in UTC, as an instant; empty is none. @throws ReeveError */
export function instantOf(text: string | undefined, pointer: string): number | null {
  if (!text?.trim()) return null;
  const atMs = Date.parse(`${text.trim()}Z`);
  if (!Number.isNaN(atMs)) return atMs;
  const detail = 'It must be a date and a time, such as 2027-01-31T09:00.';
  throw new ReeveError('input.invalid', detail, { errors: [{ pointer, code: 'format', detail }] });
}
