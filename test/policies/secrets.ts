/**
 * Whose eyes each private value in a database is for, by the hand-written oracle alone: the book beside which every answer
 * of the API is held. For answers.ts; answers.test.ts sees to it that no private column is without a line here.
 */
import { fromRow } from '../../db/columns';
import type { Kernel } from '../../db/kernel';
import type { Actor } from '../../policies/actor';
import { MARK } from './community';
import { mayByTheBook } from './oracle';

/** `mark` is all that is looked for: a row's own, or the value itself where it opens something. */
export interface Secret {
  /** `<table>.<column>` */
  where: string;
  mark: string;
  mayRead(actor: Actor): boolean;
  /** Only answers of addresses that end so show it. */
  by?: string;
}
type Row = Record<string, any>;
type Reads = ((actor: Actor, row: Row) => boolean) & { by?: string };

const nobody: Reads = () => false;
const reads = (noun: string, field?: string): Reads => (actor, row) => mayByTheBook(actor, 'read', noun, row) && mayByTheBook(actor, 'read', noun, row, field);
const wholeLog = (actor: Actor): boolean => mayByTheBook(actor, 'read', 'audit', {});
/** Also beside a request that stands in it. */
const queueNames: Reads = (actor, row) => reads('queue')(actor, row) || mayByTheBook(actor, 'read', 'request', { eventId: 1, state: 'open', queue: row.key, escalatedAtMs: null });
/** Whoever looks after what came by an event knows which one it is. */
const titleOfEvent: Reads = (actor, row) => reads('event', 'title')(actor, row) || mayByTheBook(actor, 'read', 'request', { eventId: row.id, state: 'open', queue: 'event', escalatedAtMs: null, confirmedAtMs: 1 });
const revealed: Reads = Object.assign((actor: Actor, row: Row) => mayByTheBook(actor, 'reveal', 'request', row), { by: '/reveal' });
/** Organizers read what organizers wrote; some comments are for admins and checkusers only. */
const comment: Reads = (actor, row) => {
  const holds = (...roles: string[]): boolean => actor.grants.some(({ role }) => roles.includes(role));
  if (!reads('request', 'comment')(actor, row)) return false;
  if (row.visibility === 'checkuser') return holds('checkuser');
  if (row.visibility === 'admin') return holds('toolAdmin', 'admin', 'checkuser');
  return holds('toolUser', 'toolAdmin', 'admin', 'checkuser') || row.organizerIds.includes(row.userId);
};
const ofRequest = 'select r.*, x.text, x.visibility, x.user_id, e.organizer_ids from request_comment x join request r on r.id = x.request_id left join event e on e.id = r.event_id';
/** A row of a thing's own is for who reads the thing. */
const ofDelivery = 'select x.*, d.id, d.sender_id, d.state, d.started_at_ms, d.channel, d.wiki_id from %s x join delivery d on d.id = x.delivery_id';
const ofList = 'select x.*, l.id, l.owner_id, l.used from %s x join target_list l on l.id = x.list_id';
const ofThing = `select a.*, r.text, coalesce(d.sender_id, l.owner_id, m.user_id, k.user_id, u.id) as concerns
  from audit a left join audit_reason r on r.id = a.reason_id left join delivery d on a.noun = 'delivery' and d.id = a.entity left join target_list l on a.noun = 'targetList' and l.id = a.entity
  left join membership m on a.noun = 'membership' and m.id = a.entity left join key k on a.noun = 'key' and k.id = a.entity left join "user" u on a.noun = 'user' and u.id = a.entity`;

/** `<table>` → how its rows are read, and each column's readers. */
const book: [table: string, sql: string, columns: Record<string, Reads>][] = [
  ['user', 'select * from "user"', { email: reads('user', 'email'), passwordHash: nobody }],
  ['wiki', 'select * from wiki', { botUser: reads('wiki', 'botUser'), botPassword: nobody, footer: reads('wiki', 'footer'), welcome: reads('wiki', 'welcome'), oauthClientId: reads('wiki', 'oauthClientId'), oauthClientSecret: nobody }],
  ['membership', 'select * from membership', Object.fromEntries(['note', 'vouchedBy', 'officialEmail', 'appeal'].map((name) => [name, reads('membership', name)]))],
  ['key', 'select * from key', { label: reads('key', 'label'), hash: nobody }],
  ['target_list', 'select * from target_list', { name: reads('targetList'), source: reads('targetList') }],
  ...['target_list_revision.source', 'target_list_page.page', 'target_list_problem.text'].map((one): (typeof book)[number] => [one.split('.')[0]!, ofList.replace('%s', one.split('.')[0]!), { [one.split('.')[1]!]: reads('targetList') }]),
  ['delivery', 'select * from delivery', { subject: reads('delivery'), body: reads('delivery'), page: reads('delivery'), subjectSection: reads('delivery'), bodySection: reads('delivery') }],
  ['delivery_text', ofDelivery.replace('x.*', 'x.subject as text_subject, x.body as text_body, x.title').replace('%s', 'delivery_text'), { title: reads('delivery'), textSubject: reads('delivery'), textBody: reads('delivery') }],
  ['target', ofDelivery.replace('x.*', 'x.page, x.asked').replace('%s', 'target'), { page: reads('delivery'), asked: reads('delivery') }],
  ['delivery_wiki', ofDelivery.replace('x.*', 'x.trouble_detail').replace('%s', 'delivery_wiki'), { troubleDetail: nobody }],
  ['event', 'select * from event', { title: titleOfEvent, ...Object.fromEntries(['uuid', 'key', 'page', 'address', 'meetingUrl', 'topics', 'chatUrl', 'trackingTool'].map((name) => [name, reads('event', name)])) }],
  ['request', 'select * from request', { ...Object.fromEntries(['name', 'comment', 'questions', 'answers', 'answer'].map((name) => [name, reads('request', name)])), ...Object.fromEntries(['email', 'ip', 'forwarded', 'userAgent'].map((name) => [name, revealed])), network: nobody }],
  ['queue', 'select * from queue', { names: queueNames, uuid: reads('queue') }],
  ['form', 'select * from form', { name: reads('form'), draft: reads('form'), content: reads('form') }],
  ['ban', 'select * from ban', { pattern: reads('ban'), reason: reads('ban') }],
  ['template', 'select * from template', { title: reads('template'), texts: reads('template'), question: reads('template'), copyTo: reads('template', 'copyTo') }],
  ['request_comment', ofRequest, { text: comment }],
  ['operation', 'select * from operation', { detail: reads('operation') }],
  ['view', 'select * from view', { name: reads('view'), query: reads('view') }],
  // Why somebody decided about your thing is yours to know; which request it was, only who reads the whole log's.
  ['audit_reason', ofThing, { text: (actor, row) => wholeLog(actor) || (actor.userId !== null && row.concerns === actor.userId && mayByTheBook(actor, 'read', row.noun, owned(row))) }],
  ['audit', 'select * from audit', { requestId: wholeLog }],
  ['event_feed', "select encode(hash, 'hex') as hash from event_feed", { hash: nobody }],
  ['session', "select encode(hash, 'hex') as hash from session", { hash: nobody }],
  // Who decides about an application sees whose accounts at wikis are the applicant's.
  ['identity', 'select i.*, (select array_agg(m.role) from membership m where m.user_id = i.user_id) as roles from identity i', {
    name: (actor, { userId, roles }) => actor.userId === userId || roles.some((role: string) => mayByTheBook(actor, 'read', 'membership', { userId, role })),
  }],
  ['wiki_grant', 'select * from wiki_grant', { accessToken: nobody, refreshToken: nobody }],
  ['second_factor', 'select * from second_factor', { secret: nobody }],
  ['recovery_code', 'select * from recovery_code', { hash: nobody }],
];

/** A thing as its owner meets it. */
const owned = ({ noun, concerns }: Row): Row => ({ [{ delivery: 'senderId', targetList: 'ownerId', user: 'id' }[noun as string] ?? 'userId']: concerns });

export async function secretsOf({ pool }: Kernel): Promise<Secret[]> {
  const found: Secret[] = [];
  for (const [table, sql, columns] of book) {
    const { rows } = await pool.query(sql);
    for (const row of rows.map((one) => fromRow<Row>(one)))
      for (const [column, may] of Object.entries(columns))
        for (const mark of marksIn(row[column])) found.push({ where: `${table}.${column}`, mark, mayRead: (actor) => may(actor, row), ...(may.by && { by: may.by }) });
  }
  return [...found, ...(await namesOf(pool))];
}

/** A person's name is for those who may read the account, and for who reads what that person did in the open, or to their own things. */
async function namesOf(pool: Kernel['pool']): Promise<Secret[]> {
  const all = async (sql: string) => (await pool.query(sql)).rows.map((row) => fromRow<Row>(row));
  const [users, deliveries, lists, memberships, events, requests, comments, log] = [
    await all('select * from "user"'), await all('select * from delivery'), await all('select * from target_list'), await all('select * from membership'), await all('select * from event'), await all('select * from request'), await all(ofRequest), await all(ofThing),
  ];
  return users.map((user): Secret => ({
    where: 'user.name',
    mark: marksIn(user.name)[0]!,
    mayRead: (actor) =>
      actor.userId === user.id || mayByTheBook(actor, 'read', 'user', user) || wholeLog(actor) ||
      deliveries.some((row) => row.senderId === user.id && mayByTheBook(actor, 'read', 'delivery', row)) ||
      lists.some((row) => row.ownerId === user.id && mayByTheBook(actor, 'read', 'targetList', row)) ||
      events.some((row) => row.organizerIds.includes(user.id) && mayByTheBook(actor, 'read', 'event', row)) ||
      requests.some((row) => row.holderId === user.id && reads('request', 'holderId')(actor, row)) || comments.some((row) => row.userId === user.id && comment(actor, row)) ||
      memberships.some((row) => row.userId === user.id && mayByTheBook(actor, 'read', 'membership', row)) ||
      log.some((row) => row.noun === 'delivery' && row.verb === 'approve' && doer(row) === user.id && deliveries.some((one) => one.id === row.entity && reads('delivery', 'approver')(actor, one))) ||
      log.some((row) => row.concerns === actor.userId && actor.userId !== null && doer(row) === user.id),
  }));
}

const doer = ({ actor }: Row): number => Number(String(actor).split('/')[1]);

/** As they stand; of bytes, every way in which an answer might write them. */
function marksIn(value: unknown): string[] {
  if (Buffer.isBuffer(value)) return [value.toString('hex'), value.toString('base64'), value.toString('base64url')];
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return marksIn([JSON.stringify(value)]);
  return [value].flat().flatMap((one) => (typeof one === 'string' ? [...(one.match(MARK) ?? [])] : []));
}

export const isByMark = ({ mark }: Secret): boolean => new RegExp(`^${MARK.source}$`, 'i').test(mark);
