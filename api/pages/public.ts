/**
 * /public/…: what was sent, to whom, and what became of it, for everybody. No session is read or shown: a machine in a
 * workshop is often signed in as somebody. The comment under each message leads to its list here.
 */
import type { Request, RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { readRevision } from '../../db/queries/target-list-revisions';
import { readLines, readProblems } from '../../db/queries/target-lists';
import { visitor } from '../../policies/actor';
import { askingOf, type Api, type Caller } from '../context';
import { readPublicLog } from '../routes/public-log';
import { readTargetList } from '../routes/target-lists';
import { idOf } from '../verbs';
import { count, message, number, table, time } from './blocks';
import { deliveryChip } from './chips';
import { drawDelivery } from './delivery';
import { html, type Html } from './html';
import { sendPage } from './layout';
import { lineWords } from './words';

const LOG_PAGE = 20;
const LIST_PAGE = 1_000;

const anybody = (req: Request): Caller => ({ actor: visitor, requestId: askingOf(req).requestId });

/** A page of the log, or of a list, begins after this; whatever is none means the beginning. */
const given = (req: Request, name: string): string | undefined => (typeof req.query[name] === 'string' ? (req.query[name] as string) : undefined);

export const showPublicLog = (api: Api): RequestHandler => async (req, res) => {
  const wiki = given(req, 'wiki');
  const { items, next } = await readPublicLog(api, { limit: LOG_PAGE, cursor: given(req, 'cursor'), wiki });
  sendPage(req, res, { title: 'Messages sent', open: true, here: '/public/log' }, html`
<h1>Messages sent</h1>
${items.length === 0 && html`<p class="subtle">Nothing was sent${wiki && html` from <bdi>${wiki}</bdi>`} yet.</p>`}
${items.map((one) => html`<section><h2><a href="/public/deliveries/${one.id}"><bdi>${one.subject}</bdi></a> ${deliveryChip(one.state, one.counts)}</h2>
<p><bdi>${one.sender.name}</bdi>, from <a href="/public/log?wiki=${encodeURIComponent(one.wiki)}"><bdi>${one.wiki}</bdi></a>${one.startedAt && html`, ${time(Date.parse(one.startedAt))}`}: ${number(one.counts.sent)} sent, ${number(one.counts.skipped)} skipped, ${number(one.counts.failed)} failed.${one.testOf && html` A test.`}</p></section>`)}
${next && html`<p><a href="/public/log?${new URLSearchParams({ ...(wiki && { wiki }), cursor: next }).toString()}" rel="next">Older</a></p>`}`);
};

export const showPublicDelivery = (api: Api): RequestHandler => (req, res) => drawDelivery(api, req, res, idOf(String(req.params.id)), { caller: anybody(req) });

export const showPublicList = (api: Api): RequestHandler => async (req, res) => {
  const list = await readTargetList(api, anybody(req), idOf(String(req.params.id)));
  const wanted = Number(given(req, 'revision') ?? list.revision);
  const after = Number(given(req, 'after') ?? 0);
  if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > 2_147_483_647 || !Number.isSafeInteger(after) || after < 0) throw new ReeveError('not-found');
  const revision = await readRevision(api.kernel, list.id, wanted);
  if (!revision) throw new ReeveError('not-found');
  const [lines, problems] = await Promise.all([
    readLines(api.kernel, list.id, wanted, after, LIST_PAGE + 1),
    after ? [] : readProblems(api.kernel, list.id, wanted, 0, LIST_PAGE),
  ]);
  const shown = lines.slice(0, LIST_PAGE);
  sendPage(req, res, { title: list.name, open: true, trail: [['Messages sent', '/public/log']] }, html`
<h1><bdi>${list.name}</bdi></h1>
<p>Revision ${wanted}${wanted !== list.revision && html` (<a href="/public/target-lists/${list.id}">the newest is ${list.revision}</a>)`}, by <bdi>${revision.userName}</bdi>, ${time(revision.atMs)}: ${count(revision.targets, 'page')}${revision.source && html`, read from <bdi>${revision.source}</bdi>`}.</p>
${problems.length > 0 && badLines(problems, revision.problemCount)}
${shown.length > 0 && table('Pages', [{ name: 'Page' }, { name: 'Wiki' }], shown.map(({ page, wiki }) => [html`<bdi>${page}</bdi>`, html`<bdi>${wiki}</bdi>`]))}
${lines.length > LIST_PAGE && html`<p><a href="/public/target-lists/${list.id}?revision=${wanted}&amp;after=${shown.at(-1)!.position}" rel="next">More</a></p>`}`);
};

const badLines = (problems: { line: number; text: string; code: string }[], all: number): Html =>
  message('warning', html`<details><summary>Which</summary><ul>${problems.map(({ line, text, code }) => html`<li>Line ${line}: <bdi>${text}</bdi> – ${lineWords(code)}</li>`)}</ul></details>`, `${count(all, 'line')} cannot be used`);
