/** Looking for account requests by where a person is to be found. What was looked for is neither in an address nor in a log; that it was, is. */
import { z } from 'zod';
import { ReeveError, fieldError } from '../../config/errors';
import { noteOn } from '../../db/note';
import { networkOf } from '../../db/network';
import { searchRequests } from '../../db/queries/related';
import { mayToAll } from '../../policies';
import type { Api, Caller } from '../context';
import { line, reason } from '../fields';
import { route, type Route } from '../route';
import { needScope } from '../verbs';

export const searchId = () => z.uuid().meta({ examples: ['7f3d1c52-8a5e-4b0e-9c1f-2d6a4e8b9c01'] });
export const searchInput = z.strictObject({
  email: z.email({ error: 'must be a mail address' }).max(254).optional().describe('Filed with this address.'),
  address: line(45).optional().describe('Filed from this IP address; of IPv6 from its network.'),
  reason: reason().optional(),
});

/** Written into the log of who looks before it is looked. @throws ReeveError policy.forbidden, input.invalid */
async function search({ kernel }: Api, caller: Caller, { email, address, reason }: z.output<typeof searchInput>) {
  needScope(caller, 'request', 'reveal');
  const { actor } = caller;
  if (!mayToAll(actor, 'reveal', 'request')) throw new ReeveError('policy.forbidden', 'Only who may see where everybody is to be found looks for it.');
  if ((email === undefined) === (address === undefined)) throw fieldError(email === undefined ? '/email' : '/address', 'input.invalid', 'Give either an e-mail address or an IP address.');
  if (address !== undefined && networkOf(address) === null) throw fieldError('/address', 'input.invalid', 'It must be an IP address, such as 203.0.113.9 or 2001:db8::1.');
  await noteOn(kernel, { actor, requestId: caller.requestId, noun: 'user', id: actor.userId!, verb: 'search', code: email === undefined ? 'address' : 'email', reason }, async () => true);
  const { id, found } = await searchRequests(kernel, actor.userId!, email === undefined ? { address: address! } : { email });
  return { search: id, found };
}

export const requestSearchRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/requests/search',
    name: 'searchRequests',
    summary: 'Look for requests by an e-mail or IP address. Recorded before it is answered; what it found is read for an hour by GET /api/requests?search=….',
    body: searchInput,
    example: { email: 'newcomer@mail.example' },
    answer: { schema: z.object({ search: searchId(), found: z.int() }) },
    async handle({ api, caller, body }) {
      return { body: await search(api, caller, body) };
    },
  }),
];
