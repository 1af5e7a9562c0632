/**
 * What is wrong with an event's fields, all at once, each by its own code: asked on making, changing and submitting, and
 * the same for the form. The rules of the statistics toggle stand here, too.
 */
import { ReeveError, fault, type FieldProblem } from '../config/errors';
import { isCountry } from '../config/countries';
import type { Config } from '../config';
import { contributionTypes, type Event } from '../db/entities/event';
import { instantAt } from '../db/facts/event';
import { needNone } from './fields';

/** As an event is, or would be after a change. */
export type EventFields = Pick<Event,
  'title' | 'types' | 'participation' | 'country' | 'address' | 'meetingUrl' | 'wikiIds' | 'timeZone' | 'startsAt' | 'endsAt' | 'tracksContributions'>;

/** @returns its instants, in UTC. @throws ReeveError naming each wrong field. */
export function checkEvent(config: Config, event: EventFields): Pick<Event, 'startsAtMs' | 'endsAtMs'> {
  const instants = { startsAtMs: null as number | null, endsAtMs: null as number | null };
  const wrong = [...typeFaults(event), ...placeFaults(event), ...(event.tracksContributions ? statisticsFaults(config, event) : [])];
  for (const name of ['startsAt', 'endsAt'] as const)
    try {
      if (event[name] !== null) instants[`${name}Ms`] = instantAt(`/${name}`, event[name], event.timeZone);
    } catch (error) {
      if (!(error instanceof ReeveError)) throw error;
      wrong.push(...error.more.errors!);
    }
  const { startsAtMs, endsAtMs } = instants;
  if (startsAtMs !== null && endsAtMs !== null && endsAtMs <= startsAtMs) wrong.push(fault('/endsAt', 'event.ends-first'));
  needNone(wrong);
  return instants;
}

/** Whether its contributions are collected and shown: as was said, or else wherever it qualifies. */
export const tracks = (config: Config, event: EventFields): boolean => config.REEVE_STATISTICS && (event.tracksContributions ?? statisticsFaults(config, event).length === 0);

const meets = ({ participation }: Pick<EventFields, 'participation'>): boolean => participation === 'in-person' || participation === 'hybrid';
const online = ({ participation }: Pick<EventFields, 'participation'>): boolean => participation === 'online' || participation === 'hybrid';

function typeFaults({ types }: EventFields): FieldProblem[] {
  return types.includes('other') && types.length > 1 ? [fault('/types', 'event.other-alone')] : [];
}

function placeFaults(event: EventFields): FieldProblem[] {
  const { country, address, meetingUrl } = event;
  return [
    ...(country !== null && !isCountry(country) ? [fault('/country', 'event.unknown-country')] : []),
    ...(country !== null && !meets(event) ? [fault('/country', 'event.no-place')] : []),
    ...(address !== null && !meets(event) ? [fault('/address', 'event.no-place')] : []),
    ...(meetingUrl !== null && !online(event) ? [fault('/meetingUrl', 'event.no-meeting')] : []),
  ];
}

/** The texts are the specification's own, to the letter. */
export function statisticsFaults(config: Config, event: EventFields): FieldProblem[] {
  const at = '/tracks_contributions';
  if (!config.REEVE_STATISTICS) return [fault(at, 'event.statistics-off')];
  const { types, country, wikiIds } = event;
  return [
    ...(types.some((type) => (contributionTypes as readonly string[]).includes(type)) ? [] : [fault(at, 'event.statistics-types')]),
    ...(meets(event) && country !== null && Object.hasOwn(config.REEVE_STATISTICS_DISALLOWED_COUNTRIES, country) ? [fault(at, 'event.statistics-country')] : []),
    ...(wikiIds?.length === 0 ? [fault(at, 'event.statistics-wikis')] : []),
  ];
}
