/**
 * /request, /request/<uuid> and /e/<uuid>: somebody without an account asks for one; for a queue by its unlisted address; at
 * an event, while its door is open, with its key. What
 * is wrong is told at its field, and nothing typed is lost. It stands in front of the sessions: a machine at a workshop is
 * often signed in as its organizer, and that plays no part here.
 */
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError, type FieldProblem } from '../../config/errors';
import type { Kernel } from '../../db/kernel';
import type { FormContent, FormPlace } from '../../db/entities/form';
import { formOfEvent, publicQueue } from '../../db/queries/forms';
import { openDoor, type EventDoor } from '../../db/queries/requests';
import type { Api } from '../context';
import { checked } from '../fields';
import { problemOf } from '../problem';
import { fileRequest, requestInput, type RequestInput } from '../request-checks';
import { commandOf } from '../route';
import { area, button, input, message, select, type Control } from './codex';
import { formToken, isTimely } from './form-token';
import { sendPublic } from './frame';
import { html, type Child, type Html } from './html';
import { wordsFor, type Words } from './language';
import { ownForm, ownName } from './own-form';

const FIELDS = ['wiki', 'name', 'email', 'emailAgain', 'eventKey', 'comment'] as const;
type Field = (typeof FIELDS)[number];
type Typed = Record<Field | 'token', string> & {
  /** Key to answer, of the questions of a form of its own. */
  own: Record<string, string>;
};
/** What an address with a uuid leads to. */
type Kind = 'event' | 'queue';
interface Where {
  kind?: Kind;
  uuid?: string;
}
const whereOf = (req: Request, kind?: Kind): Where => ({ kind, ...(kind && { uuid: String(req.params.uuid) }) });
const addressOf = ({ kind, uuid }: Where): string => (kind ? `${kind === 'event' ? '/e' : '/request'}/${encodeURIComponent(uuid!)}` : '/request');

/** The page of help about it. */
export const HELP = 'asking-for-an-account';
const DAY_MS = 86_400_000;

export const showRequestForm = (api: Api): RequestHandler => (req, res) => sendForm(api, req, res, { where: {}, door: null, typed: typedIn({}) });

/** Of a queue that is disabled, or never was, as of an event whose door is closed. */
export const showQueueForm = (api: Api): RequestHandler => async (req, res) => {
  const where = whereOf(req, 'queue');
  if (!(await publicQueue(api.kernel, where.uuid))) return toMain(req, res);
  return sendForm(api, req, res, { where, door: null, typed: typedIn({}) });
};

/** Before its start, after its end, switched off or never there: all alike, to the main form. */
export const showEventForm = (api: Api): RequestHandler => async (req, res) => {
  const door = await openDoor(api.kernel, String(req.params.uuid));
  if (!door) return toMain(req, res);
  return sendForm(api, req, res, { where: whereOf(req, 'event'), door, typed: typedIn({}) });
};
const toMain = (req: Request, res: Response): void => res.setHeader('Cache-Control', 'no-store').redirect(302, wordsFor(req).link('/request'));

/** Of both forms: first shown once more, then taken. Whoever sends an event's form once its door is closed is taken without it. */
export const takeRequest = (api: Api, kind?: Kind): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const typed = typedIn(req.body);
  const where = whereOf(req, kind);
  const doorNow = (): Promise<EventDoor | null> => (kind === 'event' ? openDoor(api.kernel, where.uuid!) : Promise.resolve(null));
  const { step } = (req.body ?? {}) as { step?: string };
  if (step === 'change') return sendForm(api, req, res, { where, door: await doorNow(), typed });
  try {
    const { tagged } = await file(api, req, words, typed, where, step === 'preview');
    if (step === 'preview') return await sendPreview(api, req, res, typed, tagged, where);
    res.redirect(303, words.link(`${addressOf(where)}/sent${kind === 'event' ? `?to=${tagged ? 'event' : 'team'}` : ''}`));
  } catch (error) {
    const { problem, report, retryAfterS } = problemOf(error);
    if (report || !(error instanceof ReeveError)) throw error;
    if (retryAfterS !== undefined) res.setHeader('Retry-After', String(retryAfterS));
    const alert = problem.errors ? undefined : retryAfterS !== undefined ? words.say('public.request.later', Math.ceil(retryAfterS / 60)) : faultOf(words, '', problem.code);
    const door = await doorNow();
    await sendForm(api, req, res, { where, door, typed, alert, wrong: problem.errors, status: problem.status, late: kind === 'event' && !door });
  }
};

/** What is asked for is on its way, or waits for the link to be opened: nothing here tells who it was. */
export const showSent = (kind?: Kind): RequestHandler => async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const next = kind !== 'event' ? 'team' : req.query.to === 'event' ? 'event' : 'untagged';
  await sendPublic(req, res, { title: words.text('public.request.sent.title'), words, here: '/request', help: HELP }, html`
<h1>${say('public.request.sent.title')}</h1>
${message('success', html`<p>${say('public.request.sent.what')}</p>`)}
<p>${say(`public.request.sent.${next}`)}</p>
<p>${say('public.request.sent.missing')}</p>
<p class="acts">${button({ label: say('public.request.sent.again'), href: link(addressOf(whereOf(req, kind))) })}</p>`);
};

function typedIn(body: unknown): Typed {
  const posted = (body ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof posted[name] === 'string' ? posted[name].replace(/\r\n?/g, '\n') : '');
  return { wiki: text('wiki'), name: text('name'), email: text('email').trim(), emailAgain: text('emailAgain').trim(), eventKey: text('eventKey'), comment: text('comment'), token: text('token'), own: Object.fromEntries(Object.keys(posted).filter((name) => name.startsWith(ownName(''))).map((name) => [name.slice(ownName('').length), text(name)])) };
}

/** @throws ReeveError with every fault at its field; request.stale-form, rate-limited */
async function file(api: Api, req: Request, { language }: Words, typed: Typed, where: Where, look?: boolean): ReturnType<typeof fileRequest> {
  if (!isTimely(api.config.REEVE_SECRET_KEY, typed.token)) throw new ReeveError('request.stale-form');
  const { wanted, wrong } = read(typed);
  if (where.kind === 'event') Object.assign(wanted, { event: where.uuid, eventKey: typed.eventKey.trim() });
  if (where.kind === 'queue') wanted.queueLink = where.uuid;
  const asked = new Set((await contentFor(api.kernel, where))?.fields.map(({ key }) => key)); // a form that was changed, or an event's that is over, asks something else now
  wanted.answers = Object.fromEntries(Object.entries(typed.own).filter(([key]) => asked.has(key)));
  // The same page with the same words in it is the same request; with others, another person's at the same desk.
  const { inputHash } = commandOf(api, 'visitor', typed.token, wanted);
  return fileRequest(api, req, wanted, { language, wrong, look, command: commandOf(api, 'visitor', `${typed.token} ${inputHash}`, wanted) });
}

/** Field by field, so that one fault hides no other. */
function read(typed: Typed): { wanted: RequestInput; wrong: FieldProblem[] } {
  const wrong: FieldProblem[] = [];
  const wanted: Record<string, unknown> = { name: '', email: '', comment: '' };
  for (const name of ['name', 'email', 'comment', 'wiki'] as const) {
    if (name === 'wiki' && !typed.wiki) continue;
    if (name === 'email' && !typed.email) wrong.push({ pointer: '/email', code: 'empty', detail: '' });
    else
      try {
        Object.assign(wanted, checked(requestInput.pick({ [name]: true } as { name: true }), { [name]: typed[name] }, 'body'));
      } catch (error) {
        wrong.push(...(problemOf(error).problem.errors ?? []));
      }
  }
  if (typed.emailAgain.toLowerCase() !== typed.email.toLowerCase()) wrong.push({ pointer: '/emailAgain', code: typed.emailAgain ? 'request.email-differs' : 'empty', detail: '' });
  return { wanted: wanted as RequestInput, wrong };
}

/** What will be sent, in hidden fields, and to whom it goes. */
async function sendPreview(api: Api, req: Request, res: Response, typed: Typed, tagged: boolean, where: Where): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  const shown = (['name', 'email', 'wiki', 'comment'] as const).filter((name) => typed[name]);
  const { own, ...plain } = typed;
  const { questions } = await ownForm(await contentFor(api.kernel, where), words);
  const hidden = [...Object.entries(plain), ...Object.entries(own).map(([key, value]) => [ownName(key), value] as const)];
  await sendPublic(req, res, { title: words.text('public.request.preview.title'), words, help: HELP }, html`
<h1>${say('public.request.preview.title')}</h1>
<p>${say(`public.request.preview.${tagged ? 'event' : where.kind === 'event' ? 'untagged' : 'team'}`)}</p>
<dl class="facts">${shown.map((name) => html`<dt>${say(`public.request.${name}`)}</dt><dd class="lines"><bdi>${typed[name]}</bdi></dd>`)}${questions.filter(({ key }) => own[key]).map(({ key, label, shown }) => html`<dt>${label}</dt><dd class="lines"><bdi>${shown(own[key]!)}</bdi></dd>`)}</dl>
<form class="form" method="post" action="${link(addressOf(where))}">
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p class="acts">${button({ label: say('public.request.do'), action: 'progressive', weight: 'primary', name: 'step', value: 'send' })} ${button({ label: say('public.request.change'), name: 'step', value: 'change' })}</p>
</form>`);
}

interface Shown {
  where: Where;
  door: EventDoor | null;
  typed: Typed;
  /** Of the whole form. */
  alert?: Child;
  wrong?: FieldProblem[];
  status?: number;
  /** It was an event's form when it was opened. */
  late?: boolean;
}

/** The form of a queue or an event; of an event whose door is closed the main one. */
async function contentFor(kernel: Kernel, { kind, uuid }: Where): Promise<FormContent | null> {
  const door = kind === 'event' ? await openDoor(kernel, uuid!) : null;
  return door ? formOfEvent(kernel, door.id) : ((await publicQueue(kernel, kind === 'queue' ? uuid : undefined)) ?? (await publicQueue(kernel)))!.form;
}

async function sendForm(api: Api, req: Request, res: Response, shown: Shown): Promise<void> {
  return sendWith(api, req, res, shown, await contentFor(api.kernel, shown.where));
}

/** As it is written, before anybody else sees it. */
export const sendFormPreview = (api: Api, req: Request, res: Response, content: FormContent): Promise<void> => sendWith(api, req, res, { where: {}, door: null, typed: typedIn({}) }, content);

async function sendWith(api: Api, req: Request, res: Response, { where, door, typed, alert, wrong = [], status, late }: Shown, content: FormContent | null): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  const { hosts, first, many } = await hostsFor(api.kernel, door?.wikiIds?.length ? door.wikiIds : null);
  const own = await ownForm(content, words);
  const order: string[] = [...FIELDS.slice(0, -1), ...own.questions.map(({ key }) => ownName(key)), FIELDS.at(-1)!];
  const faults = wrong.map(({ pointer, code }) => ({ field: pointer.slice(1).replace('answers/', ownName('')), code })).map(({ field, code }) => ({ field, text: faultOf(words, field.split('.')[0]!, code, hosts) })).sort((a, b) => order.indexOf(a.field) - order.indexOf(b.field));
  const faultsOf = (name: string): Child => {
    const texts = faults.filter(({ field }) => field === name).map(({ text }) => text);
    return texts.length > 0 && spaced(texts);
  };
  const labelOf = (name: Field): Child => (name === 'comment' && own.words('comment.label')) || say(`public.request.${name}`);
  const control = (name: Field, more: Control['more'] = {}): Control => {
    return { name, label: labelOf(name), help: own.words(`${name}.help` as FormPlace) ?? (words.has(`public.request.${name}.help`) && say(`public.request.${name}.help`)), value: typed[name], error: faultsOf(name), more };
  };
  const choice = hosts.length > 1 && door?.wikiIds?.length !== 0; // one for no wiki leaves nothing to choose
  const wiki = typed.wiki && (many || hosts.includes(typed.wiki)) ? typed.wiki : first;
  const labels = new Map<string, Child>([...FIELDS.filter((name) => (name !== 'wiki' || choice) && (name !== 'eventKey' || door)).map((name) => [name, labelOf(name)] as const), ...own.questions.map(({ key, label }) => [ownName(key), label] as const)]);
  await sendPublic(req, res, { title: words.text('public.request.title'), words, here: where.kind ? undefined : '/request', help: HELP, status }, html`
<h1>${own.words('title') ?? say('public.request.title')}</h1>
${(alert || faults.length > 0) && message('error', alert ? html`<p>${alert}</p>` : summary(words, faults, labels), true)}
${late && message('notice', html`<p>${say('public.request.closed')}</p>`)}
${own.intro}
<p>${door ? say('public.request.about-event', html`<strong><bdi>${door.title}</bdi></strong>`) : say('public.request.about')}${!choice && wiki && html` ${say('public.request.for', html`<bdi>${wiki}</bdi>`)}`}</p>
${!wiki ? message('notice', html`<p>${say('public.request.none')}</p>`) : html`<form class="form" method="post" action="${link(addressOf(where.kind === 'event' && !door ? {} : where))}" novalidate>
<input type="hidden" name="token" value="${formToken(api.config.REEVE_SECRET_KEY)}">
${choice ? (many ? input({ ...control('wiki', { required: true, maxlength: 259, dir: 'ltr', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' }), value: wiki }) : select({ ...control('wiki'), value: wiki }, hosts.map((host) => [host, host]))) : html`<input type="hidden" name="wiki" value="${wiki}">`}
${input(control('name', { autocomplete: 'username', required: true, maxlength: 255, dir: 'auto', spellcheck: 'false' }))}
${['email', 'emailAgain'].map((name) => input(control(name as Field, { type: 'email', inputmode: 'email', autocomplete: 'email', required: true, maxlength: 254, dir: 'ltr', autocapitalize: 'none', spellcheck: 'false' })))}
${door && input(control('eventKey', { inputmode: 'text', autocomplete: 'off', maxlength: 64, dir: 'auto', autocapitalize: 'none', spellcheck: 'false' }))}
${own.questions.map(({ key, control }) => control({ value: typed.own[key], error: faultsOf(ownName(key)) }))}
${area(control('comment', { maxlength: 2_000, rows: 4, dir: 'auto', autocomplete: 'off' }))}
${button({ label: say('public.request.next'), action: 'progressive', weight: 'primary', name: 'step', value: 'preview' })}
</form>
<p class="subtle">${say('public.request.kept', Math.round(api.kernel.terms.keepMs / DAY_MS), html`<a href="${link(`/help/${HELP}`)}">${say('public.request.more')}</a>`)}</p>`}`);
}

/** On top, each leading to its field. */
const summary = ({ say }: Words, faults: { field: string; text: Child }[], labels: Map<string, Child>): Html => html`<p><strong>${say('public.request.faults', faults.length)}</strong></p>
<ul>${faults.map(({ field, text }) => html`<li>${labels.has(field) ? html`<a href="#${field}">${labels.get(field)}</a>: ${text}` : text}</li>`)}</ul>`;

const NOT_IN_NAMES = html`<bdi dir="ltr">${'# < > [ ] | { } / @ :'}</bdi>`;

/** In words of the form; what has none of its own holds something that cannot be taken. */
function faultOf({ say, has }: Words, field: string, code: string, hosts: string[] = []): Html {
  const keys = [`public.request.fault.${field}.${code}`, `public.request.fault.${code.replace('request.', '')}`];
  return say(keys.find(has) ?? 'public.request.fault.format', NOT_IN_NAMES, html`<bdi>${hosts.join(', ')}</bdi>`);
}

const spaced = (texts: Child[]): Child => texts.map((text, i) => [i > 0 && ' ', text]);

/** More are no list to choose from, and would weigh more than a public page may: then the host is typed. */
const MOST_CHOICES = 200;

/** Where an account can be wanted; `first` stands chosen. */
async function hostsFor({ pool }: Kernel, ids: number[] | null): Promise<{ hosts: string[]; first: string | undefined; many: boolean }> {
  const { rows } = await pool.query<{ host: string; first: string }>('select host, first_value(host) over (order by id) as first from wiki where $1::int[] is null or id = any ($1) order by host limit $2', [ids, MOST_CHOICES + 1]);
  return { hosts: rows.map(({ host }) => host), first: rows[0]?.first, many: rows.length > MOST_CHOICES };
}
