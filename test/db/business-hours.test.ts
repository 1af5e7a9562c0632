/** When so much open time has passed: by hand at the edges, and beside a walk that looks at the wall clock minute by minute. */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { afterOpenTime, HOURS, type BusinessHours } from '../../db/business-hours';

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const office: BusinessHours = { timeZone: 'Europe/Berlin', hours: ['Mo-Fr 09:00-17:00'], holidays: [] };
const at = (text: string): number => Date.parse(text);
const after = (from: string, hours: number, more: Partial<BusinessHours> = {}) => new Date(afterOpenTime(at(from), hours * HOUR_MS, { ...office, ...more })).toISOString().replace(':00.000Z', 'Z');

describe('open time', () => {
  test.each([
    ['within a day', '2031-07-01T08:00Z', 4, {}, '2031-07-01T12:00Z'],
    ['to the last minute of a day', '2031-07-01T07:00Z', 8, {}, '2031-07-01T15:00Z'],
    ['over a night', '2031-07-01T14:00Z', 2, {}, '2031-07-02T08:00Z'],
    ['over a weekend', '2031-07-04T14:00Z', 2, {}, '2031-07-07T08:00Z'],
    ['from before the doors open', '2031-07-01T03:00Z', 1, {}, '2031-07-01T08:00Z'],
    ['over a holiday', '2031-07-01T14:00Z', 2, { holidays: ['2031-07-02'] }, '2031-07-03T08:00Z'],
    ['over a whole closed week', '2031-07-04T14:00Z', 2, { holidays: ['2031-07-07', '2031-07-08', '2031-07-09', '2031-07-10', '2031-07-11'] }, '2031-07-14T08:00Z'],
    ['in hours over midnight', '2031-07-04T21:00Z', 4, { hours: ['Fr 22:00-02:00'] }, '2031-07-11T21:00Z'],
    ['in the second part of a night that a holiday follows', '2031-07-04T23:00Z', 1, { hours: ['Fr,Sa 22:00-02:00'], holidays: ['2031-07-05'] }, '2031-07-05T00:00Z'],
    ['in hours that lie over one another, once', '2031-07-01T07:00Z', 9, { hours: ['Mo-Su 09:00-15:00', 'Mo-Su 12:00-18:00'] }, '2031-07-01T16:00Z'],
    ['to the end of a day and on, without a gap', '2031-07-01T21:00Z', 2, { hours: ['Mo-Su 20:00-24:00', 'Mo-Su 00:00-02:00'] }, '2031-07-01T23:00Z'],
    ['in spring, when a night is an hour shorter', '2031-03-29T22:00Z', 4, { hours: ['Sa 23:00-05:00'] }, '2031-03-30T02:00Z'],
    ['in autumn, when a night is an hour longer', '2031-10-25T21:00Z', 6, { hours: ['Sa 23:00-05:00'] }, '2031-10-26T03:00Z'],
    ['from an hour that comes twice, from its first time on', '2031-10-26T00:00Z', 1.5, { hours: ['Su 02:30-04:00'] }, '2031-10-26T02:00Z'],
    ['by another zone than the calendar of UTC', '2031-07-01T10:00Z', 1, { timeZone: 'Pacific/Kiritimati', hours: ['We 00:00-02:00'] }, '2031-07-01T11:00Z'],
    ['by a fixed offset', '2031-07-01T03:00Z', 1, { timeZone: '+05:30' }, '2031-07-01T04:30Z'],
    ['always, where no hours are said', '2031-07-05T03:00Z', 24, { hours: [], holidays: ['2031-07-05'] }, '2031-07-06T03:00Z'],
  ])('passes %s', (_what, from, hours, more, wanted) => expect(after(from, hours, more)).toBe(wanted));

  test('that never comes ends where nobody looks further', () => {
    const holidays = Array.from({ length: 60 }, (_, i) => new Date(at('2031-07-07T12:00Z') + i * 7 * DAY_MS).toISOString().slice(0, 10));
    const found = afterOpenTime(at('2031-07-01T00:00Z'), HOUR_MS, { ...office, hours: ['Mo 09:00-17:00'], holidays });
    expect(found - at('2031-07-01T00:00Z')).toBeGreaterThan(365 * DAY_MS);
  });
});

describe('whatever the hours', () => {
  const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
  const day = fc.constantFrom(...DAYS);
  // Apart from the hours that clocks leave out or show twice: which of the two is meant is said by hand above.
  const time = fc.tuple(fc.integer({ min: 4, max: 23 }), fc.integer({ min: 0, max: 59 })).map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const line = fc.tuple(fc.oneof(day, fc.tuple(day, day).map((both) => both.join('-'))), time, time).map(([days, from, to]) => `${days} ${from}-${to}`);
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'Asia/Kathmandu', '-03:30');
  const from = fc.integer({ min: 0, max: 60 * 24 * 366 }).map((minutes) => Date.UTC(2031, 0, 1) + minutes * MINUTE_MS);
  const calendars = fc.record({ timeZone: zones, hours: fc.array(line, { minLength: 1, maxLength: 4 }), holidays: fc.array(fc.integer({ min: 0, max: 380 }).map((days) => new Date(Date.UTC(2031, 0, 1 + days)).toISOString().slice(0, 10)), { maxLength: 40 }) });

  /** Whether somebody is there in this minute, by what the clock on the wall shows. */
  function isOpen(atMs: number, { timeZone, hours, holidays }: BusinessHours): boolean {
    const now = DateTime.fromMillis(atMs, { zone: timeZone === '-03:30' ? 'UTC-3:30' : timeZone });
    const minute = now.hour * 60 + now.minute;
    return hours.some((text) => {
      const [, first, last = first, ...times] = /^(..)(?:-(..))? (..):(..)-(..):(..)$/.exec(text)!;
      const [begin, end] = [DAYS.indexOf(first!), DAYS.indexOf(last!)];
      const [start, stop] = [Number(times[0]) * 60 + Number(times[1]), Number(times[2]) * 60 + Number(times[3])];
      const begins = (one: DateTime): boolean => (one.weekday - 1 - begin + 7) % 7 <= (end - begin + 7) % 7 && !holidays.includes(one.toISODate()!);
      return stop > start ? begins(now) && minute >= start && minute < stop : (begins(now) && minute >= start) || (begins(now.minus({ days: 1 })) && minute < stop);
    });
  }

  test('as many minutes are open as the wall clock shows, and the last one is', () => {
    fc.assert(fc.property(from, fc.integer({ min: 1, max: 300 }), calendars, (fromMs, minutes, calendar) => {
      const untilMs = afterOpenTime(fromMs, minutes * MINUTE_MS, calendar);
      fc.pre(untilMs - fromMs < 6 * DAY_MS);
      let open = 0;
      for (let atMs = fromMs; atMs < untilMs; atMs += MINUTE_MS) if (isOpen(atMs, calendar)) open++;
      expect([open, isOpen(untilMs - MINUTE_MS, calendar)]).toEqual([minutes, true]);
    }), { numRuns: 50 });
  }, 60_000);

  test('two waits one after the other are one wait of both', () => {
    const some = fc.integer({ min: 0, max: 50 * HOUR_MS });
    fc.assert(fc.property(from, some, some, calendars, (fromMs, one, other, calendar) => {
      const bothMs = afterOpenTime(fromMs, one + other, calendar);
      fc.pre(bothMs - fromMs < 300 * DAY_MS);
      expect(afterOpenTime(afterOpenTime(fromMs, one, calendar), other, calendar)).toBe(bothMs);
    }), { numRuns: 100 });
  });

  test('it never comes sooner than without them', () => {
    fc.assert(fc.property(from, fc.integer({ min: 0, max: 50 * HOUR_MS }), calendars, (fromMs, ms, calendar) => expect(afterOpenTime(fromMs, ms, calendar)).toBeGreaterThanOrEqual(fromMs + ms)), { numRuns: 100 });
  });
});

test.each([['Mo-Fr 09:00-17:00', true], ['Sa,Su 22:00-02:00', true], ['Mo,We-Fr 00:00-24:00', true], ['Mo-Fr 9-17', false], ['mo-fr 09:00-17:00', false], ['Mo-Fr 24:00-02:00', false], ['Mo 09:00-17:60', false], ['09:00-17:00', false], ['Mo-Fr 09:00-17:00;', false], ['', false]])(
  '%j is a line of hours: %s', (text, is) => expect(HOURS.test(text)).toBe(is));
