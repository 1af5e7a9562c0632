/** What Reeve relies on where a talk page is a board: Flow and LiquidThreads, as their sources say. The sandbox alone has them. */
import type { Board } from '../../gateways/mediawiki-pages';
import { problem, type Scene } from './scene';

const code: Record<Board, string> = { flow: 'invalid-page', liquidthreads: 'invalid-talkpage' };
const action: Record<Board, string> = { flow: 'action=flow', liquidthreads: 'action=threadaction' };

export function topicsContract(scene: Scene): void {
  const { talk, unique } = scene;
  const boards = ['flow', 'liquidthreads'] as const;

  describe.each(boards)('a board of %s', (board) => {
    const topic = (title: string, marker = '') => ({ title, board, subject: 'News & more', text: `hello ${marker}`, summary: `News (${marker})` });
    const topics = (title: string, marker: string): Promise<number> => scene.world.topics(title, marker);

    test('is told with the pages', async () => {
      await scene.world.board(talk(`Board ${board}`), board);
      const gateway = scene.connect(scene.bot); // what a wiki has is asked once
      expect(await gateway.pages([talk(`Board ${board}`), talk('No board')])).toMatchObject([{ board }, { board: null, contentModel: 'wikitext' }]);
    });

    test('takes a topic, and no edit changes the page', async () => {
      const title = talk(`Taking ${board}`);
      await scene.world.board(title, board);
      const before = await scene.world.admin.text(title);
      await scene.wiki.newTopic(topic(title, `m:${board}`));
      expect(await topics(title, `m:${board}`)).toBe(1);
      expect(await scene.world.admin.text(title)).toBe(before);
    });

    test('a page that is none, or none any more, is refused', async () => {
      const title = talk(`Plain ${board}`);
      await scene.world.admin.edit(title, 'Welcome.');
      expect(await problem(scene.wiki.newTopic(topic(title)))).toMatchObject({ kind: 'refused', code: code[board] });
    });

    test('one that is protected is refused, and a blocked account stops the whole wiki', async () => {
      const title = talk(`Guarded ${board}`);
      await scene.world.board(title, board);
      await scene.world.admin.protect(title, 'edit=sysop');
      const plain = scene.connect(await scene.world.account({ bot: false }));
      expect(await problem(plain.newTopic(topic(title)))).toMatchObject({ kind: 'refused', code: 'protectedpage' });
      const blocked = await scene.world.account({ bot: true });
      const gateway = scene.connect(blocked);
      await gateway.whoAmI();
      await scene.world.admin.block(blocked.name);
      expect(await problem(gateway.newTopic(topic(title)))).toMatchObject({ kind: 'blocked', code: 'blocked' });
    });

    test.each([['readonly', 'readonly'], ['lagging', 'maxlag'], ['ratelimited', 'ratelimited']] as const)('on a wiki that is %s waits', async (trouble, reason) => {
      const title = talk(`While ${trouble} ${board}`);
      await scene.world.board(title, board);
      await scene.wiki.whoAmI();
      await scene.world.trouble(trouble);
      expect(await problem(scene.wiki.newTopic(topic(title, 'm:busy')))).toMatchObject({ kind: 'busy', code: reason });
      await scene.world.calm();
      expect(await topics(title, 'm:busy')).toBe(0);
    });

    test.each(['after', 'half', 'bad-gateway'] as const)('whose answer is cut %s may have the topic: lost', async (cut) => {
      const title = talk(`Lost ${cut} ${board}`);
      const marker = `reeve:${unique}/${board}-${cut}`;
      await scene.world.board(title, board);
      await scene.wiki.whoAmI();
      scene.proxy.cut(action[board], cut);
      expect(await problem(scene.wiki.newTopic(topic(title, marker)))).toMatchObject({ kind: 'lost' });
      expect(await topics(title, marker)).toBe(1);
      // A thread is a page of its own, whose edit is found; of a topic in Flow no contribution tells.
      expect(await scene.marked(scene.wiki, marker)).toHaveLength(board === 'flow' ? 0 : 1);
    });
  });
}
