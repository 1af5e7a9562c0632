/**
 * What Reeve relies on, whatever the wiki: run against the sandbox (mediawiki-sandbox.test.ts) and against MediaWiki
 * itself (mediawiki-real.test.ts). Where the two differ, the sandbox is wrong.
 */
import { createMediaWiki, type MediaWiki } from '../../gateways/mediawiki';
import type { WikiError } from '../../gateways/mediawiki-error';
import { CuttingProxy } from './cutting-proxy';
import type { Account, WikiWorld } from './wiki-world';

export function mediaWikiContract(open: () => Promise<WikiWorld>): void {
  let world: WikiWorld;
  let proxy: CuttingProxy;
  let bot: Account;
  let wiki: MediaWiki;
  const opened: MediaWiki[] = [];
  const begunAtMs = Date.now();
  const unique = String(begunAtMs);
  const talk = (name: string): string => `User talk:${name} ${unique}`;
  const optOutCategory = 'Category:Opted-out of message delivery';

  const connect = ({ user, password }: Account, more: object = {}): MediaWiki => {
    const made = createMediaWiki({ apiUrl: proxy.apiUrl, user, password, userAgent: world.userAgent, allowPrivateHosts: true, timeoutMs: 20_000, ...more });
    opened.push(made);
    return made;
  };
  const problem = (work: Promise<unknown>): Promise<WikiError> => work.then(
    (value) => { throw new Error(`this should have failed: ${JSON.stringify(value)}`); },
    (error: WikiError) => error,
  );
  const marked = async (gateway: MediaWiki, marker: string): Promise<number[]> => {
    const found: number[] = [];
    for await (const { summary, revisionId } of gateway.contributions({ sinceMs: begunAtMs })) if (summary?.includes(marker)) found.push(revisionId);
    return found;
  };
  const copies = async (title: string, text: string): Promise<number> => (await world.admin.text(title)).split(text).length - 1;

  beforeAll(async () => {
    world = await open();
    proxy = await CuttingProxy.before(world.apiUrl);
    bot = await world.account({ bot: true });
    wiki = connect(bot);
  }, 60_000);
  afterEach(() => world.calm());
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await proxy?.close();
    await world?.close();
  });

  describe('signing in', () => {
    test('a bot password opens a session with the account\'s rights', async () => {
      const { name, rights, groups } = await connect(world.botPassword).whoAmI();
      expect(name).toBe(world.botPassword.name);
      expect(groups).toContain('bot');
      expect(rights).toEqual(expect.arrayContaining(['bot', 'edit', 'apihighlimits']));
      expect(await wiki.maxTitles()).toBe(500);
    });

    test('a wrong password is a session error, with the reason', async () => {
      const error = await problem(connect({ ...world.botPassword, password: 'x'.repeat(32) }).whoAmI());
      expect(error).toMatchObject({ kind: 'session', code: 'wrongpassword', reason: 'wiki.session' });
      expect(error.message).toBe('wrongpassword');
    });

    test('an account without the bot right works too, with smaller requests', async () => {
      const plain = connect(await world.account({ bot: false }));
      expect(await plain.maxTitles()).toBe(50);
      await expect(plain.append({ title: talk('Plain'), text: 'hello', createOnly: true, summary: '1' })).resolves.toEqual({ revisionId: expect.any(Number) });
      const titles = Array.from({ length: 120 }, (_, i) => `Missing page ${i}`);
      expect((await plain.pages(titles)).map(({ title }) => title)).toEqual(titles);
    });

    test('a session that the wiki has forgotten is renewed once, and the edit is made once', async () => {
      const gateway = connect(bot);
      await gateway.whoAmI();
      await world.trouble('signed-out');
      await gateway.append({ title: talk('Forgotten'), text: 'once only', createOnly: true, summary: '1' });
      expect(await copies(talk('Forgotten'), 'once only')).toBe(1);
    });
  });

  describe('the site', () => {
    test('says what it is, and what its titles are made of', async () => {
      const site = await wiki.siteInfo();
      expect(site.version).toMatch(/^1\.39\./);
      expect(site.host).toBe(new URL(world.apiUrl).host);
      expect(site.namespaces.get(3)).toMatchObject({ id: 3, name: 'User talk', case: 'first-letter' });
      expect(site.namespaces.get(6)?.names).toEqual(['File', 'Image']);
      expect(site).toMatchObject({ maxTitleBytes: 255, maxArticleBytes: 2_097_152, readOnly: false, language: 'en' });
      expect([...site.extensions]).toEqual(expect.arrayContaining(['Abuse Filter', 'TitleBlacklist']));
    });
  });

  describe('many pages in one question', () => {
    test('what is there, what is missing, and under which name', async () => {
      const revision = await world.admin.edit(talk('There'), 'hello there');
      const [there, missing, lower, fragment, twice] = await wiki.pages([`User_talk:There ${unique}`, 'No such page', 'no such page', 'No such page#part', 'No such page']);
      expect(there).toMatchObject({ title: talk('There'), namespace: 3, exists: true, revisionId: revision, bytes: 11, contentModel: 'wikitext', problem: null, editProtection: null, optedOut: false });
      expect(missing).toMatchObject({ asked: 'No such page', namespace: 0, exists: false, revisionId: null });
      for (const same of [lower, fragment, twice]) expect(same).toMatchObject({ title: 'No such page', problem: null });
    });

    test('decomposed letters mean the same page', async () => {
      const [page] = await wiki.pages(['Cafe\u0301 nowhere']);
      expect(page).toMatchObject({ title: 'Caf\u00e9 nowhere', problem: null });
    });

    test('titles that are none, each with the wiki\'s reason', async () => {
      const pages = await wiki.pages(['A<b>', 'A|b', '', 'User talk:', 'a%41', '~~~~', 'x\r\nSet-Cookie: a=b', 'half \ud800', 'Talk:' + 'x'.repeat(256), 'Special:Block', 'wikipedia:Foo', './x']);
      expect(pages.map(({ problem: found, reason }) => [found, reason])).toEqual([
        ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-empty'], ['invalid', 'title-invalid-empty'],
        ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-magic-tilde'], ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-characters'],
        ['invalid', 'title-invalid-too-long'], ['special', undefined], ['interwiki', undefined], ['invalid', 'title-invalid-relative'],
      ]);
    });

    test('redirects are followed on the wiki, and told', async () => {
      await world.admin.edit(talk('Old name'), `#REDIRECT [[${talk('New name')}#section]]`);
      await world.admin.edit(talk('Older name'), `#REDIRECT [[${talk('Old name')}]]`);
      await world.admin.edit(talk('Ring 1'), `#REDIRECT [[${talk('Ring 2')}]]`);
      await world.admin.edit(talk('Ring 2'), `#REDIRECT [[${talk('Ring 1')}]]`);
      await world.admin.edit(talk('Away'), '#REDIRECT [[wikipedia:Foo]]');
      await world.admin.edit(talk('Special'), '#REDIRECT [[Special:Version]]');
      const [old, older, ring, away, special] = await wiki.pages(['Old name', 'Older name', 'Ring 1', 'Away', 'Special'].map(talk));
      expect(old).toMatchObject({ title: talk('New name'), exists: false, redirect: { from: talk('Old name') }, problem: null });
      expect(older).toMatchObject({ title: talk('New name'), redirect: { from: talk('Older name') } });
      expect(ring).toMatchObject({ title: talk('Ring 1'), problem: 'circular' });
      for (const page of [away, special]) expect(page).toMatchObject({ problem: 'redirect-elsewhere' });
    });

    test('protection of pages and of titles that do not exist', async () => {
      await world.admin.edit(talk('Guarded'), 'x');
      await world.admin.protect(talk('Guarded'), 'edit=sysop|move=sysop');
      await world.admin.edit(talk('Half guarded'), 'x');
      await world.admin.protect(talk('Half guarded'), 'edit=autoconfirmed');
      await world.admin.edit(talk('Only moves'), 'x');
      await world.admin.protect(talk('Only moves'), 'move=sysop');
      await world.admin.protect(talk('Not to be made'), 'create=sysop');
      const pages = await wiki.pages(['Guarded', 'Half guarded', 'Only moves', 'Not to be made'].map(talk));
      expect(pages.map(({ editProtection }) => editProtection)).toEqual(['sysop', 'autoconfirmed', null, 'sysop']);
    });

    test('who has opted out by the category, and no other', async () => {
      await world.admin.edit(talk('Out'), `hello\n[[${optOutCategory}]]`);
      await world.admin.edit(talk('In'), 'hello\n[[Category:Something else]]');
      const pages = await wiki.pages([talk('Out'), talk('In'), talk('Missing')], { optOutCategory });
      expect(pages.map(({ optedOut }) => optedOut)).toEqual([true, false, false]);
    });

    test('the accounts behind user pages, in the same request', async () => {
      const asked = [`user talk:${bot.name[0]!.toLowerCase()}${bot.name.slice(1)}`, `User:${bot.name}/notes`, talk('Nobody'), 'User talk:192.0.2.7', 'User talk:2001:DB8::1', 'Talk:Main Page'];
      const pages = await wiki.pages(asked);
      expect(pages.map(({ user }) => user)).toEqual([
        { name: bot.name, exists: true, anonymous: false, temporary: false },
        { name: bot.name, exists: true, anonymous: false, temporary: false },
        { name: `Nobody ${unique}`, exists: false, anonymous: false, temporary: false },
        { name: '192.0.2.7', exists: false, anonymous: true, temporary: false },
        { name: '2001:DB8:0:0:0:0:0:1', exists: false, anonymous: true, temporary: false },
        null,
      ]);
    });

    test('a redirect to another user\'s page answers for that user', async () => {
      await world.admin.edit(talk('Renamed'), `#REDIRECT [[User talk:${bot.name}]]`);
      const [page] = await wiki.pages([talk('Renamed')]);
      expect(page).toMatchObject({ title: `User talk:${bot.name}`, user: { name: bot.name, exists: true } });
    });
  });

  describe('appending', () => {
    test('to a page at the revision that was read, and to a new one', async () => {
      const baseRevisionId = await world.admin.edit(talk('Reader'), 'Welcome.');
      const { revisionId } = await wiki.append({ title: talk('Reader'), text: '\n\n== News ==\nÄ & "quotes" + 100% \u{1F600}', baseRevisionId, summary: 'News', bot: true });
      expect(revisionId).toBeGreaterThan(baseRevisionId);
      expect(await world.admin.text(talk('Reader'))).toBe('Welcome.\n\n== News ==\nÄ & "quotes" + 100% \u{1F600}');
      await wiki.append({ title: talk('Newcomer'), text: '== News ==\nhello', createOnly: true, summary: 'News' });
      expect(await world.admin.text(talk('Newcomer'))).toBe('== News ==\nhello');
    });

    test('a page that has grown since it was read is a conflict, the bot\'s own edit included', async () => {
      const baseRevisionId = await world.admin.edit(talk('Busy'), 'Welcome.');
      await wiki.append({ title: talk('Busy'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' });
      expect(await problem(wiki.append({ title: talk('Busy'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' }))).toMatchObject({ kind: 'conflict', code: 'editconflict' });
      expect(await copies(talk('Busy'), '== News ==')).toBe(1);
    });

    test('a change further up the page is no conflict', async () => {
      const baseRevisionId = await world.admin.edit(talk('Long'), 'Top\n\nMiddle\n\nMore\n\nEnd');
      await world.admin.edit(talk('Long'), 'Top, mended\n\nMiddle\n\nMore\n\nEnd');
      await wiki.append({ title: talk('Long'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' });
      expect(await world.admin.text(talk('Long'))).toBe('Top, mended\n\nMiddle\n\nMore\n\nEnd\n\n== News ==\nhello');
    });

    test('a page that was deleted since it was read is a conflict, not a new page', async () => {
      const baseRevisionId = await world.admin.edit(talk('Deleted'), 'Welcome.');
      await world.admin.delete(talk('Deleted'));
      expect(await problem(wiki.append({ title: talk('Deleted'), text: 'x', baseRevisionId, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'missingtitle' });
    });

    test('a new page that exists by now is a conflict', async () => {
      await world.admin.edit(talk('Exists'), 'Welcome.');
      expect(await problem(wiki.append({ title: talk('Exists'), text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'articleexists' });
    });

    test('nothing added is a conflict, as nothing was posted', async () => {
      const baseRevisionId = await world.admin.edit(talk('Empty'), 'Welcome.');
      expect(await problem(wiki.append({ title: talk('Empty'), text: '\n ', baseRevisionId, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'nochange' });
    });

    test('a tag that the wiki does not have is left away, the message is not', async () => {
      await wiki.append({ title: talk('Tagged'), text: 'hello', createOnly: true, summary: 'x', tags: ['no-such-tag'] });
      expect(await copies(talk('Tagged'), 'hello')).toBe(1);
    });

    test.each([
      ['protected', 'protectedpage', async (title: string) => { await world.admin.edit(title, 'x'); await world.admin.protect(title, 'edit=sysop'); }, false],
      ['protected from creation', 'protectedpage', (title: string) => world.admin.protect(title, 'create=sysop'), true],
      ['refused by an abuse filter', 'abusefilter-disallowed', (title: string) => world.filter(title), true],
      ['on the title blacklist', 'titleblacklist-forbidden', (title: string) => world.blacklist(title), true],
    ])('a page %s is refused as %s', async (what, code, prepare, isNew) => {
      const title = talk(`Refusing ${what}`);
      await prepare(title);
      const plain = connect(await world.account({ bot: false }));
      const [page] = await plain.pages([title]);
      expect(await problem(plain.append({ title, text: 'hello', ...(isNew ? { createOnly: true } : { baseRevisionId: page!.revisionId! }), summary: 'x' }))).toMatchObject({ kind: 'refused', code });
      expect(await copies(title, 'hello')).toBe(0);
    });

    test('a title that is none, a page that cannot be, and a text that is too long are refused', async () => {
      const base = await world.admin.edit(talk('Full'), 'x');
      expect(await problem(wiki.append({ title: 'A<b>', text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'invalidtitle' });
      expect(await problem(wiki.append({ title: 'Special:Version', text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'pagecannotexist' });
      expect(await problem(wiki.append({ title: talk('Full'), text: 'x'.repeat(2_097_152), baseRevisionId: base, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'contenttoobig' });
    });

    test('a blocked account stops the whole wiki', async () => {
      const blocked = await world.account({ bot: true });
      const gateway = connect(blocked);
      await gateway.whoAmI();
      await world.admin.block(blocked.name);
      expect(await problem(gateway.append({ title: talk('Blocked'), text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'blocked', code: 'blocked', reason: 'wiki.blocked' });
      await world.admin.unblock(blocked.name);
      await gateway.append({ title: talk('Blocked'), text: 'x', createOnly: true, summary: 'x' });
    });

    test.each([['readonly', 'readonly'], ['lagging', 'maxlag'], ['ratelimited', 'ratelimited']] as const)('a wiki that is %s is busy, and takes the edit afterwards', async (trouble, code) => {
      const title = talk(`While ${trouble}`);
      await wiki.whoAmI();
      await world.trouble(trouble);
      const error = await problem(wiki.append({ title, text: 'hello', createOnly: true, summary: 'x' }));
      expect(error).toMatchObject({ kind: 'busy', code });
      if (trouble === 'lagging') expect(error.retryAfterMs).toBe(5_000);
      await world.calm();
      await wiki.append({ title, text: 'hello', createOnly: true, summary: 'x' });
      expect(await copies(title, 'hello')).toBe(1);
    });
  });

  describe('when the answer is lost', () => {
    test.each(['after', 'half', 'bad-gateway'] as const)('cut %s the edit: it is lost, found among the contributions, and a second try conflicts', async (cut) => {
      const title = talk(`Lost ${cut}`);
      const marker = `reeve:${unique}/${cut}`;
      const baseRevisionId = await world.admin.edit(title, 'Welcome.');
      const edit = { title, text: `\n\n== News ==\nhello`, baseRevisionId, summary: `News (${marker})` };
      proxy.cut('action=edit', cut);
      expect(await problem(wiki.append(edit))).toMatchObject({ kind: 'lost' });
      const [page] = await wiki.pages([title]);
      expect(await marked(wiki, marker)).toEqual([page!.revisionId]);
      expect(await problem(wiki.append(edit))).toMatchObject({ kind: 'conflict' });
      expect(await copies(title, '== News ==')).toBe(1);
    });

    test('cut before the edit: it is lost all the same, and not among the contributions', async () => {
      const title = talk('Lost before');
      const marker = `reeve:${unique}/before`;
      proxy.cut('action=edit', 'before');
      expect(await problem(wiki.append({ title, text: 'x', createOnly: true, summary: `News (${marker})` }))).toMatchObject({ kind: 'lost', code: 'reset' });
      expect(await marked(wiki, marker)).toEqual([]);
    });

    test('a copy that was archived meanwhile is still among the contributions, though the wiki would take a second', async () => {
      const title = talk('Archived');
      const marker = `reeve:${unique}/archived`;
      const baseRevisionId = await world.admin.edit(title, 'Welcome.');
      const edit = { title, text: '\n\n== News ==\nhello', baseRevisionId, summary: `News (${marker})` };
      const { revisionId } = await wiki.append(edit);
      await world.admin.edit(title, 'Welcome.');
      expect(await marked(wiki, marker)).toEqual([revisionId]);
      await expect(wiki.append(edit)).resolves.toEqual({ revisionId: expect.any(Number) });
    });

    test('a read whose answer is cut may be asked again: the wiki was busy', async () => {
      await wiki.siteInfo();
      proxy.cut('prop=info', 'after');
      expect(await problem(wiki.pages(['Main Page']))).toMatchObject({ kind: 'busy' });
    });
  });

  describe('contributions', () => {
    test('come newest first, since the instant asked for, through as many answers as it takes', async () => {
      const writer = connect(await world.account({ bot: false }));
      for (let n = 1; n <= 3; n += 1) await writer.append({ title: talk(`Written ${n}`), text: 'x', createOnly: true, summary: `number ${n}` });
      const found: string[] = [];
      for await (const { summary, title, atMs } of writer.contributions({ sinceMs: begunAtMs })) {
        found.push(`${summary} ${title}`);
        expect(Math.abs(atMs - Date.now())).toBeLessThan(120_000);
      }
      expect(found).toEqual([3, 2, 1].map((n) => `number ${n} ${talk(`Written ${n}`)}`));
      for await (const { summary } of writer.contributions({ sinceMs: Date.now() + 600_000 })) throw new Error(`nothing was written in the future: ${summary}`);
    });
  });
}
