/**
 * What Reeve relies on when it signs in and reads, whatever the wiki: run against the sandbox (mediawiki-sandbox.test.ts)
 * and against MediaWiki itself (mediawiki-real.test.ts). Where the two differ, the sandbox is wrong.
 */
import { problem, type Scene } from './scene';

export function readingContract(scene: Scene): void {
  const { talk, connect, unique } = scene;
  const optOutCategory = 'Category:Opted-out of message delivery';

  describe('signing in', () => {
    test('a bot password opens a session with the account\'s rights', async () => {
      const { name, rights, groups } = await connect(scene.world.botPassword).whoAmI();
      expect(name).toBe(scene.world.botPassword.name);
      expect(groups).toContain('bot');
      expect(rights).toEqual(expect.arrayContaining(['bot', 'edit', 'apihighlimits']));
      expect(await scene.wiki.maxTitles()).toBe(500);
    });

    test('a wrong password is a session error, with the reason', async () => {
      const error = await problem(connect({ ...scene.world.botPassword, password: 'x'.repeat(32) }).whoAmI());
      expect(error).toMatchObject({ kind: 'session', code: 'wrongpassword', reason: 'wiki.session' });
      expect(error.message).toBe('wrongpassword');
    });

    test('an account without the bot right works too, with smaller requests', async () => {
      const plain = connect(await scene.world.account({ bot: false }));
      expect(await plain.maxTitles()).toBe(50);
      await expect(plain.append({ title: talk('Plain'), text: 'hello', createOnly: true, summary: '1' })).resolves.toEqual({ revisionId: expect.any(Number) });
      const titles = Array.from({ length: 120 }, (_, i) => `Missing page ${i}`);
      expect((await plain.pages(titles)).map(({ title }) => title)).toEqual(titles);
    });

    test('a session that the wiki has forgotten is renewed once, and the edit is made once', async () => {
      const gateway = connect(scene.bot);
      await gateway.whoAmI();
      await scene.world.trouble('signed-out');
      await gateway.append({ title: talk('Forgotten'), text: 'once only', createOnly: true, summary: '1' });
      expect(await scene.copies(talk('Forgotten'), 'once only')).toBe(1);
    });
  });

  describe('the site', () => {
    test('says what it is, and what its titles are made of', async () => {
      const site = await scene.wiki.siteInfo();
      expect(site.version).toMatch(/^1\.39\./);
      expect(site.host).toBe(new URL(scene.world.apiUrl).host);
      expect(site.namespaces.get(3)).toMatchObject({ id: 3, name: 'User talk', case: 'first-letter' });
      expect(site.namespaces.get(6)?.names).toEqual(['File', 'Image']);
      expect(site).toMatchObject({ maxTitleBytes: 255, maxArticleBytes: 2_097_152, readOnly: false, language: 'en', dir: 'ltr', licence: { text: expect.any(String), url: expect.any(String) } });
      expect([...site.extensions]).toEqual(expect.arrayContaining(['Abuse Filter', 'TitleBlacklist']));
    });
  });

  describe('a text that is not saved', () => {
    test('is shown as the wiki would show it, signed, with the templates that it lacks', async () => {
      await scene.world.admin.edit(`Template:Known ${unique}`, 'known');
      const { html, missingTemplates, languageLinks } = await scene.wiki.render(talk('Rendered'), `== News ==\n\nSee '''this''' [[Some page]], {{Known ${unique}}} and {{No such ${unique}|1}}. ~~~~\n<!-- hidden -->`);
      expect(html).toMatch(/<h2[^>]*>.*News.*<\/h2>/s);
      expect(html).toContain('<b>this</b>');
      expect(html).toMatch(/\d{2}:\d{2}.*\(UTC\)/);
      expect(html).not.toContain('hidden');
      expect(missingTemplates).toEqual([`Template:No such ${unique}`]);
      expect(languageLinks).toEqual([]);
      expect((await scene.wiki.pages([talk('Rendered')]))[0]).toMatchObject({ exists: false });
    });
  });

  describe('languages', () => {
    test('are written one way or the other, and some have others that stand in for them', async () => {
      const languages = await scene.wiki.languages(['he', 'de-at', 'bar', 'sr-ec', 'notes', 'No language']);
      expect(languages.get('he')).toEqual({ htmlCode: 'he', dir: 'rtl', fallbacks: [] });
      expect(languages.get('de-at')).toEqual({ htmlCode: 'de-AT', dir: 'ltr', fallbacks: ['de'] });
      expect(languages.get('bar')).toEqual({ htmlCode: 'bar', dir: 'ltr', fallbacks: ['de'] });
      expect(languages.get('sr-ec')).toMatchObject({ htmlCode: 'sr-Cyrl' });
      expect([...languages.keys()]).toEqual(['he', 'de-at', 'bar', 'sr-ec']);
    });

    test('a page says which one it is in, whether it is there or not', async () => {
      await scene.world.admin.edit(talk('Hebrew'), 'x');
      await scene.world.speak({ [talk('Hebrew')]: 'he', [talk('Not yet')]: 'de-at' });
      const pages = await scene.wiki.pages([talk('Hebrew'), talk('Not yet'), talk('Plain page')]);
      await scene.world.calm();
      expect(pages.map(({ language }) => language)).toEqual(['he', 'de-at', 'en']);
    });

    test('the translations of a page are its subpages that a language names, each with its text and revision', async () => {
      const title = `Project:Message ${unique}`;
      const revisions: Record<string, number> = {};
      for (const [name, text] of Object.entries({ '': 'hello', '/de': 'hallo', '/he': 'שלום', '/notes': 'x', '/notes/de': 'x', '/fr': `#REDIRECT [[${talk('Elsewhere')}]]` }))
        revisions[name] = await scene.world.admin.edit(title + name, text);
      await scene.world.admin.edit(`${title} 2/de`, 'another message');
      const page = (await scene.wiki.text(title))!;
      expect(page).toMatchObject({ language: 'en', text: 'hello', revisionId: revisions[''] });
      expect(await scene.wiki.translations(page)).toEqual(
        [['de', 'hallo'], ['he', 'שלום']].map(([language, text]) => ({ title: `${page.title}/${language}`, namespace: 4, language, revisionId: revisions[`/${language}`], contentModel: 'wikitext', text })));
      expect(await scene.wiki.translations((await scene.wiki.text(`${title}/notes`))!)).toMatchObject([{ language: 'de' }]);
    });
  });

  describe('many pages in one question', () => {
    test('what is there, what is missing, and under which name', async () => {
      const revision = await scene.world.admin.edit(talk('There'), 'hello there');
      const [there, missing, lower, fragment, twice] = await scene.wiki.pages([`User_talk:There ${unique}`, 'No such page', 'no such page', 'No such page#part', 'No such page']);
      expect(there).toMatchObject({ title: talk('There'), namespace: 3, exists: true, revisionId: revision, bytes: 11, contentModel: 'wikitext', problem: null, editProtection: null, optedOut: false });
      expect(missing).toMatchObject({ asked: 'No such page', namespace: 0, exists: false, revisionId: null });
      for (const same of [lower, fragment, twice]) expect(same).toMatchObject({ title: 'No such page', problem: null });
    });

    test('decomposed letters mean the same page', async () => {
      const [page] = await scene.wiki.pages(['Cafe\u0301 nowhere']);
      expect(page).toMatchObject({ title: 'Caf\u00e9 nowhere', problem: null });
    });

    test('titles that are none, each with the wiki\'s reason', async () => {
      const pages = await scene.wiki.pages(['A<b>', 'A|b', '', 'User talk:', 'a%41', '~~~~', 'x\r\nSet-Cookie: a=b', 'half \ud800', 'Talk:' + 'x'.repeat(256), 'Special:Block', 'wikipedia:Foo', './x']);
      expect(pages.map(({ problem: found, reason }) => [found, reason])).toEqual([
        ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-empty'], ['invalid', 'title-invalid-empty'],
        ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-magic-tilde'], ['invalid', 'title-invalid-characters'], ['invalid', 'title-invalid-characters'],
        ['invalid', 'title-invalid-too-long'], ['special', undefined], ['interwiki', undefined], ['invalid', 'title-invalid-relative'],
      ]);
    });

    test.each(['', ' ', '_', '#part', ':', 'Talk:#part'])('%j by itself is no title', async (title) => {
      expect(await scene.wiki.pages([title])).toMatchObject([{ problem: 'invalid', reason: 'title-invalid-empty' }]);
    });

    test('redirects are followed on the wiki, and told', async () => {
      await scene.world.admin.edit(talk('Old name'), `#REDIRECT [[${talk('New name')}#section]]`);
      await scene.world.admin.edit(talk('Older name'), `#REDIRECT [[${talk('Old name')}]]`);
      await scene.world.admin.edit(talk('Ring 1'), `#REDIRECT [[${talk('Ring 2')}]]`);
      await scene.world.admin.edit(talk('Ring 2'), `#REDIRECT [[${talk('Ring 1')}]]`);
      await scene.world.admin.edit(talk('Away'), '#REDIRECT [[wikipedia:Foo]]');
      await scene.world.admin.edit(talk('Special'), '#REDIRECT [[Special:Version]]');
      const [old, older, ring, away, special] = await scene.wiki.pages(['Old name', 'Older name', 'Ring 1', 'Away', 'Special'].map(talk));
      expect(old).toMatchObject({ title: talk('New name'), exists: false, redirect: { from: talk('Old name') }, problem: null });
      expect(older).toMatchObject({ title: talk('New name'), redirect: { from: talk('Older name') } });
      expect(ring).toMatchObject({ title: talk('Ring 1'), problem: 'circular' });
      for (const page of [away, special]) expect(page).toMatchObject({ problem: 'redirect-elsewhere' });
    });

    test('protection of pages and of titles that do not exist', async () => {
      await scene.world.admin.edit(talk('Guarded'), 'x');
      await scene.world.admin.protect(talk('Guarded'), 'edit=sysop|move=sysop');
      await scene.world.admin.edit(talk('Half guarded'), 'x');
      await scene.world.admin.protect(talk('Half guarded'), 'edit=autoconfirmed');
      await scene.world.admin.edit(talk('Only moves'), 'x');
      await scene.world.admin.protect(talk('Only moves'), 'move=sysop');
      await scene.world.admin.protect(talk('Not to be made'), 'create=sysop');
      const pages = await scene.wiki.pages(['Guarded', 'Half guarded', 'Only moves', 'Not to be made'].map(talk));
      expect(pages.map(({ editProtection }) => editProtection)).toEqual(['sysop', 'autoconfirmed', null, 'sysop']);
    });

    test('who has opted out by the category, and no other', async () => {
      await scene.world.admin.edit(talk('Out'), `hello\n[[${optOutCategory}]]`);
      await scene.world.admin.edit(talk('In'), 'hello\n[[Category:Something else]]');
      const pages = await scene.wiki.pages([talk('Out'), talk('In'), talk('Missing')], { optOutCategory });
      expect(pages.map(({ optedOut }) => optedOut)).toEqual([true, false, false]);
    });

    test('the accounts behind user pages, in the same request', async () => {
      const asked = [`user talk:${scene.bot.name[0]!.toLowerCase()}${scene.bot.name.slice(1)}`, `User:${scene.bot.name}/notes`, talk('Nobody'), 'User talk:192.0.2.7', 'User talk:2001:DB8::1', 'Talk:Main Page'];
      const pages = await scene.wiki.pages(asked);
      expect(pages.map(({ user }) => user)).toEqual([
        { name: scene.bot.name, exists: true, anonymous: false, temporary: false },
        { name: scene.bot.name, exists: true, anonymous: false, temporary: false },
        { name: `Nobody ${unique}`, exists: false, anonymous: false, temporary: false },
        { name: '192.0.2.7', exists: false, anonymous: true, temporary: false },
        { name: '2001:DB8:0:0:0:0:0:1', exists: false, anonymous: true, temporary: false },
        null,
      ]);
    });

    test('a redirect to another user\'s page answers for that user', async () => {
      await scene.world.admin.edit(talk('Renamed'), `#REDIRECT [[User talk:${scene.bot.name}]]`);
      const [page] = await scene.wiki.pages([talk('Renamed')]);
      expect(page).toMatchObject({ title: `User talk:${scene.bot.name}`, user: { name: scene.bot.name, exists: true } });
    });
  });
}
