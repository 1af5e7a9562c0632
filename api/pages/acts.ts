/** What a reader may do, as forms: a button per verb, and a fold that asks first where an act cannot be undone or wants words. */
import type { Request } from 'express';
import type { Action } from '../present';
import { area, button, input, type Button } from './blocks';
import { attributes, html, type Html } from './html';
import { formMarks } from './layout';
import { verbWords } from './words';

/** Verbs that have a place of their own on the page. */
const ELSEWHERE = new Set(['edit', 'settle', 'submit', 'test']);
const PRIMARY = ['approve', 'resume', 'retryFailed'];
const DESTRUCTIVE = new Set(['cancel', 'reject', 'decline', 'abort']);

/**
 * @param facts verb → what to know before it is done; those verbs ask first.
 * @param counts numbers that buttons name.
 */
export function acts(req: Request, path: string, actions: Action[], facts: Record<string, string>, counts: { failed?: number } = {}): Html {
  const shown = actions.filter(({ verb }) => !ELSEWHERE.has(verb) && !(verb === 'retryFailed' && !counts.failed));
  const able = shown.filter(({ unavailable }) => !unavailable);
  const primary = PRIMARY.find((verb) => able.some((one) => one.verb === verb));
  if (!shown.length) return html``;
  return html`<div class="acts">${able.map(({ verb }) => {
    const label = verb === 'retryFailed' ? `Retry ${counts.failed} failed` : verb === 'cancel' ? 'Cancel delivery' : verbWords(verb);
    const tone: Button['tone'] = verb === primary ? 'primary' : DESTRUCTIVE.has(verb) ? 'destructive' : undefined;
    if (verb === 'reschedule') return fold(req, path, verb, 'Reschedule', input({ name: 'sendAt', label: 'Send at (UTC)', help: 'Empty: as soon as approved.', more: { type: 'datetime-local' } }));
    if (facts[verb] !== undefined) return fold(req, path, verb, label, html`<p>${facts[verb]}</p>${area({ name: 'reason', id: `${verb}-reason`, label: verb === 'reject' ? 'Reason' : 'Reason, if you like', more: { rows: 2, required: verb === 'reject', maxlength: 1000 } })}`);
    return html`<form method="post" action="${path}/${verb}">${formMarks(req)}${button({ label, tone })}</form>`;
  })}</div>${shown.filter(({ unavailable }) => unavailable).map(({ verb, unavailable }) => html`<p class="subtle">${verbWords(verb)}: ${unavailable!.reason}</p>`)}`;
}

/** One button with hidden fields. @param name what a screen reader hears, where the label alone says too little. */
acts.one = (req: Request, path: string, label: string, fields: Record<string, string>, name?: string): Html =>
  html`<form method="post" action="${path}">${formMarks(req)}${Object.entries(fields).map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`)}<button${name && html` aria-label="${label}: ${name}"`}>${label}</button></form>`;

/** Answers to what waits for an operator, with the reason that the audit keeps; nothing for who may not answer. */
export function operationActs(req: Request, { id, actions }: { id: number; actions: Action[] }): Html | '' {
  const able = new Set(actions.filter(({ unavailable }) => !unavailable).map(({ verb }) => verb));
  if (!able.size) return '';
  const path = `/operations/${id}`;
  const marks = html`${formMarks(req)}<input type="hidden" name="back" value="${req.method === 'GET' ? req.path : '/operations'}">`;
  const reason = (verb: string) => input({ name: 'reason', id: `reason-${verb}-${id}`, label: 'Reason', more: { required: true, maxlength: 1000 } });
  return html`<form class="answer" method="post" action="${path}/retry">${marks}${reason('retry')}<button>Retry</button>${able.has('skip') && html`<button formaction="${path}/skip">Skip</button>`}</form>
${able.has('abort') && fold(req, path, 'abort', 'Abort', html`<p>What is left for this part is cancelled.</p><input type="hidden" name="back" value="${req.method === 'GET' ? req.path : '/operations'}">${reason('abort')}`)}`;
}

const fold = (req: Request, path: string, verb: string, label: string, content: Html): Html =>
  html`<details${attributes({ class: `ask${DESTRUCTIVE.has(verb) ? ' destructive' : ''}` })}><summary>${label}</summary><form method="post" action="${path}/${verb}">${formMarks(req)}${content}${button({ label: `${label} now`, tone: DESTRUCTIVE.has(verb) ? 'destructive' : 'primary' })}</form></details>`;
