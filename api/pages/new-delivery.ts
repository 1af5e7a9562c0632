/** /deliveries/new: to whom, what, when; checked before anything is made. Without JavaScript; values are kept on errors. */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError, type FieldProblem } from '../../config/errors';
import type { Wiki } from '../../db/entities/wiki';
import { readPage } from '../../db/queries/page';
import { readHosts } from '../../db/queries/target-lists';
import { linesOf, readLine, type LineProblem } from '../../db/target-lines';
import { may } from '../../policies';
import { holds } from '../../policies/actor';
import type { Api, Caller } from '../context';
import { checkDelivery } from '../delivery-checks';
import { createDelivery, doDeliveryVerb } from '../routes/deliveries';
import { createTargetList } from '../routes/target-lists';
import { area, button, count, errorSummary, message, number, select, table } from './blocks';
import { messageFields } from './edit-delivery';
import { fieldsOf, instantOf, member, refusal, sender } from './forms';
import { html, type Html } from './html';
import { formMarks, sendPage } from './layout';
import { lineWords } from './words';

interface Checked {
  targets: { wikiId: number; page: string }[];
  perWiki: { host: string; pages: number }[];
  problems: LineProblem[];
  wrong: FieldProblem[];
  title?: string;
}

const SHOWN_PROBLEMS = 100;

export const showNewDelivery = (api: Api): RequestHandler => async (req, res) => {
  const wikis = await readWikis(api, member(req));
  form(req, res, wikis, { wiki: wikis[0]?.host ?? '' });
};

export const takeNewDelivery = (api: Api): RequestHandler => async (req, res) => {
  const caller = member(req);
  const fields = fieldsOf(req);
  const wikis = await readWikis(api, caller);
  const wiki = wikis.find(({ host }) => host === fields.wiki);
  if (!wiki) return form(req, res, wikis, fields, { ...nothing, wrong: [problem('/wiki', 'delivery.unknown-wiki', 'Choose a wiki.')] });
  const checked = await check(api, caller, wiki, wikis, fields);
  if (checked.wrong.length || fields.act === 'check') return form(req, res, wikis, fields, checked);
  try {
    res.redirect(303, await make(api, req, wiki, fields));
  } catch (error) {
    const { status, title, problems } = refusal(error);
    form(req, res, wikis, fields, { ...checked, wrong: problems, title }, status);
  }
};

/** @returns the next page: a message that looks odd stays a draft, whose preview says why. */
async function make(api: Api, req: Request, wiki: Wiki, { pages = '', subject = '', body = '', sendAt, act }: Record<string, string>): Promise<string> {
  const name = `${subject.trim().slice(0, 150)} – list`;
  const list = await createTargetList(api, sender(api, req, 'list', { wiki: wiki.host, name, pages }), { name, wiki: wiki.host, format: 'lines', content: pages });
  const said = { wiki: wiki.host, subject, body, sendAt: instantOf(sendAt, '/sendAt') };
  const delivery = await createDelivery(api, sender(api, req, 'delivery', said), { ...said, listIds: [list.id], page: null, subjectSection: null, bodySection: null });
  const page = `/deliveries/${delivery.id}`;
  if (act !== 'submit') return page;
  try {
    await doDeliveryVerb(api, sender(api, req, 'submit', {}), delivery.id, 'submit');
    return page;
  } catch (error) {
    if ((error as ReeveError).code !== 'delivery.unacknowledged') throw error;
    return `${page}/preview`;
  }
}

/** Everything that is wrong, at once; nothing is written. */
async function check(api: Api, caller: Caller, wiki: Wiki, wikis: Wiki[], { pages = '', subject = '', body = '', sendAt }: Record<string, string>): Promise<Checked> {
  const hosts = await readHosts(api.kernel, wiki.id, api.config.REEVE_HOST_ALIASES);
  const found = new Map<string, { wikiId: number; page: string }>();
  const problems: LineProblem[] = [];
  let line = 0;
  for await (const text of linesOf([pages])) {
    const read = readLine(text, ++line, hosts);
    if (read && 'page' in read) found.set(`${read.wikiId}|${read.page}`, { wikiId: read.wikiId, page: read.page });
    else if (read) problems.push(read);
  }
  const targets = [...found.values()];
  const perWiki = wikis.map(({ id, host }) => ({ host, pages: targets.filter(({ wikiId }) => wikiId === id).length })).filter((one) => one.pages > 0);
  const wrong: FieldProblem[] = targets.length ? [] : [problem('/pages', 'delivery.no-list', problems.length ? 'Not one line names a page.' : 'Name at least one page.')];
  wrong.push(...foreign(caller, wiki, wikis, targets));
  for (const work of [() => checkDelivery(api, caller, { subject, body }, wiki.id), () => instantOf(sendAt, '/sendAt')])
    try {
      await work();
    } catch (error) {
      wrong.push(...((error as ReeveError).more?.errors ?? []));
      if (!(error instanceof ReeveError)) throw error;
    }
  return { targets, perWiki, problems, wrong };
}

/** What `submit` would refuse (db/facts/delivery.ts), said before anything is made. */
function foreign({ actor }: Caller, wiki: Wiki, wikis: Wiki[], targets: { wikiId: number }[]): FieldProblem[] {
  if (!holds(actor, 'sender')) return [];
  return wikis
    .filter(({ id }) => id !== wiki.id && targets.some(({ wikiId }) => wikiId === id) && !may(actor, 'send', 'delivery', { wikiId: id }).allowed)
    .map(({ host }) => problem('/pages', 'delivery.foreign-target', `A page stands on ${host}, where you may not send.`));
}

const problem = (pointer: string, code: string, detail: string): FieldProblem => ({ pointer, code, detail });
const nothing: Checked = { targets: [], perWiki: [], problems: [], wrong: [] };

const readWikis = async ({ kernel }: Api, { actor }: Caller): Promise<Wiki[]> => (await readPage<Wiki>(kernel, { noun: 'wiki', actor, limit: 1_000, order: 'asc' })).rows;

function form(req: Request, res: Response, wikis: Wiki[], values: Record<string, string>, checked?: Checked, status?: number): void {
  const errorOf = (name: string) => checked?.wrong.find(({ pointer }) => pointer === `/${name}`)?.detail;
  const wrong = Boolean(checked?.wrong.length || checked?.title);
  sendPage(req, res, { title: 'New delivery', here: '/deliveries/new', status: status ?? (wrong ? 422 : 200) }, html`
<h1>New delivery</h1>
${wikis.length === 0 && message('warning', 'No wiki is configured yet. An admin adds one with `reeve wikis add`.')}
${wrong && errorSummary(checked!.title ?? 'Nothing was made yet', checked!.wrong, (pointer) => pointer.slice(1).split('/')[0])}
${checked && !wrong && message('success', html`<p>${count(checked.targets.length, 'page')} on ${count(checked.perWiki.length, 'wiki')}. Submit when you are ready.</p>`, 'Checked')}
${checked && report(checked)}
<form class="form" method="post" action="/deliveries/new">
${formMarks(req)}
${select({ name: 'wiki', label: 'Sent from', value: values.wiki, error: errorOf('wiki'), help: 'Lines without a host mean this wiki.' }, wikis.map(({ host }) => [host, host]))}
${area({ name: 'pages', label: 'To these pages', value: values.pages, error: errorOf('pages'), help: 'One a line: “User talk:Example”, or “User talk:Example@host” for another wiki. User pages become talk pages.', more: { rows: 8, class: 'mono', spellcheck: 'false' } })}
${messageFields(values, errorOf)}
<div class="acts">${button({ label: 'Check', name: 'act', value: 'check' })}${button({ label: 'Submit', tone: 'primary', name: 'act', value: 'submit' })}${button({ label: 'Save as a draft', name: 'act', value: 'draft' })}</div>
</form>`);
}

function report({ perWiki, problems }: Checked): Html {
  return html`
${perWiki.length > 0 && table('Pages per wiki', [{ name: 'Wiki' }, { name: 'Pages', number: true }], perWiki.map(({ host, pages }) => [host, number(pages)]))}
${problems.length > 0 && message('warning', html`<p>They get no message and stay listed with the delivery. The other lines are not touched by them.</p><ul>${problems.slice(0, SHOWN_PROBLEMS).map(({ line, text, code }) => html`<li>Line ${line}: <bdi>${text}</bdi> – ${lineWords(code)}</li>`)}</ul>${problems.length > SHOWN_PROBLEMS && html`<p>And ${number(problems.length - SHOWN_PROBLEMS)} more.</p>`}`, `${count(problems.length, 'line')} cannot be used`)}`;
}
