/** Effects of account requests that are rows: mails to the requester, comments, and what is left when all of it is erased. */
import { ReeveError } from '../../config/errors';
import type { Request } from '../entities/request';
import { requestMail } from '../queries/mails';
import { pausedAt } from '../queries/pauses';
import type { Writer } from './index';

const mailConfirmation: Writer = ({ client, row }) => requestMail(client, row.id, 'confirm');

/** Where there is something to tell. */
const mailOutcome: Writer = async ({ client, row, input }) => {
  const { outcome } = row as Request;
  if (outcome === 'none') return;
  await client.query('update request set answer = $2 where id = $1', [row.id, (input.text as string | undefined) ?? null]);
  await requestMail(client, row.id, 'answer');
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

/** It is taken back only because the wiki's switch holds it up: lifted at this very instant, the making goes on (beginAttempt waits for the same lock). */
const needHeld: Writer = async ({ client, row, params }) => {
  const { wikiId } = row as Request;
  if ((await pausedAt(client, { wikiId, mode: params.mode as Request['mode'] }, 'for share')) === null) throw new ReeveError('verb.refused', 'It is no longer held up.');
};

export const requestWriters: Record<string, Writer> = { mailConfirmation, mailOutcome, addComment, eraseRequest, needHeld };
