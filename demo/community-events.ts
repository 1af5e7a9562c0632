/** The demo's events: one in every state; what the clock does to them, it does within the first minutes. Their organizer has a calendar of them. */
import { ReeveError } from '../config/errors';
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Event } from '../db/entities/event';
import { windowOf } from '../db/facts/event';
import type { Kernel } from '../db/kernel';
import { feedSince, makeFeed } from '../db/queries/event-feeds';
import type { Actor } from '../policies/actor';

interface Plan {
  name: string;
  title: string;
  values?: Partial<Event>;
  /** From now, milliseconds; a draft may have none. */
  window?: [startsInMs: number, endsInMs: number];
  verbs?: [verb: string, by: 'organizer' | 'toolAdmin', reason?: string][];
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const approved: Plan['verbs'] = [['submit', 'organizer'], ['approve', 'toolAdmin']];

const plans: Plan[] = [
  { name: 'draft', title: 'Photo walk along the river', values: { types: ['media-upload-event'] } },
  { name: 'requested', title: 'Translation afternoon', values: { types: ['workshop'], places: 12 }, window: [20 * DAY_MS, 20 * DAY_MS + 4 * HOUR_MS], verbs: [['submit', 'organizer']] },
  { name: 'rejected', title: 'A party', values: { types: ['other'] }, window: [9 * DAY_MS, 9 * DAY_MS + HOUR_MS], verbs: [['submit', 'organizer'], ['reject', 'toolAdmin', 'Say what it is for.']] },
  { name: 'approved', title: 'Writing about gardens', values: { types: ['editing-event', 'workshop'], participation: 'hybrid', country: 'DE', address: 'The old town hall', places: 30 }, window: [14 * DAY_MS, 14 * DAY_MS + 5 * HOUR_MS], verbs: approved },
  { name: 'open', title: 'A week for missing articles', values: { types: ['backlog-drive'], places: 100, topics: ['Botany', 'History'] }, window: [30 * SECOND_MS, 7 * DAY_MS], verbs: approved },
  { name: 'ended', title: 'First steps', values: { types: ['training-seminar'] }, window: [30 * SECOND_MS, 90 * SECOND_MS], verbs: approved },
  { name: 'archived', title: 'Last year\'s meeting', values: { types: ['meetup'], archiveAfterMs: SECOND_MS }, window: [30 * SECOND_MS, 90 * SECOND_MS], verbs: approved },
  { name: 'disabled', title: 'An evening in the library', values: { types: ['editing-event'], participation: 'in-person', country: 'IN' }, window: [5 * DAY_MS, 5 * DAY_MS + 3 * HOUR_MS], verbs: [...approved, ['disable', 'toolAdmin', 'The library is closed that day.']] },
  { name: 'cancelled', title: 'Contest of the month', values: { types: ['contest'] }, window: [10 * DAY_MS, 40 * DAY_MS], verbs: [...approved, ['cancel', 'organizer']] },
];

/** Safe to repeat: what a broken-off seed has left behind its time stays as it is. @returns the id of each by its name */
export async function makeEvents(kernel: Kernel, actor: (role: string) => Promise<Actor>): Promise<Record<string, number>> {
  const ids: Record<string, number> = {};
  const organizer = await actor('organizer');
  const organizerId = organizer.userId!;
  for (const [i, { name, title, values, window, verbs = [] }] of plans.entries()) {
    const [startsAt, endsAt] = (window ?? []).map((inMs) => new Date(Date.now() + inMs).toISOString().slice(0, 19));
    const { row } = await create(kernel, {
      noun: 'event', commandId: `demo/event/${name}`, actor: organizer,
      values: {
        uuid: `00000000-0000-4000-8000-00000000000${i}`, key: 'demo', title, creatorId: organizerId, organizerIds: [organizerId], participation: 'online', timeZone: 'UTC', places: 20, archiveAfterMs: 90 * DAY_MS,
        ...(startsAt && windowOf(startsAt, endsAt!, 'UTC')), ...values,
      },
    });
    ids[name] = row.id;
    for (const [verb, by, reason] of verbs)
      await apply(kernel, { noun: 'event', id: row.id, verb, reason, actor: await actor(by), commandId: `demo/event/${name}/${verb}` }).catch((error: unknown) => {
        if (!(error instanceof ReeveError)) throw error;
      });
  }
  if ((await feedSince(kernel, organizerId)) === null) await makeFeed(kernel, { actor: organizer }, organizerId);
  return ids;
}
