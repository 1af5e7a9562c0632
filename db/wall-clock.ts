/**
 * Wall-clock times in a zone, and the instants that they are. An event's window is what its clock on the wall says; the
 * instants follow from the zone's rules and are computed again when those change (dispatch/reconcile.ts).
 */
import { DateTime, FixedOffsetZone, IANAZone, type Zone } from 'luxon';

/** `2027-03-28T10:00`, with seconds or without. */
export const WALL_CLOCK = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/;
/** `+05:30`, as far as clocks on earth differ. */
const OFFSET = /^([+-])(0\d|1[0-4]):([0-5]\d)$/;

export class NoSuchTime extends Error {}

/** An IANA name or a fixed offset. */
export const isZone = (zone: string): boolean => OFFSET.test(zone) || IANAZone.isValidZone(zone);

/**
 * @param at as WALL_CLOCK has it
 * @returns Unix milliseconds; of a time that comes twice the first.
 * @throws NoSuchTime for a day that is not in the calendar, and for what the clocks leave out when they go forward.
 */
export function instantOf(at: string, zone: string): number {
  const found = DateTime.fromISO(at, { zone: zoneOf(zone) });
  if (!found.isValid || found.toFormat("yyyy-MM-dd'T'HH:mm:ss") !== (at.length === 16 ? `${at}:00` : at)) throw new NoSuchTime();
  return Math.min(...found.getPossibleOffsets().map((one) => one.toMillis()));
}

export function zoneOf(zone: string): Zone {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? [];
  if (!sign) return IANAZone.create(zone);
  return FixedOffsetZone.instance((sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)));
}
