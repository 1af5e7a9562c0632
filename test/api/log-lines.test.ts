import { EventEmitter } from 'node:events';
import { logs } from '../../api/middleware/logs';

describe('the log line of a request', () => {
  function lineOf(originalUrl: string): string {
    const lines: object[] = [];
    const write = (fields: object): void => void lines.push(fields);
    const res = Object.assign(new EventEmitter(), { statusCode: 200 });
    logs({ info: write, error: write, trace: write } as never)({ originalUrl, method: 'GET', id: 'r1' } as never, res as never, () => {});
    res.emit('close');
    return JSON.stringify(lines);
  }

  test.each([
    ['the special URL of an event', '/e/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', '1b9d6bcd', '/e/…'],
    ['the unlisted page of a queue', '/request/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed', '1b9d6bcd', '/request/…'],
    ['what follows it', '/E/1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed/sent?to=team', '1b9d6bcd', '/E/…/sent'],
    ['the address of a calendar', '/calendar/abcdefghijklmnopqrstuvwxyz.ics?uselang=ar', 'abcdefghij', '/calendar/…'],
    ['the link that confirms an address', '/confirm/7-abcdefghijklmnopqrstuv?uselang=ar', 'abcdefghij', '/confirm/…'],
    ['the link that confirms an official address', '/confirm-address/7-abcdefghijklmnopqrstuv?uselang=ar', 'abcdefghij', '/confirm-address/…'],
    ['what a wiki leads back with', '/sign-in/wiki/callback?code=opens-doors&state=one', 'opens-doors', '/sign-in/wiki/callback'],
    ['a query', '/api/requests?q=Somebody', 'Somebody', '/api/requests'],
  ])('does not hold %s', (_what, url, secret, path) => {
    expect(lineOf(url)).not.toContain(secret);
    expect(lineOf(url)).toContain(`"path":"${path}"`);
  });

  test('names the thing that was asked for by its id', () => {
    expect(lineOf('/api/requests/7/reserve')).toContain('"path":"/api/requests/7/reserve"');
  });
});
