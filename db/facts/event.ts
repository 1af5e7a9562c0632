/** What the door checks about events: that nothing is missing, that their window lies ahead, and how far it may be moved. */
import { ReeveError, fault, fieldError, type FieldProblem } from '../../config/errors';
import type { Window } from '../../machines/event';
import { may } from '../../policies';
import type { Event } from '../entities/event';
import { instantOf, NoSuchTime } from '../wall-clock';
import type { Fact } from './index';

/** How far an organizer may move an event after it was approved: spec of events. */
const MOST_MOVED_MS = 24 * 3_600_000;

export const eventFacts: Record<string, Fact<Event>> = {
  async submit(_kernel, row, _actor, _input, nowMs) {
    const missing = row.state === 'draft' ? missingOf(row) : [];
    if (missing.length) throw new ReeveError('event.incomplete', undefined, { errors: missing });
    if (row.state === 'draft' && row.startsAtMs! <= nowMs) throw fieldError('/startsAt', 'event.start-past');
    return {};
  },
  async approve(_kernel, row, _actor, _input, nowMs) {
    if (row.state === 'requested' && row.endsAtMs! <= nowMs) throw new ReeveError('event.window-over', 'Its end is over: its organizers may move it and submit it again.');
    return {};
  },
  async reschedule(_kernel, row, actor, { startsAt, endsAt }, nowMs) {
    const window = windowOf(startsAt as string, endsAt as string, row.timeZone);
    if (row.state !== 'approved' && row.state !== 'open') return { ...window };
    if (actor.kind !== 'system' && window.endsAtMs <= nowMs) throw fieldError('/endsAt', 'event.window-over');
    const beyond = beyondApproved(row, window);
    if (beyond.length && actor.kind !== 'system' && !may(actor, 'widen', 'event', row).allowed) throw new ReeveError('event.beyond-approved', beyond[0]!.detail, { errors: beyond });
    return { ...window, widens: beyond.length > 0 && actor.kind !== 'system' };
  },
};

/** @throws ReeveError naming the field: there is no such time, or it ends before it starts. */
export function windowOf(startsAt: string, endsAt: string, timeZone: string): Window {
  const [startsAtMs, endsAtMs] = [instantAt('/startsAt', startsAt, timeZone), instantAt('/endsAt', endsAt, timeZone)];
  if (endsAtMs <= startsAtMs) throw fieldError('/endsAt', 'event.ends-first');
  return { startsAt, endsAt, startsAtMs, endsAtMs };
}

export function instantAt(pointer: string, at: string, timeZone: string): number {
  try {
    return instantOf(at, timeZone);
  } catch (error) {
    throw error instanceof NoSuchTime ? fieldError(pointer, 'event.no-such-time') : error;
  }
}

/** What an event that is submitted, or was, cannot be without. */
export function missingOf({ title, types, participation, country, startsAtMs, endsAtMs, places }: Pick<Event, 'title' | 'types' | 'participation' | 'country' | 'startsAtMs' | 'endsAtMs' | 'places'>): FieldProblem[] {
  const missing: [pointer: string, is: boolean, detail: string][] = [
    ['/title', title === '', 'It needs a title.'],
    ['/startsAt', startsAtMs === null, 'It needs a start.'],
    ['/endsAt', endsAtMs === null, 'It needs an end.'],
    ['/types', types.length === 0, 'Say of what type it is.'],
    ['/participation', participation === null, 'Say whether people meet online, in person or both.'],
    ['/country', participation !== null && participation !== 'online' && country === null, 'Say in which country people meet.'],
    ['/places', places === null, 'Say how many accounts are wanted.'],
  ];
  return missing.filter(([, is]) => is).map(([pointer, , detail]) => fault(pointer, 'event.incomplete', detail));
}

function beyondApproved({ approvedStartsAtMs, approvedEndsAtMs }: Event, { startsAtMs, endsAtMs }: Window): FieldProblem[] {
  if (approvedStartsAtMs === null || approvedEndsAtMs === null) return [];
  const wrong: FieldProblem[] = [];
  if (Math.abs(startsAtMs - approvedStartsAtMs) > MOST_MOVED_MS) wrong.push(fault('/startsAt', 'event.beyond-approved', 'You may move it by at most 24 hours from what was approved; a tool admin may do more.'));
  if (endsAtMs - startsAtMs > approvedEndsAtMs - approvedStartsAtMs) wrong.push(fault('/endsAt', 'event.beyond-approved', 'It may not be longer than what was approved; a tool admin may make it so.'));
  return wrong;
}
