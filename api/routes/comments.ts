/** Comments beside account requests, for who decides about those in which the nightly look found an address. They are written at /api/requests/:id/comment. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { visibilities } from '../../db/entities/request';
import { noteOn, type Note } from '../../db/note';
import { decide, pageOfComments, readComment, readableComments, type Comment } from '../../db/queries/comments';
import { needNoWhereabouts, withoutWhereabouts } from '../../db/whereabouts';
import { mayEver } from '../../policies';
import type { Api, Caller } from '../context';
import { cursor, limit, lines, queryFlag, reason, shown } from '../fields';
import { answered, listSchema, listed } from '../lists';
import { actionSchema, jsonSchemaOf, type Action } from '../present';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';

const why = z.strictObject({ reason: reason().optional() });
const editInput = z.strictObject({ text: lines(5_000, 1), acknowledge: z.boolean().optional().describe('It holds an address, and is meant to.'), reason: reason().optional() });
const revealInput = z.strictObject({ fields: z.array(z.enum(['text'])).min(1).max(1), reason: reason().optional() });
/** verb → what it asks for, how it stands in the log of the request, and what it sets. */
const verbs = {
  redact: { input: why, note: 'editComment', set: () => 'text = $3, flagged_at_ms = null', takes: ({ flaggedAtMs }) => flaggedAtMs !== null },
  unflag: { input: why, note: 'unflagComment', set: () => 'flagged_at_ms = null', takes: ({ flaggedAtMs }) => flaggedAtMs !== null },
  hide: { input: why, note: 'hideComment', set: (now) => `flagged_at_ms = null, hidden_at_ms = ${now}`, takes: ({ hiddenAtMs }) => hiddenAtMs === null },
  show: { input: why, note: 'showComment', set: () => 'hidden_at_ms = null', takes: ({ hiddenAtMs }) => hiddenAtMs !== null },
} as const satisfies Record<string, { input: z.ZodType; note: Note['verb']; set(now: string): string; takes(comment: Comment): boolean }>;
type Verb = keyof typeof verbs;

const listQuery = z.strictObject({
  limit: limit(), cursor: cursor(), count: queryFlag().optional().describe('Also count what matches, to 1,000.'),
  flagged: queryFlag().optional().describe('Only those in which an address was found and about which nobody has decided; false: only the others.'), hidden: queryFlag().optional(),
});
const commentSchema = z.object({
  id: z.int(), version: z.int(), request: z.int(), user: z.object({ id: z.int(), name: z.string() }), visibility: z.enum(visibilities),
  text: z.string().nullable().describe('Of a flagged one without the addresses; null: hidden, or erased.'), at: z.string(), flaggedAt: z.string().nullable(), hiddenAt: z.string().nullable(),
  actions: z.array(actionSchema), hidden: z.array(z.string()),
});

/** As everybody reads it: `reveal` shows the rest. */
export const readText = ({ text, flaggedAtMs, hiddenAtMs }: Pick<Comment, 'text' | 'flaggedAtMs' | 'hiddenAtMs'>): string | null =>
  text === null || hiddenAtMs !== null ? null : flaggedAtMs === null ? text : withoutWhereabouts(text);

function present(comment: Comment) {
  const { id, version, requestId, userId, user, visibility, atMs, flaggedAtMs, hiddenAtMs } = comment;
  const offered = comment.text === null ? [] : (Object.keys(verbs) as Verb[]).filter((verb) => verbs[verb].takes(comment)).map((verb): Action => ({ verb, input: jsonSchemaOf(verbs[verb].input) }));
  const veiled = flaggedAtMs !== null || hiddenAtMs !== null;
  const more = comment.text === null ? [] : [{ verb: 'edit', input: jsonSchemaOf(editInput) }, ...(veiled ? [{ verb: 'reveal', input: jsonSchemaOf(revealInput) }] : [])];
  return {
    id, version, request: requestId, user: { id: userId, name: user }, visibility, text: readText(comment), at: shown(atMs)!, flaggedAt: shown(flaggedAtMs), hiddenAt: shown(hiddenAtMs),
    actions: [...offered, ...more], hidden: veiled ? ['text'] : [],
  };
}

/** @throws ReeveError policy.forbidden, not-found also for what the reader may not see */
async function commentFor({ kernel }: Api, caller: Caller, id: number): Promise<Comment> {
  needRight(caller);
  const comment = await readComment(kernel, id, readableComments(caller.actor));
  if (!comment) throw new ReeveError('not-found');
  return comment;
}
function needRight(caller: Caller): void {
  needScope(caller, 'request', 'reviewComments');
  if (!mayEver(caller.actor, 'reviewComments', 'request')) throw new ReeveError('policy.forbidden', 'Tool admins and checkusers look through comments.');
}

/** @throws ReeveError version.conflict, verb.refused */
async function act(api: Api, caller: Caller, id: number, { note, set, values = () => [], takes = () => true, reason }: { note: Note['verb']; set(now: string): string; values?(comment: Comment): unknown[]; takes?(comment: Comment): boolean; reason?: string }) {
  const comment = await commentFor(api, caller, id);
  if (caller.ifMatch !== undefined && caller.ifMatch !== comment.version) throw new ReeveError('version.conflict', undefined, { version: comment.version });
  if (takes(comment) && comment.text !== null) {
    if (!(await decide(api.kernel, { ...caller, verb: note, reason }, comment, set(api.kernel.clock.sql), values(comment)))) throw new ReeveError('version.conflict');
  } else if (comment.text === null) throw new ReeveError('request.purged');
  return one(await commentFor(api, caller, id));
}
const one = (comment: Comment) => ({ body: present(comment), version: comment.version });

export const commentRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/comments',
    summary: 'Comments beside account requests, newest first, for who decides about those that hold an address.',
    query: listQuery,
    answer: { schema: listSchema(commentSchema) },
    async handle({ api, caller, query }) {
      needRight(caller);
      const found = await pageOfComments(api.kernel, readableComments(caller.actor), query);
      return answered(listed({ ...found, nowMs: 0 }, present));
    },
  }),
  route({
    method: 'get',
    path: '/api/comments/:id',
    summary: 'One comment.',
    answer: { schema: commentSchema },
    handle: async ({ api, caller, params }) => one(await commentFor(api, caller, idOf(params.id))),
  }),
  route({
    method: 'patch',
    path: '/api/comments/:id',
    summary: 'Put another text in its place: what stood there is gone.',
    body: editInput,
    refuses: [409, 410],
    example: { text: 'Called, and will come again.' },
    answer: { schema: commentSchema },
    async handle({ api, caller, params, body: { text, acknowledge, reason } }) {
      await commentFor(api, caller, idOf(params.id));
      needNoWhereabouts(text, acknowledge);
      return act(api, caller, idOf(params.id), { note: 'editComment', set: (now) => `text = $3, flagged_at_ms = null, scanned_at_ms = ${now}`, values: () => [text], reason });
    },
  }),
  ...(Object.keys(verbs) as Verb[]).map((verb) =>
    route({
      method: 'post',
      path: `/api/comments/:id/${verb}`,
      summary: { redact: 'The addresses are taken out of it: what stood there is gone.', unflag: 'It may stay as it is: read whole again, and not flagged once more.', hide: 'Nobody reads it any more; it goes with its request.', show: 'It is read again.' }[verb],
      body: why,
      refuses: [409, 410],
      answer: { schema: commentSchema },
      handle: async ({ api, caller, params, body: { reason } }) => act(api, caller, idOf(params.id), { ...verbs[verb], ...(verb === 'redact' && { values: ({ text }) => [withoutWhereabouts(text!)] }), reason }),
    })),
  route({
    method: 'post',
    path: '/api/comments/:id/reveal',
    summary: 'Show the whole of one that is flagged or hidden. Recorded before it is answered.',
    body: revealInput,
    answer: { schema: z.object({ fields: z.record(z.string(), z.string().nullable()) }) },
    async handle({ api, caller, params, body: { reason } }) {
      const { id, requestId, text } = await commentFor(api, caller, idOf(params.id));
      await noteOn(api.kernel, { ...caller, noun: 'request', id: requestId, verb: 'reveal', code: `comment/${id}`, reason }, async () => true);
      return { body: { fields: { text } } };
    },
  }),
];
