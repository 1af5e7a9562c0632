/** /public/target-lists/:id: what a list held at any revision, its bad lines, its history, what changed between two, and which sends used it. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError } from '../../config/errors';
import { readPage } from '../../db/queries/page';
import { readRevision, type ListRevision } from '../../db/queries/target-list-revisions';
import { readLines, readProblems } from '../../db/queries/target-lists';
import { visitor } from '../../policies/actor';
import type { Api } from '../context';
import { compareRevisions, listRevisions } from '../routes/target-list-revisions';
import { readTargetList } from '../routes/target-lists';
import { idOf } from '../verbs';
import { message, table } from './codex';
import { sendPublic, type Frame } from './frame';
import { html, type Html } from './html';
import { wordsFor, type Words } from './language';
import { anybody, given, givenNumber, KEEP_S } from './public-reader';

type List = Awaited<ReturnType<typeof readTargetList>>;
type Problem = Awaited<ReturnType<typeof readProblems>>[number];

const PAGE = 500;
const PROBLEMS = 500;
const REVISIONS = 20;
const USES = 20;

export const showPublicList = (api: Api): RequestHandler => async (req, res) => {
  const list = await readTargetList(api, anybody(req), idOf(String(req.params.id)));
  const [from, to] = [givenNumber(req, 'from'), givenNumber(req, 'to')];
  await (from !== undefined && to !== undefined ? drawChanges(api, req, res, list, from, to) : drawRevision(api, req, res, list));
};

async function drawRevision(api: Api, req: Request, res: Response, list: List): Promise<void> {
  const words = wordsFor(req);
  const { say, link, time } = words;
  const number = givenNumber(req, 'revision') ?? list.revision;
  const [after, history] = [givenNumber(req, 'after') ?? 0, given(req, 'history')];
  const here = `/public/target-lists/${list.id}`;
  const revision = await readRevision(api.kernel, list.id, number);
  if (!revision) throw new ReeveError('not-found');
  const [lines, problems, revisions, uses] = await Promise.all([
    readLines(api.kernel, list.id, number, after, PAGE + 1),
    after ? [] : readProblems(api.kernel, list.id, number, 0, PROBLEMS),
    listRevisions(api, anybody(req), list.id, { limit: REVISIONS, cursor: history }),
    usesOf(api, list.id),
  ]);
  const shown = lines.slice(0, PAGE);
  await sendPublic(req, res, frameOf(words, list), html`
<h1><bdi>${list.name}</bdi></h1>
<p>${say('public.list.revision', html`${number}`, html`<bdi>${revision.userName}</bdi>`, time(revision.atMs), revision.targets)}${revision.source !== null && html` ${say('public.list.read-from', html`<bdi>${revision.source}</bdi>`)}`}</p>
${number !== list.revision && message('notice', say('public.list.older', html`<a href="${link(here)}">${say('public.list.newest')}</a>`, html`<a href="${link(`${here}?from=${number}&to=${list.revision}`)}">${say('public.list.since')}</a>`))}
${problems.length > 0 && message('warning', badLines(words, problems, revision.problemCount))}
${shown.length > 0 && table(say('public.list.pages'), [{ name: say('target.field.page') }, { name: say('delivery.field.target-wiki') }], shown.map(({ page, wiki }) => [html`<bdi>${page}</bdi>`, html`<bdi>${wiki}</bdi>`]))}
${lines.length > PAGE && html`<nav class="pages" aria-label="${words.text('public.pager')}"><a href="${link(`${here}?revision=${number}&after=${shown.at(-1)!.position}`)}" rel="next">${say('public.more')}</a></nav>`}
${revisionTable(words, here, number, revisions.items)}
${revisions.next && html`<nav class="pages" aria-label="${words.text('public.list.history')}"><a href="${link(`${here}?revision=${number}&history=${encodeURIComponent(revisions.next)}`)}">${say('public.older')}</a></nav>`}
${uses.length > 0 && html`<h2>${say('public.list.uses')}</h2><ul>${uses.map(({ id, subject }) => html`<li><a href="${link(`/public/deliveries/${id}`)}"><bdi>${subject}</bdi></a></li>`)}</ul>`}`);
}

const revisionTable = (words: Words, here: string, present: number, revisions: Awaited<ReturnType<typeof listRevisions>>['items']): Html => table(
  words.say('public.list.history'),
  [{ name: words.say('targetList.field.revision') }, { name: words.say('targetList.field.by') }, { name: words.say('targetList.field.at') }, { name: words.say('targetList.field.targets'), number: true }, { name: words.say('targetList.field.changes') }],
  revisions.map(({ revision, by, at, targets, revertedTo }) => [
    revision === present ? html`<strong aria-current="true">${revision}</strong>` : html`<a href="${words.link(`${here}?revision=${revision}`)}">${revision}</a>`,
    html`<bdi>${by.name}</bdi>`, words.time(at), words.number(targets),
    html`${revision > 1 ? html`<a href="${words.link(`${here}?from=${revision - 1}&to=${revision}`)}">${words.say('public.list.compare', html`${revision - 1}`)}</a>` : html`–`}${revertedTo !== null && html` <span class="subtle">${words.say('public.list.reverted', html`${revertedTo}`)}</span>`}`,
  ]),
);

async function drawChanges(api: Api, req: Request, res: Response, list: List, from: number, to: number): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  const here = `/public/target-lists/${list.id}`;
  const { added, removed, items, ...rest } = await compareRevisions(api, anybody(req), list.id, { from, to, limit: PAGE, cursor: given(req, 'cursor') });
  const next = 'next' in rest ? rest.next : undefined;
  const revision = (n: number): Html => html`<a href="${link(`${here}?revision=${n}`)}">${say('public.list.of-revision', html`${n}`)}</a>`;
  await sendPublic(req, res, { ...frameOf(words, list), title: `${words.text('public.list.changes')} · ${list.name}` }, html`
<h1><bdi>${list.name}</bdi></h1>
<p>${say('public.list.between', revision(from), revision(to), removed, added)}</p>
${items.length > 0 && table(say('public.list.changes'), [{ name: say('target.field.page') }, { name: say('delivery.field.target-wiki') }], items.map(({ change, page, wiki }) => [
  change === 'added' ? html`<ins><span aria-hidden="true">+ </span><span class="visually-hidden">${say('public.list.added')} </span><bdi>${page}</bdi></ins>` : html`<del><span aria-hidden="true">− </span><span class="visually-hidden">${say('public.list.removed')} </span><bdi>${page}</bdi></del>`,
  html`<bdi>${wiki}</bdi>`,
]))}
${next && html`<nav class="pages" aria-label="${words.text('public.pager')}"><a href="${link(`${here}?from=${from}&to=${to}&cursor=${encodeURIComponent(next)}`)}" rel="next">${say('public.more')}</a></nav>`}`);
}

const frameOf = (words: Words, { name }: List): Frame => ({ title: name, words, trail: [[words.say('public.log.title'), '/public/log']], keepS: KEEP_S });

const badLines = ({ say, code }: Words, problems: Problem[], all: ListRevision['problemCount']): Html => html`<details><summary>${say('public.list.bad-lines', all)}</summary>
<ul>${problems.map((one) => html`<li>${say('public.list.line', html`${one.line}`, html`<bdi>${one.text}</bdi>`, html`${code('line', one.code)}`)}</li>`)}</ul></details>`;

/** The newest sends that went to it, of those that everybody may see. */
async function usesOf({ kernel }: Api, listId: number): Promise<{ id: number; subject: string }[]> {
  const { rows } = await readPage<{ id: number; subject: string }>(kernel, { noun: 'delivery', actor: visitor, limit: USES, where: [['exists (select 1 from delivery_list l where l.delivery_id = t.id and l.list_id = ?)', listId]] });
  return rows;
}
