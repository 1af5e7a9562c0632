/** Effects of account requests that are rows: mails to the requester, comments, and what is left when all of it is erased. */
import { ReeveError } from '../../config/errors';
import { erased } from '../erasures';
import type { Request } from '../entities/request';
import type { Template } from '../entities/template';
import { requestMail, type Said } from '../queries/mails';
import { mayBeMade, pausedAt } from '../queries/pauses';
import { filledIn, textFor } from '../template-text';
import type { EffectCall, Writer } from './index';

const mailConfirmation: Writer = ({ client, row }) => requestMail(client, row.id, 'confirm');

/** Where there is something to tell. */
const mailOutcome: Writer = async ({ client, row, atMs, input }) => {
  const { outcome, takeBackUntilMs } = row as Request;
  if (outcome === 'none') return;
  const said = await saidIn(client, row as Request, input);
  await client.query('update request set answer = $2 where id = $1', [row.id, said.text]);
  await requestMail(client, row.id, 'answer', { ...said, unseen: whereabouts(row as Request), holdMs: Math.max(0, (takeBackUntilMs ?? 0) - atMs) });
};

/** What a requester is told on the way to another queue, if anything. */
const mailNote: Writer = async ({ client, row, input }) => {
  if (input.template !== undefined) await requestMail(client, row.id, 'note', { ...(await saidIn(client, row as Request, input)), unseen: whereabouts(row as Request) });
};

/** The mail and the sender's giving it away are each one statement on its row: one of the two comes first. @throws ReeveError request.mail-sent */
const recallMail: Writer = async ({ client, row }) => {
  const { rowCount } = await client.query(
    `update mail set outcome = 'cancelled', code = 'mail.taken-back', fence = fence + 1, settled_at = clock_timestamp()
     where id = (select max(id) from mail where request_id = $1 and kind = 'answer') and outcome in ('pending', 'attempting') and not given_away`, [row.id]);
  if (rowCount !== 1) throw new ReeveError('request.mail-sent');
  await client.query(`update mail set outcome = 'cancelled', code = 'mail.taken-back', fence = fence + 1, settled_at = clock_timestamp() where request_id = $1 and kind = 'copy' and outcome = 'pending'`, [row.id]);
  await client.query('update request set answer = null where id = $1', [row.id]);
};

/** What was typed, else the template's text as it is now, in the requester's language. */
async function saidIn(client: EffectCall['client'], { name, language, id, wikiId }: Request, input: Record<string, unknown>): Promise<Said> {
  const text = (input.text as string | undefined) || null;
  if (input.template === undefined) return { text, templateId: null, templateVersion: null };
  const { rows } = await client.query<Pick<Template, 'id' | 'version' | 'languages' | 'texts' | 'copyTo'> & { host: string }>('select t.id, t.version, t.languages, t.texts, t.copy_to as "copyTo", w.host from template t, wiki w where t.id = $1 and w.id = $2', [input.template, wikiId]);
  const [template] = rows;
  return { text: text ?? filledIn(textFor(template!, language).text, { name, wiki: template!.host, request: String(id) }), templateId: template!.id, templateVersion: template!.version, copyTo: template!.copyTo };
}

/** Those who get a copy are not told where the requester is to be found. */
const whereabouts = ({ email, ip }: Request): (string | null)[] => [email, ip];

/** Which bans it has hit, beside what they brought about. */
const recordBans: Writer = async ({ client, row, atMs, params }) => {
  await client.query('insert into request_ban (request_id, ban_id, at_ms) select $1, ban, $3 from unnest($2::int[]) ban on conflict do nothing', [row.id, params.bans, atMs]);
};

const addComment: Writer = async ({ client, row, actor, atMs, input }) => {
  await client.query('insert into request_comment (request_id, user_id, visibility, text, at_ms) values ($1, $2, $3, $4, $5)', [row.id, actor.userId, input.visibility, input.text, atMs]);
};

/** The row stays, so that whatever names it still finds it; what it said of a person is gone. */
const eraseRequest: Writer = async ({ client, row }) => {
  await client.query(`update request set ${erased('request')} where id = $1`, [row.id]);
  await client.query('update request_comment set text = null, flagged_at_ms = null where request_id = $1', [row.id]);
  await client.query('update mail set text = null where request_id = $1', [row.id]);
  await client.query(`update audit_reason set text = null, salt = null where id in (select reason_id from audit where noun = 'request' and entity = $1)`, [row.id]);
};

/**
 * Either the account is made or it is taken back. A try begins under the lock of the wiki's row (beginAttempt); under the same
 * one it is seen whether one has begun, and whether what holds the making up after its time still does: the wiki's switch,
 * lifted at this very instant, lets it go on; a sign-in is this row's own.
 */
const needUntried: Writer = async ({ client, row, atMs, params }) => {
  const { mode, signInAskedAtMs, takeBackUntilMs } = params as Pick<Request, 'mode' | 'signInAskedAtMs' | 'takeBackUntilMs'>;
  const pausedAtMs = await pausedAt(client, { wikiId: (row as Request).wikiId, mode }, 'for share');
  if (await mayBeMade(client, { id: row.id, takeBackUntilMs }, atMs)) throw new ReeveError('request.being-made');
  if (atMs >= takeBackUntilMs! && signInAskedAtMs === null && pausedAtMs === null) throw new ReeveError('verb.refused', 'It is no longer held up.');
};

export const requestWriters: Record<string, Writer> = { mailConfirmation, mailOutcome, mailNote, recallMail, recordBans, addComment, eraseRequest, needUntried };
