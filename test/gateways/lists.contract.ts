/** What target lists are read from, whatever the wiki; run as reading.contract.ts is. */
import { problem, type Scene } from './scene';

export function listsContract(scene: Scene): void {
  const { talk, unique } = scene;

  describe('the text of a page', () => {
    test('comes with its revision and its kind', async () => {
      const text = `{{#target:User talk:A|de.example.org}}\n* {{#target:Talk:B}} <!-- "é" & 日本 -->`;
      const revisionId = await scene.world.admin.edit(talk('A list'), text);
      expect(await scene.wiki.text(`user_talk:A list ${unique}`)).toEqual({ title: talk('A list'), revisionId, contentModel: 'wikitext', namespace: 3, language: 'en', text });
    });

    test('is the redirect\'s target where the page is one', async () => {
      await scene.world.admin.edit(talk('New list'), 'new');
      await scene.world.admin.edit(talk('Old list'), `#REDIRECT [[${talk('New list')}]]`);
      expect(await scene.wiki.text(talk('Old list'))).toMatchObject({ title: talk('New list'), text: 'new' });
    });

    test('may be JSON, which the wiki sets as it likes', async () => {
      const list = { description: 'Readers', targets: [{ title: 'User talk:A', site: 'de.example.org' }, { title: 'Talk:B' }] };
      const title = `User:Admin/Readers ${unique}.json`;
      await scene.world.admin.edit(title, JSON.stringify(list));
      const read = await scene.wiki.text(title);
      expect(read).toMatchObject({ title, contentModel: 'json' });
      expect(JSON.parse(read!.text)).toEqual(list);
    });

    test.each(['No such list', 'A|b', 'A<b>', '', 'wikipedia:Foo', 'Special:Version'])('of %j is none', async (title) => {
      expect(await scene.wiki.text(title)).toBeNull();
    });
  });

  describe('a category', () => {
    const members = async (category: string, atOnce?: number): Promise<string[][]> => {
      const found: string[][] = [];
      for await (const some of scene.wiki.members(category, { atOnce })) found.push(some);
      return found;
    };

    test('gives everything in it by full titles, a few at a time, each once', async () => {
      const titles = ['One', 'Two', 'Three', 'Four', 'Five'].map(talk);
      for (const title of titles) await scene.world.admin.edit(title, `hello [[Category:Readers ${unique}]]`);
      await scene.world.admin.edit(`Category:Young ${unique}`, `[[Category:Readers ${unique}]]`);
      const all = await members(`Category:Readers ${unique}`, 2);
      expect(all.map((some) => some.length)).toEqual([2, 2, 2]);
      expect(all.flat().sort()).toEqual([...titles, `Category:Young ${unique}`].sort());
      expect((await members(`category:readers_${unique}`)).flat()).toHaveLength(6);
    });

    test('without a member gives nothing', async () => {
      expect(await members(`Category:Nobody ${unique}`)).toEqual([[]]);
    });

    test.each([['Talk:A', 'invalidcategory'], ['A', 'invalidcategory'], ['Category:A<b>', 'invalidtitle']])('is not what %s names: %s', async (title, code) => {
      expect(await problem(members(title))).toMatchObject({ kind: 'refused', code });
    });
  });
}
