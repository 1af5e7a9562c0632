/** Sends that are public, as they stand once wikis have answered: made through the API, with a ledger of every outcome. */
import { doVerb } from '../../api/verbs';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import type { TestApi, TestPerson } from '../support/api';

export interface Send {
  id: number;
  list: number;
}

/** @param more counters and rows beyond the three that are always there: one skipped, one failed, one unknown. */
export async function publicSend(test: TestApi, sender: TestPerson, wiki: { id: number; host: string }, subject: string, more: { sent?: number; total?: number } = {}): Promise<Send> {
  const script = await test.script(sender, ['all']);
  const made = await script.post('/api/target-lists', { name: `Readers of ${subject}`, wiki: wiki.host, content: 'User talk:A\nUser talk:B\nBad[line' });
  const list: number = made.body.id;
  const delivery = await script.post('/api/deliveries', { wiki: wiki.host, listIds: [list], subject, body: 'World & <b>more</b> ~~~~' });
  const id: number = delivery.body.id;
  await script.post(`/api/deliveries/${id}/submit`, {});
  await doVerb(test.api, { actor: system }, 'delivery', id, 'expanded');
  const { sent = 0, total = sent + 3 } = more;
  await test.sql(
    `insert into target (delivery_id, wiki_id, page, asked, outcome, code, at_ms, revision_id)
     select $1::int, $2::int, 'User talk:Reader ' || n, null, 'sent', null, 1, n from generate_series(1, $3::int) n
     union all select $1, $2, 'User talk:Gone', null, 'skipped', 'nouser', 1, null
     union all select $1, $2, 'Project:Rules', 'WP:R', 'failed', 'protectedpage', 1, null
     union all select $1, $2, 'Talk:Odd', null, 'unknown', 'hidden-contributions', 1, null`, [id, wiki.id, sent]);
  await test.sql('insert into delivery_wiki (delivery_id, wiki_id, total, sent, skipped, failed, unknown) values ($1, $2, $3, $4, 1, 1, 1)', [id, wiki.id, total, sent]);
  return { id, list };
}

export const needAttention = (test: TestApi, { id }: Send, host: string): Promise<unknown> => create(test.api.kernel, {
  noun: 'operation', actor: system,
  values: { workflowId: `delivery/${id}/${host}`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${id}`, wiki: host, code: 'wiki.readonly', attempts: 5, skippable: true, detail: 'private words' },
});
