/** What Reeve relies on when it writes, and when it must find out what was written. Run as test/gateways/reading.contract.ts is. */
import { problem, type Scene } from './scene';

export function writingContract(scene: Scene): void {
  const { talk, connect, unique, begunAtMs } = scene;

  describe('appending', () => {
    test('to a page at the revision that was read, and to a new one', async () => {
      const baseRevisionId = await scene.world.admin.edit(talk('Reader'), 'Welcome.');
      const { revisionId } = await scene.wiki.append({ title: talk('Reader'), text: '\n\n== News ==\nÄ & "quotes" + 100% \u{1F600}', baseRevisionId, summary: 'News', bot: true });
      expect(revisionId).toBeGreaterThan(baseRevisionId);
      expect(await scene.world.admin.text(talk('Reader'))).toBe('Welcome.\n\n== News ==\nÄ & "quotes" + 100% \u{1F600}');
      await scene.wiki.append({ title: talk('Newcomer'), text: '== News ==\nhello', createOnly: true, summary: 'News' });
      expect(await scene.world.admin.text(talk('Newcomer'))).toBe('== News ==\nhello');
    });

    test('a page that has grown since it was read is a conflict, the bot\'s own edit included', async () => {
      const baseRevisionId = await scene.world.admin.edit(talk('Busy'), 'Welcome.');
      await scene.wiki.append({ title: talk('Busy'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' });
      expect(await problem(scene.wiki.append({ title: talk('Busy'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' }))).toMatchObject({ kind: 'conflict', code: 'editconflict' });
      expect(await scene.copies(talk('Busy'), '== News ==')).toBe(1);
    });

    test('a change further up the page is no conflict', async () => {
      const baseRevisionId = await scene.world.admin.edit(talk('Long'), 'Top\n\nMiddle\n\nMore\n\nEnd');
      await scene.world.admin.edit(talk('Long'), 'Top, mended\n\nMiddle\n\nMore\n\nEnd');
      await scene.wiki.append({ title: talk('Long'), text: '\n\n== News ==\nhello', baseRevisionId, summary: 'News' });
      expect(await scene.world.admin.text(talk('Long'))).toBe('Top, mended\n\nMiddle\n\nMore\n\nEnd\n\n== News ==\nhello');
    });

    test('a page that was deleted since it was read is a conflict, not a new page', async () => {
      const baseRevisionId = await scene.world.admin.edit(talk('Deleted'), 'Welcome.');
      await scene.world.admin.delete(talk('Deleted'));
      expect(await problem(scene.wiki.append({ title: talk('Deleted'), text: 'x', baseRevisionId, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'missingtitle' });
    });

    test('a new page that exists by now is a conflict', async () => {
      await scene.world.admin.edit(talk('Exists'), 'Welcome.');
      expect(await problem(scene.wiki.append({ title: talk('Exists'), text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'articleexists' });
    });

    test('nothing added is a conflict, as nothing was posted', async () => {
      const baseRevisionId = await scene.world.admin.edit(talk('Empty'), 'Welcome.');
      expect(await problem(scene.wiki.append({ title: talk('Empty'), text: '\n ', baseRevisionId, summary: 'x' }))).toMatchObject({ kind: 'conflict', code: 'nochange' });
    });

    test('a tag that the wiki does not have is left away, the message is not', async () => {
      await scene.wiki.append({ title: talk('Tagged'), text: 'hello', createOnly: true, summary: 'x', tags: ['no-such-tag'] });
      expect(await scene.copies(talk('Tagged'), 'hello')).toBe(1);
    });

    test.each([
      ['protected', 'protectedpage', async (title: string) => { await scene.world.admin.edit(title, 'x'); await scene.world.admin.protect(title, 'edit=sysop'); }, false],
      ['protected from creation', 'protectedpage', (title: string) => scene.world.admin.protect(title, 'create=sysop'), true],
      ['refused by an abuse filter', 'abusefilter-disallowed', (title: string) => scene.world.filter(title), true],
      ['on the title blacklist', 'titleblacklist-forbidden', (title: string) => scene.world.blacklist(title), true],
    ])('a page %s is refused as %s', async (what, code, prepare, isNew) => {
      const title = talk(`Refusing ${what}`);
      await prepare(title);
      const plain = connect(await scene.world.account({ bot: false }));
      const [page] = await plain.pages([title]);
      expect(await problem(plain.append({ title, text: 'hello', ...(isNew ? { createOnly: true } : { baseRevisionId: page!.revisionId! }), summary: 'x' }))).toMatchObject({ kind: 'refused', code });
      expect(await scene.copies(title, 'hello')).toBe(0);
    });

    test('a title that is none, a page that cannot be, and a text that is too long are refused', async () => {
      const base = await scene.world.admin.edit(talk('Full'), 'x');
      expect(await problem(scene.wiki.append({ title: 'A<b>', text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'invalidtitle' });
      expect(await problem(scene.wiki.append({ title: 'Special:Version', text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'pagecannotexist' });
      expect(await problem(scene.wiki.append({ title: talk('Full'), text: 'x'.repeat(2_097_152), baseRevisionId: base, summary: 'x' }))).toMatchObject({ kind: 'refused', code: 'contenttoobig' });
    });

    test('a blocked account stops the whole wiki', async () => {
      const blocked = await scene.world.account({ bot: true });
      const gateway = connect(blocked);
      await gateway.whoAmI();
      await scene.world.admin.block(blocked.name);
      expect(await problem(gateway.append({ title: talk('Blocked'), text: 'x', createOnly: true, summary: 'x' }))).toMatchObject({ kind: 'blocked', code: 'blocked', reason: 'wiki.blocked' });
      await scene.world.admin.unblock(blocked.name);
      await gateway.append({ title: talk('Blocked'), text: 'x', createOnly: true, summary: 'x' });
    });

    test.each([['readonly', 'readonly'], ['lagging', 'maxlag'], ['ratelimited', 'ratelimited']] as const)('a wiki that is %s is busy, and takes the edit afterwards', async (trouble, code) => {
      const title = talk(`While ${trouble}`);
      await scene.wiki.whoAmI();
      await scene.world.trouble(trouble);
      const error = await problem(scene.wiki.append({ title, text: 'hello', createOnly: true, summary: 'x' }));
      expect(error).toMatchObject({ kind: 'busy', code });
      if (trouble === 'lagging') expect(error.retryAfterMs).toBe(5_000);
      await scene.world.calm();
      await scene.wiki.append({ title, text: 'hello', createOnly: true, summary: 'x' });
      expect(await scene.copies(title, 'hello')).toBe(1);
    });
  });

  describe('when the answer is lost', () => {
    test.each(['after', 'half', 'bad-gateway'] as const)('cut %s the edit: it is lost, found among the contributions, and a second try conflicts', async (cut) => {
      const title = talk(`Lost ${cut}`);
      const marker = `reeve:${unique}/${cut}`;
      const baseRevisionId = await scene.world.admin.edit(title, 'Welcome.');
      const edit = { title, text: `\n\n== News ==\nhello`, baseRevisionId, summary: `News (${marker})` };
      scene.proxy.cut('action=edit', cut);
      expect(await problem(scene.wiki.append(edit))).toMatchObject({ kind: 'lost' });
      const [page] = await scene.wiki.pages([title]);
      expect(await scene.marked(scene.wiki, marker)).toEqual([page!.revisionId]);
      expect(await problem(scene.wiki.append(edit))).toMatchObject({ kind: 'conflict' });
      expect(await scene.copies(title, '== News ==')).toBe(1);
    });

    test('cut before the edit: it is lost all the same, and not among the contributions', async () => {
      const title = talk('Lost before');
      const marker = `reeve:${unique}/before`;
      scene.proxy.cut('action=edit', 'before');
      expect(await problem(scene.wiki.append({ title, text: 'x', createOnly: true, summary: `News (${marker})` }))).toMatchObject({ kind: 'lost', code: 'reset' });
      expect(await scene.marked(scene.wiki, marker)).toEqual([]);
    });

    test('a copy that was archived meanwhile is still among the contributions, though the wiki would take a second', async () => {
      const title = talk('Archived');
      const marker = `reeve:${unique}/archived`;
      const baseRevisionId = await scene.world.admin.edit(title, 'Welcome.');
      const edit = { title, text: '\n\n== News ==\nhello', baseRevisionId, summary: `News (${marker})` };
      const { revisionId } = await scene.wiki.append(edit);
      await scene.world.admin.edit(title, 'Welcome.');
      expect(await scene.marked(scene.wiki, marker)).toEqual([revisionId]);
      await expect(scene.wiki.append(edit)).resolves.toEqual({ revisionId: expect.any(Number) });
    });

    test('a read whose answer is cut may be asked again: the wiki was busy', async () => {
      await scene.wiki.siteInfo();
      scene.proxy.cut('prop=info', 'after');
      expect(await problem(scene.wiki.pages(['Main Page']))).toMatchObject({ kind: 'busy' });
    });
  });

  describe('contributions', () => {
    test('come newest first, since the instant asked for, through as many answers as it takes', async () => {
      const writer = connect(await scene.world.account({ bot: false }));
      for (let n = 1; n <= 3; n += 1) await writer.append({ title: talk(`Written ${n}`), text: 'x', createOnly: true, summary: `number ${n}` });
      const found: string[] = [];
      for await (const { summary, title, atMs } of writer.contributions({ sinceMs: begunAtMs })) {
        found.push(`${summary} ${title}`);
        expect(Math.abs(atMs - Date.now())).toBeLessThan(120_000);
      }
      expect(found).toEqual([3, 2, 1].map((n) => `number ${n} ${talk(`Written ${n}`)}`));
      const successor = connect(await scene.world.account({ bot: false }));
      await successor.append({ title: talk('Written 4'), text: 'x', createOnly: true, summary: 'number 4' });
      const both: string[] = [];
      for await (const { summary } of successor.contributions({ sinceMs: begunAtMs, bots: [(await writer.whoAmI()).name, 'Nobody at all'] })) both.push(summary!);
      expect(both.sort()).toEqual([1, 2, 3, 4].map((n) => `number ${n}`));
      for await (const { summary } of writer.contributions({ sinceMs: Date.now() + 600_000 })) throw new Error(`nothing was written in the future: ${summary}`);
    });
  });
}
