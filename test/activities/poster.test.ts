/** What a lane's poster does with rows in hand when the lane stops, and when something fails halfway. */
import { Poster } from '../../activities/poster';
import { HeldSlot } from '../../activities/held-slot';
import type { Wiki } from '../../db/entities/wiki';
import type { Claimed } from '../../db/queries/ledger';
import type { MediaWiki } from '../../gateways/mediawiki';
import { WikiError } from '../../gateways/mediawiki-error';
import type { WikiPage } from '../../gateways/mediawiki-pages';
import { eventually } from '../support/eventually';

/** The wiki writes spaces for underscores. */
const pageOf = (asked: string, title = asked.replaceAll('_', ' ')): WikiPage => ({
  asked, title, namespace: 3, exists: true, revisionId: 7, bytes: 10, contentModel: 'wikitext', board: null, language: 'en',
  redirect: null, problem: null, editProtection: null, optedOut: false, user: { name: title, exists: true, anonymous: false, temporary: false },
});
const row = (id: number, page = `User talk:Reader ${id}`): Claimed => ({ id, page, atMs: Date.now() });

function stage(append: () => Promise<{ revisionId: number }>, lookupsEnd = true) {
  const finished: [number, string][] = [];
  const slot = {
    width: 1, lost: false, trusts: true,
    trusted: () => slot.trusts,
    rename: async (): Promise<boolean> => true,
    named: true,
    finish: (id: number, outcome: string) => void finished.push([id, outcome]),
  };
  let lookups = 0;
  const gateway = {
    pages: async (titles: string[]) => titles.map((title) => pageOf(title)),
    siteInfo: async () => ({ namespaces: new Map(), prefixes: new Map() }),
    append,
    async *contributions() {
      lookups++;
      slot.trusts = !lookupsEnd; // false: nothing more is posted from here on
      yield* [];
    },
  };
  const poster = new Poster(slot as unknown as HeldSlot, {
    wiki: { row: { allowedNamespaces: [], allowedPages: [], optOutCategory: '' } as unknown as Wiki, gateway: gateway as unknown as MediaWiki, skewMs: 0 },
    message: { channel: 'page', marker: 'reeve:x', tags: [], in: () => ({ text: 'x', topic: 'x', mail: 'x', subject: 'x', language: null }), fallbacks: new Map(), languages: 0 }, patienceMs: 10_000, stopped: new AbortController().signal, count: () => {},
  });
  return { poster, slot, finished, lookups: () => lookups };
}

describe('a lane that stops', () => {
  test('gives back what it has surely not posted', async () => {
    const { poster, slot, finished } = stage(async () => ({ revisionId: 8 }));
    slot.trusts = false;
    const working = poster.work();
    await poster.add([row(1), row(2)]);
    poster.stop();
    await working;
    expect(finished).toEqual([[1, 'pending'], [2, 'pending']]);
  });

  test('leaves in doubt a page whose answer was lost, because the wiki may still be at work on that edit', async () => {
    const { poster, finished, lookups } = stage(async () => {
      throw new WikiError('lost', 'timeout');
    });
    const working = poster.work();
    await poster.add([row(1)]);
    await eventually(() => expect(lookups()).toBe(1));
    poster.stop();
    await working;
    expect(poster.open).toBe(1);
    expect(finished).toEqual([]); // still `attempting`: whoever comes next looks it up from its first claim on
  });
});

test('a page that is on its way is not given back when the ledger fails at the next one', async () => {
  const { poster, slot, finished } = stage(async () => ({ revisionId: 8 }));
  slot.rename = (() => {
    let calls = 0;
    return async () => {
      if (++calls === 2) throw new Error('the ledger failed');
      return true;
    };
  })();
  const working = poster.work();
  await poster.add([1, 2, 3].map((id) => row(id, `User_talk:Reader_${id}`)));
  await eventually(() => expect(finished).toHaveLength(3));
  poster.stop();
  await working;
  expect(finished.filter(([id]) => id === 1)).toEqual([[1, 'sent']]);
  expect(finished.filter(([id]) => id !== 1).map(([, outcome]) => outcome)).toEqual(['pending', 'pending']);
});

test('a page that others keep changing is looked up and tried five times, and then failed with the wiki\'s code', async () => {
  let posts = 0;
  const { poster, finished, lookups } = stage(async () => {
    posts++;
    throw new WikiError('conflict', 'editconflict');
  }, false);
  const working = poster.work();
  await poster.add([row(1)]);
  await eventually(() => expect(finished).toEqual([[1, 'failed']]));
  poster.stop();
  await working;
  expect([posts, lookups()]).toEqual([5, 5]);
});

test('a ledger that refuses outcomes fails the lane, and not the process', async () => {
  const refuse = async (): Promise<never> => {
    throw Object.assign(new Error('disk'), { code: 'XX000' });
  };
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  const slot = new HeldSlot({ query: refuse } as never, { delivery: 1, wiki: 1 }, { slot: 0, fence: 1, width: 1 });
  for (let id = 1; id <= 100; id++) slot.finish(id, 'sent');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(slot.release()).rejects.toThrow('disk');
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});
