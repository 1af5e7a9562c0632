/** Effects of deliveries that are rows of their own: which revision of a list and of a page is sent, and how an unknown target is settled. */
import { ReeveError } from '../../config/errors';
import type { Delivery } from '../entities/delivery';
import { writeTexts, type DeliveryText } from '../queries/delivery-texts';
import { checkReach } from '../facts/delivery';
import type { Writer } from './index';

/** What was submitted is what is sent. */
const pinLists: Writer = async ({ client, row, actor }) => {
  if ((row as Delivery).testOf !== null) return; // a test has its one page
  await client.query(
    `with pinned as (
       update delivery_list l set revision = t.revision from target_list t where l.delivery_id = $1 and t.id = l.list_id returning t.id
     ) update target_list set used = true from pinned where target_list.id = pinned.id and not used`,
    [row.id],
  );
  // What is pinned may be newer than what the door has looked at.
  const { maySend } = await checkReach(client, row as Delivery, actor);
  if (row.state === 'approved' && !maySend) throw new ReeveError('conflict', 'A list got other pages meanwhile: submit again.');
};

const unpinLists: Writer = async ({ client, row }) => {
  await client.query('update delivery_list set revision = null where delivery_id = $1', [row.id]);
};

/** As the door has read them; a test is made with its texts, and has none here. */
const pinTexts: Writer = async ({ client, row, input }) => {
  if (input.texts) await writeTexts(client, row.id, input.texts as DeliveryText[]);
};

/** A person says what became of a target that the wiki could not tell about. */
const settleTarget: Writer = async ({ client, row, atMs, input }) => {
  const { target, as } = input as { target: number; as: 'sent' | 'failed' | 'pending' };
  const outcome = as === 'pending' && row.state === 'cancelled' ? 'cancelled' : as;
  const counter = { sent: 'sent = sent + 1,', failed: 'failed = failed + 1,', cancelled: 'cancelled = cancelled + 1,', pending: '' }[outcome];
  const { rowCount } = await client.query(
    `with settled as (
       update target set outcome = $3, code = 'settled', at_ms = $4, slot = null, fence = null, again = $3 = 'pending', given_away = false
       where id = $2 and delivery_id = $1 and outcome = 'unknown' returning wiki_id
     ) update delivery_wiki w set ${counter} unknown = unknown - 1 from settled where w.delivery_id = $1 and w.wiki_id = settled.wiki_id`,
    [row.id, target, outcome, atMs],
  );
  if (rowCount !== 1) throw new ReeveError('delivery.not-unknown');
};

export const deliveryWriters: Record<string, Writer> = { pinLists, unpinLists, pinTexts, settleTarget };
