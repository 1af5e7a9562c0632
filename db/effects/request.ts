/** Effects of account requests that are rows: mails to the requester, comments, and what is left when all of it is erased. */
import type { Request } from '../entities/request';
import { requestMail } from '../queries/mails';
import type { Writer } from './index';

const mailConfirmation: Writer = ({ client, row }) => requestMail(client, row.id, 'confirm');

/** Where there is something to tell. */
const mailOutcome: Writer = async ({ client, row, input }) => {
  const { outcome } = row as Request;
  if (outcome === 'none') return;
  await client.query('update request set answer = $2 where id = $1', [row.id, (input.text as string | undefined) ?? null]);
  await requestMail(client, row.id, 'answer');
};

/** Which bans it has hit, beside what they brought about. */
const recordBans: Writer = async ({ client, row, atMs, params }) => {
  await client.query('insert into request_ban (request_id, ban_id, at_ms) select $1, ban, $3 from unnest($2::int[]) ban on conflict do nothing', [row.id, params.bans, atMs]);
};

const addComment: Writer = async ({ client, row, actor, atMs, input }) => {
  await client.query('insert into request_comment (request_id, user_id, visibility, text, at_ms) values ($1, $2, $3, $4, $5)', [row.id, actor.userId, input.visibility, input.text, atMs]);
};

/** The row stays, so that whatever names it still finds it; what it said of a person is gone. The name went public with the account. */
const eraseRequest: Writer = async ({ client, row }) => {
  const { outcome, name } = row as Request;
  await client.query(`update request set email = '', ip = null, forwarded = null, user_agent = null, comment = '', answer = null, name = $2 where id = $1`, [row.id, outcome === 'created' ? name : '']);
  await client.query('update request_comment set text = null where request_id = $1', [row.id]);
};

export const requestWriters: Record<string, Writer> = { mailConfirmation, mailOutcome, recordBans, addComment, eraseRequest };
