/** The demo's deliveries: a draft, one that waits for approval, one rejected, one for later, one cancelled, and one that goes out at once. */
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Kernel } from '../db/kernel';
import type { Actor } from '../policies/actor';
import { NEIGHBOURS, READERS, type DemoWikis } from './community-wikis';

type Page = [wikiId: number, page: string];
type Problem = [line: number, text: string, code: string];
type Verb = [verb: string, by: string, input?: Record<string, unknown>, reason?: string];

interface Plan {
  name: string;
  by: string;
  list: string;
  subject: string;
  body: string;
  sendAtMs?: number;
  verbs?: Verb[];
}

const DAY_MS = 86_400_000;

/** Safe to repeat. @param actor who holds a role */
export async function makeDeliveries(kernel: Kernel, wikis: DemoWikis, actor: (role: string) => Promise<Actor>): Promise<void> {
  const lists: Record<string, number> = {};
  for (const { name, by, pages, problems } of listsOf(wikis)) lists[name] = await makeList(kernel, await actor(by), wikis, name, pages, problems);
  for (const { name, by, list, subject, body, sendAtMs, verbs = [] } of plans()) {
    const sender = await actor(by);
    const { row } = await create(kernel, {
      noun: 'delivery', commandId: `demo/delivery/${name}`, actor: sender,
      values: { senderId: sender.userId!, wikiId: wikis.first.id, subject, body, marker: `demo-${name}`, sendAtMs: sendAtMs ?? null, startedAtMs: null },
      also: async (client, id) => void (await client.query('insert into delivery_list (delivery_id, list_id) values ($1, $2)', [id, lists[list]])),
    });
    for (const [verb, role, input, reason] of verbs)
      await apply(kernel, { noun: 'delivery', id: row.id, verb, input, reason, actor: await actor(role), commandId: `demo/delivery/${name}/${verb}` });
  }
}

const plans = (): Plan[] => [
  {
    name: 'circle', by: 'globalSender', list: 'Reading circle', subject: 'The reading circle meets again',
    body: 'Hello!\n\nThe reading circle meets again on the first Friday of next month. Bring a book that you liked. ~~~~',
    verbs: [['submit', 'globalSender']],
  },
  { name: 'draft', by: 'sender', list: 'Reading circle', subject: 'Photo walk in the old town', body: 'We plan a photo walk. Who would come along? ~~~~' },
  {
    name: 'wish', by: 'user', list: 'Half of the readers', subject: 'A newsletter for our neighbours',
    body: 'Once a month we write down what happened here. ~~~~', verbs: [['submit', 'user']],
  },
  {
    name: 'rejected', by: 'user', list: 'Half of the readers', subject: 'Buy my calendar', body: 'It has twelve pages. ~~~~',
    verbs: [['submit', 'user'], ['reject', 'deliveryApprover', {}, 'Messages here sell nothing.']],
  },
  {
    name: 'later', by: 'sender', list: 'Half of the readers', subject: 'The survey closes tomorrow', body: 'Tomorrow is the last day of the survey. ~~~~',
    sendAtMs: Date.now() + 14 * DAY_MS, verbs: [['submit', 'sender']],
  },
  {
    name: 'cancelled', by: 'globalSender', list: 'Reading circle', subject: 'Meeting moved', body: 'The meeting moves to Thursday. ~~~~',
    verbs: [['cancel', 'globalSender']],
  },
];

function listsOf({ first, second }: DemoWikis): { name: string; by: string; pages: Page[]; problems: Problem[] }[] {
  const many = (wikiId: number, prefix: string, n: number): Page[] => Array.from({ length: n }, (_, i) => [wikiId, `${prefix}${i + 1}`]);
  const odd = ['User talk:Quiet reader', 'User talk:Renamed reader', 'User talk:Nobody by this name', 'Project:Notice board', 'Project:Rules', 'Garden'];
  return [
    {
      name: 'Reading circle', by: 'globalSender',
      pages: [...many(first.id, 'User talk:Reader ', READERS), ...odd.map((page): Page => [first.id, page]), ...many(second.id, 'User talk:Neighbour ', NEIGHBOURS)],
      problems: [[12, 'User talk:Reader[12', 'invalidtitle'], [57, 'User talk:Reader 57@nowhere.example', 'invalidsite']],
    },
    { name: 'Half of the readers', by: 'user', pages: many(first.id, 'User talk:Reader ', READERS / 2), problems: [] },
  ];
}

async function makeList(kernel: Kernel, owner: Actor, { first }: DemoWikis, name: string, pages: Page[], problems: Problem[]): Promise<number> {
  const { row } = await create(kernel, {
    noun: 'targetList', commandId: `demo/list/${name}`, actor: owner,
    values: { ownerId: owner.userId!, wikiId: first.id, name, format: 'lines', source: null, revision: 1, targets: pages.length, problemCount: problems.length, used: false },
    also: async (client, id) => {
      await client.query(
        `insert into target_list_revision (list_id, revision, format, targets, problem_count, user_id, at_ms) select id, 1, format, targets, problem_count, owner_id, created_at_ms from target_list where id = $1`, [id]);
      await client.query(
        'insert into target_list_page (list_id, revision, position, wiki_id, page) select $1, 1, position, wiki_id, page from unnest($2::int[], $3::text[]) with ordinality as line (wiki_id, page, position)',
        [id, pages.map(([wikiId]) => wikiId), pages.map(([, page]) => page)]);
      await client.query(
        'insert into target_list_problem (list_id, revision, position, line, text, code) select $1, 1, p.line, p.line, p.text, p.code from unnest($2::int[], $3::text[], $4::text[]) p(line, text, code)',
        [id, problems.map(([line]) => line), problems.map(([, text]) => text), problems.map(([, , code]) => code)]);
    },
  });
  return row.id;
}
