/** The demo's account requests: one in every state and every queue, of people who do not exist; beside them, comments that were looked through for addresses. */
import { ReeveError } from '../config/errors';
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Request } from '../db/entities/request';
import type { Wiki } from '../db/entities/wiki';
import type { Kernel } from '../db/kernel';
import { networkOf } from '../db/network';
import { scanComments } from '../db/queries/comments';
import { requestMail } from '../db/queries/mails';
import { system, visitor, type Actor } from '../policies/actor';

type By = 'system' | 'organizer' | 'toolUser' | 'toolAdmin' | 'checkuser';
type Step = [verb: string, by: By, input?: Record<string, unknown>];
interface Plan {
  name: string;
  comment: string;
  /** By the link and key of the open event. */
  byEvent?: true;
  values?: Partial<Request>;
  verbs?: Step[];
}

const DAY_MS = 24 * 3_600_000;
const confirm: Step = ['confirm', 'system'];
const said = (by: By, text: string, visibility = 'user'): Step => ['comment', by, { text, visibility, acknowledge: true }];

const plans: Record<string, Plan> = {
  unconfirmed: { name: 'Quiet Juniper', comment: 'I have a list of misspelt birds.' },
  expired: { name: 'Somebody In A Hurry', comment: '', values: { expiresAtMs: 0 } },
  open: { name: 'Marigold Fen', comment: 'I would like to write about moors.', verbs: [confirm] },
  'at-event': { name: 'Miller of the Weir', comment: 'I sit at the second table.', byEvent: true, values: { questions: ['Have you edited before?'], answers: ['Never'] }, verbs: [confirm] },
  'held-by-organizer': { name: 'Copperleaf', comment: 'My neighbour told me of it.', byEvent: true, verbs: [confirm, ['reserve', 'organizer']] },
  'held-by-team': { name: 'Old Tidal Mill', comment: 'Photographs of mills, mostly.', verbs: [confirm, ['reserve', 'toolUser']] },
  escalated: { name: 'The Real Mayor', comment: 'You know who I am.', byEvent: true, verbs: [confirm, ['escalate', 'organizer']] },
  'for-events': { name: 'Walnut and Rye', comment: 'I come to the workshop in spring.', verbs: [confirm, ['defer', 'toolUser', { queue: 'events' }]] },
  'second-look': { name: 'Ash Grove Library', comment: 'I write for all of us here.', verbs: [confirm, ['defer', 'toolUser', { queue: 'second-look' }]] },
  'talked-about': {
    name: 'Nightjar Nine', comment: 'I lost the password of my first account.', byEvent: true,
    verbs: [confirm, said('organizer', 'She is here, and shows me her old drafts.'), said('toolUser', 'The old account has three edits.'), said('toolAdmin', 'Let her have it.', 'admin'), said('checkuser', 'Nothing else from there.', 'checkuser'), said('toolUser', 'She reads mail at nightjar.nine@example.org, too.')],
  },
  created: { name: 'Reader 7', comment: '', verbs: [confirm, ['reserve', 'toolUser'], ['close', 'toolUser', { outcome: 'created' }]] },
  'made-by-bot': { name: 'Heather on Tuesday', comment: 'Thank you!', byEvent: true, verbs: [confirm, ['create', 'organizer', { mode: 'bot' }]] },
  'not-created': { name: 'Best Garden Tools Ltd', comment: 'We sell spades.', verbs: [confirm, ['close', 'toolUser', { outcome: 'not-created', text: 'An account is one person\'s, not a company\'s: ask again under a name of your own.' }]] },
  banned: { name: 'Cheapest Spades Dot Com', comment: 'Buy spades.', verbs: [confirm] },
  flagged: { name: 'Meadow Clerk', comment: 'From the library.', byEvent: true, values: { ip: '198.51.100.12' }, verbs: [confirm] },
  dropped: { name: 'Qqqqqq', comment: 'qqq', verbs: [confirm, ['drop', 'toolUser']] },
};

/** Safe to repeat. @param event the open one */
export async function makeRequests(kernel: Kernel, wiki: Pick<Wiki, 'id'>, event: number, actor: (role: string) => Promise<Actor>): Promise<void> {
  const nowMs = Date.now();
  for (const [plan, { name, comment, byEvent, values, verbs = [] }] of Object.entries(plans)) {
    const { row } = await create(kernel, {
      noun: 'request', commandId: `demo/request/${plan}`, actor: visitor,
      values: {
        wikiId: wiki.id, eventId: byEvent ? event : null, queue: byEvent ? 'event' : 'default', name, comment, email: `${name.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@example.org`, language: 'en',
        ip: '192.0.2.44', network: networkOf(values?.ip ?? '192.0.2.44'), forwarded: null, userAgent: 'Mozilla/5.0 (a browser of the demo)', nameCheck: 'free', expiresAtMs: nowMs + 7 * DAY_MS, warnAtMs: nowMs + 83 * DAY_MS, closeByMs: nowMs + 90 * DAY_MS,
        keepMs: kernel.terms.keepMs, ...values,
      },
      also: (client, id) => requestMail(client, id, 'confirm'),
    });
    for (const [i, [verb, by, input]] of verbs.entries())
      await apply(kernel, { noun: 'request', id: row.id, verb, input, actor: by === 'system' ? system : await actor(by), commandId: `demo/request/${plan}/${i}` }).catch((error: unknown) => {
        if (!(error instanceof ReeveError)) throw error;
      });
  }
  await scanComments(kernel, system, 100);
}
