/**
 * /sign-up: what somebody who is new would like to do here. An application as organizer or tool user says who vouches, gives
 * an official address, and accepts what the right is for; what has become of earlier ones stands above. No script.
 */
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { ReeveError, fault, type FieldProblem } from '../../config/errors';
import type { Membership } from '../../db/entities/membership';
import { actorId, type Role } from '../../policies/actor';
import { askingOf, type Api } from '../context';
import { problemOf } from '../problem';
import { callerOf, commandOf } from '../route';
import { checked } from '../fields';
import { createMembership, newMembershipInput } from '../routes/memberships';
import { area, button, checkbox, input, message, radio, stateChip, type Control } from './codex';
import { sendPublic } from './frame';
import { html, type Child } from './html';
import { wordsFor } from './language';
import { ownPath } from './public-reader';
import { HOME } from './wiki-sign-in';

const kinds: Role[] = ['organizer', 'toolUser'];
const FIELDS = ['role', 'vouchedBy', 'officialEmail', 'note', 'accepted'] as const;
type Field = (typeof FIELDS)[number];
type Typed = Record<Field | 'next' | 'key', string>;

export const showSignUp = (api: Api): RequestHandler => async (req, res) => {
  if (!askingOf(req).person) throw new ReeveError('auth.required');
  await sendForm(api, req, res, { typed: { ...typedIn({}), next: ownPath(req.query.next, HOME) } });
};

export const takeSignUp = (api: Api): RequestHandler => async (req, res) => {
  const asking = askingOf(req);
  if (!asking.person) throw new ReeveError('auth.required');
  const typed = typedIn(req.body);
  const given = { role: typed.role, note: typed.note || undefined, vouchedBy: typed.vouchedBy || undefined, officialEmail: typed.officialEmail || undefined, accepted: typed.accepted === 'yes' };
  try {
    const missing = [...(given.role === '' ? [{ pointer: '/role', code: 'empty', detail: '' }] : []), ...(given.accepted ? [] : [fault('/accepted', 'membership.not-accepted')])];
    const body = checkedWith(missing, { ...given, role: given.role || kinds[0] });
    await createMembership(api, { ...callerOf(api, req, asking, body), ...(typed.key && commandOf(api, actorId(asking.actor), `sign-up ${typed.key}`, given)) }, body);
    res.redirect(303, wordsFor(req).link(`/sign-up?sent=1&next=${encodeURIComponent(typed.next)}`));
  } catch (error) {
    const { problem, report } = problemOf(error);
    if (report || !(error instanceof ReeveError) || !problem.errors) throw error;
    await sendForm(api, req, res, { typed, wrong: problem.errors, status: problem.status });
  }
};

/** All that is wrong at once, what was left out first. @throws ReeveError input.invalid */
function checkedWith(missing: FieldProblem[], given: object): ReturnType<typeof newMembershipInput.parse> {
  try {
    const body = checked(newMembershipInput, given, 'body');
    if (!missing.length) return body;
  } catch (error) {
    if (!(error instanceof ReeveError)) throw error;
    missing.push(...(error.more.errors ?? []));
  }
  throw new ReeveError('input.invalid', undefined, { errors: missing });
}

function typedIn(body: unknown): Typed {
  const posted = (body ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof posted[name] === 'string' ? posted[name].replace(/\r\n?/g, '\n').trim() : '');
  return { role: kinds.find((kind) => kind === text('role')) ?? '', vouchedBy: text('vouchedBy'), officialEmail: text('officialEmail'), note: text('note'), accepted: text('accepted'), next: ownPath(text('next'), HOME), key: text('key').slice(0, 100) };
}

async function sendForm(api: Api, req: Request, res: Response, { typed, wrong = [], status }: { typed: Typed; wrong?: FieldProblem[]; status?: number }): Promise<void> {
  const words = wordsFor(req);
  const { say, link } = words;
  const { person } = askingOf(req);
  const mine = await applicationsOf(api, person!.id);
  const open = kinds.filter((kind) => !mine.some(({ role, state }) => role === kind && ['applied', 'active', 'suspended'].includes(state)));
  const faultOf = ({ pointer, code }: FieldProblem): Child => {
    const keys = [`error.${code}`, `public.sign-up.fault${pointer.replace('/', '.')}`];
    return say(keys.find(words.has) ?? 'public.sign-up.fault');
  };
  const control = (name: Field, more: Control['more'] = {}): Control => {
    const own = wrong.find(({ pointer }) => pointer === `/${name}`);
    return { name, label: say(`public.sign-up.${name}`), help: words.has(`public.sign-up.${name}.help`) && say(`public.sign-up.${name}.help`), value: typed[name], error: own && faultOf(own), more };
  };
  await sendPublic(req, res, { title: words.text('public.sign-up.title'), words, status, help: 'signing-in', reader: person!.name }, html`
<h1>${say('public.sign-up.title')}</h1>
${wrong.length > 0 && message('error', html`<p><strong>${say('public.sign-up.faults')}</strong></p><ul>${wrong.map((one) => html`<li><a href="#${one.pointer.slice(1)}">${say(`public.sign-up.${one.pointer.slice(1)}`)}</a>: ${faultOf(one)}</li>`)}</ul>`, true)}
${req.query.sent === '1' && message('success', html`<p>${say('public.sign-up.sent')}</p>`, true)}
<p>${say('public.sign-up.about', html`<bdi>${person!.name}</bdi>`)}</p>
${mine.length > 0 && html`<h2>${say('public.sign-up.mine')}</h2>
<dl class="facts">${mine.map((one) => html`<dt>${say(`public.sign-up.role.${one.role}`)}</dt><dd><a href="/memberships/${one.id}">${stateChip(words, 'membership', one)}</a>${one.state === 'applied' && one.officialEmail !== null && one.addressConfirmedAtMs === null && html` ${say('public.sign-up.unconfirmed')}`}${one.state === 'declined' && one.appealedAtMs === null && html` ${say('public.sign-up.appeal')}`}</dd>`)}</dl>`}
${open.length > 0 && html`<h2>${say('public.sign-up.apply')}</h2>
<form class="form" method="post" action="${link('/sign-up')}" novalidate>
<input type="hidden" name="_csrf" value="${req.session?.csrfToken}">
<input type="hidden" name="key" value="${randomUUID()}">
<input type="hidden" name="next" value="${typed.next}">
${radio(control('role'), open.map((kind) => [kind, html`${say(`public.sign-up.role.${kind}`)} – ${say(`public.sign-up.role.${kind}.what`)}`]))}
${input(control('vouchedBy', { maxlength: 255, dir: 'auto', autocomplete: 'off' }))}
${input(control('officialEmail', { type: 'email', inputmode: 'email', autocomplete: 'email', maxlength: 254, dir: 'ltr', autocapitalize: 'none', spellcheck: 'false' }))}
${area(control('note', { maxlength: 2_000, rows: 4, dir: 'auto', autocomplete: 'off' }))}
${checkbox(control('accepted'), 'yes')}
${button({ label: say('public.sign-up.do'), action: 'progressive', weight: 'primary' })}
</form>`}
<p class="acts">${button({ label: say('public.sign-up.go-on'), href: typed.next })}</p>`);
}

async function applicationsOf({ kernel }: Api, userId: number): Promise<Pick<Membership, 'id' | 'role' | 'state' | 'officialEmail' | 'addressConfirmedAtMs' | 'appealedAtMs'>[]> {
  const { rows } = await kernel.pool.query(
    `select id, role, state, official_email as "officialEmail", address_confirmed_at_ms as "addressConfirmedAtMs", appealed_at_ms as "appealedAtMs" from membership where user_id = $1 and role = any ($2) and state <> 'ended' order by id`, [userId, kinds]);
  return rows;
}
