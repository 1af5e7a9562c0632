import request from 'supertest';
import type { Script } from '../support/api';
import { commandLineAt } from '../support/command';
import { testDesk } from '../support/desk';

/** The real API, in this process. */
describe('reeve events feed', () => {
  const desk = testDesk();
  let asker: Script;
  const reeve = commandLineAt(desk.api, () => asker);
  beforeEach(() => void (asker = desk.ada));
  const feed = async (...args: string[]): Promise<string> => (await reeve.run(['events', 'feed', ...args])).stdout.trim();
  const opens = async (url: string): Promise<number> => (await request(desk.api.app).get(new URL(url).pathname)).status;

  it('says that there is none, makes one whose address is printed this once, and says since when there is one', async () => {
    expect(await feed()).toBe('There is none.');
    const url = await feed('--new');
    expect(await opens(url)).toBe(200);
    expect(await feed()).toBe('There is one since 2031-07-01T09:00:00.000Z. Its address is not shown again: --new makes another.');
    expect(await reeve.json(['events', 'feed'])).toEqual({ since: '2031-07-01T09:00:00.000Z' });
  });

  it('makes another, which ends the one before, and ends that', async () => {
    const [first, { url: second }] = [await feed('--new'), await reeve.json(['events', 'feed', '--new'])];
    expect([await opens(first), await opens(second)]).toEqual([404, 200]);
    expect(await feed('--end')).toBe('There is none.');
    expect(await opens(second)).toBe(404);
    expect(await feed('--end')).toBe('There is none.');
  });

  it('does not make and end one at once', async () => {
    expect(await reeve.run(['events', 'feed', '--new', '--end'])).toMatchObject({ code: 2, stdout: '' });
    expect(await feed()).toBe('There is none.');
  });

  it('is for those who organize', async () => {
    asker = desk.ulla;
    for (const args of [[], ['--new'], ['--end']]) expect(await reeve.run(['events', 'feed', ...args])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('It is for those who organize.') });
  });
});
