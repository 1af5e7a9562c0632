/** What the door checks about deliveries: that there is a message, that every target stands where its sender may send, and may send unreviewed. */
import type pg from 'pg';
import { ReeveError, fault, fieldError } from '../../config/errors';
import { holds, type Actor } from '../../policies/actor';
import { may } from '../../policies';
import type { Delivery } from '../entities/delivery';
import { readTexts, type DeliveryText, type TestMessage } from '../queries/delivery-texts';
import type { Fact } from './index';

export const deliveryFacts: Record<string, Fact<Delivery>> = {
  async submit(kernel, row, actor, input, nowMs) {
    if (row.state !== 'draft') return {};
    const [source] = checkTexts(row, input);
    refuse([...missing(row, source), ...late(row.sendAtMs, nowMs)]);
    return checkReach(kernel.pool, row, actor);
  },
  async reschedule(_kernel, _row, _actor, { sendAtMs }, nowMs) {
    refuse(late(sendAtMs as number | null, nowMs));
    return {};
  },
  /** Else a test would be a way around the approval; so it sends what was looked at here, whatever becomes of the draft until then. */
  async test(kernel, row, actor, { wikiId, page, ...input }) {
    const texts = row.state === 'draft' ? checkTexts(row, input) : await readTexts(kernel.pool, row.id);
    if (row.state === 'draft') refuse(missing(row, texts[0]));
    if (!may(actor, 'send', 'delivery', { wikiId, channel: row.channel }).allowed) throw fieldError('/page', 'policy.forbidden', 'Only who may send there unreviewed may test there; the preview shows the message, too.');
    const { wikiId: home, channel, subject, body, page: source, subjectSection, bodySection } = row;
    const message: TestMessage = { wikiId: home, channel, subject, body, page: source, subjectSection, bodySection, texts };
    return { wikiId, page, message };
  },
};

/** Nobody would see anything of it: blanks, and marks that only steer what stands beside them. */
export const isEmpty = (text: string): boolean => !/[^\s\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(text);

/** What a message lacks, that of its page counted in. */
export const missing = (row: Pick<Delivery, 'subject' | 'body'>, source?: Pick<DeliveryText, 'subject' | 'body'>) => [
  ...(!isEmpty(row.subject) || (source && !isEmpty(source.subject)) ? [] : [fault('/subject', 'delivery.no-subject')]),
  ...(!isEmpty(row.body) || (source && !isEmpty(source.body)) ? [] : [fault('/body', 'delivery.no-body')]),
];

/** An instant that is over was mistyped: thousands of pages would get the message at once. A minute's grace, as people's clocks differ. */
export const late = (sendAtMs: number | null, nowMs: number) => (sendAtMs !== null && sendAtMs < nowMs - 60_000 ? [fault('/sendAt', 'delivery.send-past')] : []);

function refuse(errors: ReturnType<typeof fault>[]): void {
  const [first] = errors;
  if (first) throw new ReeveError(first.code, first.detail, { errors });
}

/** What was read of a page belongs to the delivery as it was then. */
function checkTexts(row: Delivery, { texts = [], textsOf }: { texts?: DeliveryText[]; textsOf?: number }): DeliveryText[] {
  if (textsOf !== undefined && textsOf !== row.version) throw new ReeveError('conflict', 'It was changed while the wiki was being asked: try again.');
  if (row.page !== null && !texts.length) throw new ReeveError('unavailable', 'Its page has not been read.');
  return texts;
}

/** Where the delivery's lists lead, as pinned or else as they stand. Asked again when they are pinned: a list may have changed in between. */
export async function checkReach(db: Pick<pg.ClientBase, 'query'>, row: Pick<Delivery, 'id' | 'wikiId' | 'channel'>, actor: Actor): Promise<{ maySend: boolean }> {
  const { rows } = await db.query<{ lists: number; wikis: number[] }>(
    `select count(distinct l.list_id)::int as lists,
            coalesce(array_agg(distinct p.wiki_id) filter (where p.wiki_id is not null), '{}') as wikis
     from delivery_list l join target_list t on t.id = l.list_id
     left join lateral (
       -- the distinct wikis of a list, by skipping from one to the next instead of reading every line
       with recursive w as (
         (select wiki_id from target_list_page where list_id = t.id and revision = coalesce(l.revision, t.revision) order by wiki_id limit 1)
         union all
         select (select wiki_id from target_list_page where list_id = t.id and revision = coalesce(l.revision, t.revision) and wiki_id > w.wiki_id order by wiki_id limit 1)
         from w where w.wiki_id is not null
       ) select wiki_id from w where wiki_id is not null
     ) p on true
     where l.delivery_id = $1`,
    [row.id],
  );
  const { lists, wikis } = rows[0]!;
  if (!lists) throw fieldError('/listIds', 'delivery.no-list');
  const reach = wikis.length ? wikis : [row.wikiId];
  // A local sender never reaches another wiki, reviewed or not: an error before the send, never a silent drop.
  const foreign = reach.filter((wikiId) => wikiId !== row.wikiId && !may(actor, 'send', 'delivery', { wikiId, channel: 'page' }).allowed);
  if (foreign.length && holds(actor, 'sender')) {
    const hosts = await db.query<{ host: string }>('select host from wiki where id = any($1) order by host', [foreign]);
    throw new ReeveError('delivery.foreign-target', undefined, {
      errors: hosts.rows.map(({ host }) => ({ pointer: '/listIds', code: 'delivery.foreign-target', detail: `A target stands on ${host}, where you may not send.` })),
    });
  }
  return { maySend: reach.every((wikiId) => may(actor, 'send', 'delivery', { wikiId, channel: row.channel }).allowed) };
}
