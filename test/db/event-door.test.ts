import { apply } from '../../db/apply';
import type { Event } from '../../db/entities/event';
import { openDoor } from '../../db/queries/requests';
import { makeEvent } from '../support/house';
import { aUser, testKernel } from '../support/kernel';

/** Nothing runs beside Postgres here: neither Temporal nor a worker. */
describe('the door of an event', () => {
  const house = testKernel();
  const isOpen = async ({ uuid }: Event, atMs: number): Promise<boolean> => {
    house.clock.atMs = atMs;
    return (await openDoor(house.kernel, uuid)) !== null;
  };
  async function approved(window: [string, string], timeZone: string, beforeMs: number): Promise<Event> {
    house.clock.atMs = beforeMs;
    const organizer = await aUser(house, 'organizer');
    const event = await makeEvent(house.kernel, organizer, window, { timeZone });
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'submit', actor: organizer });
    return (await apply(house.kernel, { noun: 'event', id: event.id, verb: 'approve', actor: await aUser(house, 'toolAdmin') })).row;
  }

  test.each([
    ['a day in which clocks go forward', 'Europe/Berlin', ['2028-03-26T01:00', '2028-03-26T04:00'], '2028-03-26T00:00:00Z', '2028-03-26T02:00:00Z'],
    ['a day in which clocks go back', 'Europe/Berlin', ['2028-10-29T01:00', '2028-10-29T04:00'], '2028-10-28T23:00:00Z', '2028-10-29T03:00:00Z'],
    ['a leap day', 'Asia/Kolkata', ['2028-02-29T00:00', '2028-02-29T23:59'], '2028-02-28T18:30:00Z', '2028-02-29T18:29:00Z'],
    ['the end of a year, in a fixed offset', '-03:30', ['2028-12-31T23:00', '2029-01-01T02:00'], '2029-01-01T02:30:00Z', '2029-01-01T05:30:00Z'],
  ] as const)('is open on %s from its first millisecond to its last, and not one more', async (_what, zone, [from, to], opens, closes) => {
    const [opensMs, closesMs] = [Date.parse(opens), Date.parse(closes)];
    const event = await approved([from, to], zone, opensMs - 30 * 86_400_000);
    expect(await isOpen(event, opensMs - 1)).toBe(false);
    expect(await isOpen(event, opensMs)).toBe(true);
    expect(await isOpen(event, closesMs - 1)).toBe(true);
    expect(await isOpen(event, closesMs)).toBe(false);
    expect(await isOpen(event, closesMs + 30 * 86_400_000)).toBe(false);
  });

  test('is shut at once when an admin switches it off, and as the clock says when they switch it on again', async () => {
    const [opensMs, closesMs] = [Date.parse('2028-06-01T10:00:00Z'), Date.parse('2028-06-01T12:00:00Z')];
    const event = await approved(['2028-06-01T10:00', '2028-06-01T12:00'], 'UTC', opensMs - 86_400_000);
    const admin = await aUser(house, 'toolAdmin');
    expect(await isOpen(event, opensMs + 1)).toBe(true);
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'disable', actor: admin });
    expect(await isOpen(event, opensMs + 1)).toBe(false);
    await apply(house.kernel, { noun: 'event', id: event.id, verb: 'enable', actor: admin });
    expect(await isOpen(event, opensMs + 2)).toBe(true);
    expect(await isOpen(event, closesMs)).toBe(false);
  });

  test('is shut to a link that is none', async () => {
    expect(await openDoor(house.kernel, 'no such link')).toBeNull();
    expect(await openDoor(house.kernel, '\0')).toBeNull();
  });
});
