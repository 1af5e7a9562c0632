import { instantOf, isZone, NoSuchTime, WALL_CLOCK } from '../../db/wall-clock';

const utc = (at: string, zone: string) => new Date(instantOf(at, zone)).toISOString();

describe('a time on the wall', () => {
  test.each([
    ['2028-02-29T12:00', 'Europe/Berlin', '2028-02-29T11:00:00.000Z'],
    ['2028-07-01T12:00', 'Europe/Berlin', '2028-07-01T10:00:00.000Z'],
    ['2028-07-01T12:00:30', 'Asia/Kolkata', '2028-07-01T06:30:30.000Z'],
    ['2028-07-01T12:00', '+05:30', '2028-07-01T06:30:00.000Z'],
    ['2028-07-01T12:00', '-03:30', '2028-07-01T15:30:00.000Z'],
    ['2028-07-01T12:00', 'UTC', '2028-07-01T12:00:00.000Z'],
    ['2028-12-31T23:59', 'Pacific/Kiritimati', '2028-12-31T09:59:00.000Z'],
  ])('%s in %s is %s', (at, zone, instant) => expect(utc(at, zone)).toBe(instant));

  test('that comes twice is the first', () => {
    expect(utc('2028-10-29T02:30', 'Europe/Berlin')).toBe('2028-10-29T00:30:00.000Z');
    expect(utc('2028-11-05T01:30', 'America/New_York')).toBe('2028-11-05T05:30:00.000Z');
    expect(utc('2028-04-02T01:45', 'Australia/Lord_Howe')).toBe('2028-04-01T14:45:00.000Z'); // clocks go back by half an hour
  });

  test.each([['2028-03-26T02:30', 'Europe/Berlin'], ['2028-03-12T02:00', 'America/New_York'], ['2027-02-29T10:00', 'UTC'], ['2028-04-31T10:00', '+02:00'], ['2011-12-30T12:00', 'Pacific/Apia']])(
    '%s in %s is none: the clocks leave it out, or the calendar does', (at, zone) => expect(() => instantOf(at, zone)).toThrow(NoSuchTime));

  test('one minute before and after what the clocks leave out there is', () => {
    expect(utc('2028-03-26T01:59', 'Europe/Berlin')).toBe('2028-03-26T00:59:00.000Z');
    expect(utc('2028-03-26T03:00', 'Europe/Berlin')).toBe('2028-03-26T01:00:00.000Z');
  });

  test.each([['Europe/Berlin', true], ['UTC', true], ['+05:30', true], ['-12:00', true], ['+15:00', false], ['+5:30', false], ['05:30', false], ['Nowhere/City', false], ['', false], ['Europe/Berlin; drop', false], ['EST5EDT\u0000', false]])(
    '%j as a zone: %s', (zone, is) => expect(isZone(zone)).toBe(is));

  test.each([['2028-05-17T09:41', true], ['2028-05-17T09:41:59', true], ['2028-05-17 09:41', false], ['2028-05-17T09:41Z', false], ['2028-05-17T09:41+02:00', false], ['2028-13-17T09:41', false], ['2028-05-17T24:00', false], ['28-05-17T09:41', false]])(
    '%j is written as one: %s', (text, is) => expect(WALL_CLOCK.test(text)).toBe(is));
});
