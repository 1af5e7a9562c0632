/** What a reader may do, as forms: a button per verb, and a fold that asks first where an act cannot be undone or wants words. */
import type { Request } from 'express';
import { holds } from '../../policies/actor';
import type { Caller } from '../context';
import type { Action } from '../present';
import { area, button, input, type Button } from './blocks';
import { html, type Html } from './html';
import { formMarks } from './layout';
import { verbWords } from './words';

/** Verbs that have a place of their own on the page. */
const ELSEWHERE = new Set(['settle', 'test']);
const PRIMARY = ['submit', 'approve', 'resume', 'retryFailed'];
const DESTRUCTIVE = new Set(['cancel', 'reject', 'decline', 'abort']);

/**
 * @param facts verb → what to know before it is done; those verbs ask first.
 * @param counts numbers that buttons name.
 */
export function acts(req: Request, path: string, actions: Action[], facts: Record<string, string>, counts: { failed?: number } = {}): Html {
  const shown = actions.filter(({ verb }) => !ELSEWHERE.has(verb) && !(verb === 'retryFailed' && !counts.failed));
  const able = shown.filter(({ unavailable }) => !unavailable);
  const primary = PRIMARY.find((verb) => able.some((one) => one.verb === verb));
  return html`<div class="acts">${able.map(({ verb }) => {
    const label = verb === 'retryFailed' ? `Retry ${counts.failed} failed` : verbWords(verb);
    const tone: Button['tone'] = verb === primary ? 'primary' : DESTRUCTIVE.has(verb) ? 'destructive' : undefined;
    if (verb === 'reschedule') return fold(req, path, verb, 'Another time', input({ name: 'sendAt', label: 'Send at (UTC)', help: 'Empty: as soon as approved.', more: { type: 'datetime-local' } }));
    if (facts[verb] !== undefined) return fold(req, path, verb, label, html`<p>${facts[verb]}</p>${area({ name: 'reason', id: `${verb}-reason`, label: verb === 'reject' ? 'Reason' : 'Reason, if you like', more: { rows: 2, required: verb === 'reject', maxlength: 1000 } })}`);
    return html`<form method="post" action="${path}/${verb}">${formMarks(req)}${button({ label, tone })}</form>`;
  })}</div>${shown.filter(({ unavailable }) => unavailable).map(({ verb, unavailable }) => html`<p class="subtle">${verbWords(verb)}: ${unavailable!.reason}</p>`)}`;
}

/** One button with hidden fields. @param name what a screen reader hears, where the label alone says too little. */
acts.one = (req: Request, path: string, label: string, fields: Record<string, string>, name?: string): Html =>
  html`<form method="post" action="${path}">${formMarks(req)}${Object.entries(fields).map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`)}<button${name && html` aria-label="${label}: ${name}"`}>${label}</button></form>`;

/** Answers to what waits for an operator; nothing for everybody else. */
export const operationActs = (req: Request, { actor }: Caller, operation: number, skippable = true): Html =>
  holds(actor, 'operator', 'admin')
    ? html`<div class="acts">${acts.one(req, `/operations/${operation}/retry`, 'Retry', { back: req.path })}${skippable && acts.one(req, `/operations/${operation}/skip`, 'Skip', { back: req.path })}${fold(req, `/operations/${operation}`, 'abort', 'Abort', html`<p>What is left for this part is cancelled.</p><input type="hidden" name="back" value="${req.path}">`)}</div>`
    : html``;

const fold = (req: Request, path: string, verb: string, label: string, content: Html): Html =>
  html`<details class="ask"><summary>${label}</summary><form method="post" action="${path}/${verb}">${formMarks(req)}${content}${button({ label: `${verbWords(verb)} now`, tone: DESTRUCTIVE.has(verb) ? 'destructive' : 'primary' })}</form></details>`;
