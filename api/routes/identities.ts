/** One's own accounts at wikis, by which one signs in: seen, linked (by a way through the wiki) and unlinked. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { noteOn } from '../../db/note';
import { listIdentities, removeIdentity, wikisThatSignIn } from '../../db/queries/identities';
import { ownPath } from '../pages/public-reader';
import { line, shown, wikiRef } from '../fields';
import { isFresh } from '../middleware/session';
import { route, type Route } from '../route';
import { idOf, needScope } from '../verbs';
import { sendToWiki } from '../wiki-sign-in';
import { wikiOf } from './wikis';

const identitySchema = z.object({
  id: z.int(), wiki: z.string(), name: z.string().describe('As the wiki has it.'), linkedAt: z.string().nullable(), signedInAt: z.string().nullable(),
  granted: z.boolean().describe('Reeve may act there in your name, such as to make accounts.'),
});
const listSchema = z.object({ items: z.array(identitySchema), others: z.array(z.string()).describe('Hosts of the wikis that can be linked.') });

export const identityRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/me/identities',
    name: 'listIdentities',
    summary: 'Your accounts at wikis.',
    answer: { schema: listSchema },
    async handle({ api: { kernel }, caller }) {
      needScope(caller, 'user', 'read');
      const [mine, wikis] = await Promise.all([listIdentities(kernel, caller.actor.userId!), wikisThatSignIn(kernel)]);
      const others = wikis.filter(({ id }) => !mine.some(({ wikiId }) => wikiId === id)).map(({ host }) => host);
      return { body: { items: mine.map(({ id, host, name, linkedAtMs, signedInAtMs, granted }) => ({ id, wiki: host, name, linkedAt: shown(linkedAtMs), signedInAt: shown(signedInAtMs), granted })), others } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/identities',
    name: 'linkIdentity',
    summary: 'Begin to link an account at a wiki, within ten minutes of signing in: where this browser has to go. A key cannot.',
    refuses: [409],
    body: z.strictObject({ wiki: wikiRef(), next: line(500).optional().describe('The page here to come back to; default: your settings.') }),
    answer: { schema: z.object({ location: z.string().describe('The wiki\'s page, which asks you.') }) },
    async handle({ api, req, res, caller: { actor }, body }) {
      if (actor.kind !== 'user') throw new ReeveError('policy.forbidden', 'This needs a session: a key does not change how you sign in.');
      const { id } = await wikiOf(api, body.wiki);
      // Whoever finds a session that was left open must not make a way in of their own; going through a linked wiki again makes none.
      if (!(await listIdentities(api.kernel, actor.userId!)).some(({ wikiId }) => wikiId === id) && !(await isFresh(api, req.session))) throw new ReeveError('sign-in.not-fresh');
      return { body: { location: await sendToWiki(api, req, res, id, { next: ownPath(body.next, '/me'), userId: actor.userId! }) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/me/identities/:id/unlink',
    name: 'unlinkIdentity',
    summary: 'Unlink an account at a wiki; what the wiki let Reeve do in your name is forgotten.',
    refuses: [409],
    body: z.strictObject({}),
    answer: { status: 204 },
    async handle({ api: { kernel }, caller, params }) {
      const { actor, commandId, inputHash, requestId } = caller;
      if (actor.kind !== 'user') throw new ReeveError('policy.forbidden', 'This needs a session: a key does not change how you sign in.');
      const [userId, id] = [actor.userId!, idOf(params.id)];
      const done = await noteOn(kernel, { noun: 'user', id: userId, verb: 'unlinkWiki', actor, commandId, inputHash, requestId }, (client) => removeIdentity(client, userId, id));
      if (done !== 'nothing') return {};
      throw new ReeveError((await listIdentities(kernel, userId)).some((one) => one.id === id) ? 'sign-in.last' : 'not-found');
    },
  }),
];
