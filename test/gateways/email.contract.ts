/** What Reeve relies on when it writes to users by wiki mail. Run as test/gateways/reading.contract.ts is. */
import { problem, type Scene } from './scene';

export function emailContract(scene: Scene): void {
  const readerOf = (): Promise<{ name: string }> => scene.world.account({ bot: false });

  describe('wiki mail', () => {
    beforeEach(() => scene.world.mailing());

    test('reaches the user, as it was written', async () => {
      const { name } = await readerOf();
      await scene.wiki.email({ user: name, subject: 'News & more: Ä', text: 'Hello,\nit is "here" + 100%.' });
      const mails = await scene.world.mailsTo(name);
      expect(mails).toEqual([{ subject: 'News & more: Ä', text: expect.stringContaining('Hello,\nit is "here" + 100%.') }]);
    });

    test('who takes none is told with the pages, and refused as nomail', async () => {
      const [taker, refuser] = [await readerOf(), await readerOf()];
      await scene.world.mailing(refuser.name);
      const pages = await scene.wiki.pages([`User talk:${taker.name}`, `User talk:${refuser.name}`], { emailable: true });
      expect(pages.map(({ user }) => user?.emailable)).toEqual([true, false]);
      expect((await scene.wiki.pages([`User talk:${taker.name}`]))[0]!.user).not.toHaveProperty('emailable');
      expect(await problem(scene.wiki.email({ user: refuser.name, subject: 'News', text: 'x' }))).toMatchObject({ kind: 'refused', code: 'nomail' });
      expect(await problem(scene.wiki.email({ user: 'Nobody of this name', subject: 'News', text: 'x' }))).toMatchObject({ kind: 'refused', code: 'notarget' });
    });

    test('an account that is blocked from it stops the whole wiki', async () => {
      const [{ name }, blocked] = [await readerOf(), await scene.world.account({ bot: true })];
      const gateway = scene.connect(blocked);
      await gateway.whoAmI();
      await scene.world.gag(blocked.name);
      expect(await problem(gateway.email({ user: name, subject: 'News', text: 'x' }))).toMatchObject({ kind: 'blocked', code: 'blockedemailuser', reason: 'wiki.blocked' });
      expect(await scene.world.mailsTo(name)).toEqual([]);
    });

    test('an account over its limit is told to wait, and the mail goes out afterwards', async () => {
      const { name } = await readerOf();
      await scene.wiki.whoAmI();
      await scene.world.trouble('ratelimited');
      expect(await problem(scene.wiki.email({ user: name, subject: 'News', text: 'x' }))).toMatchObject({ kind: 'busy', code: 'ratelimited' });
      await scene.world.calm();
      await scene.world.mailing();
      await scene.wiki.email({ user: name, subject: 'News', text: 'x' });
      expect(await scene.world.mailsTo(name)).toHaveLength(1);
    });

    test.each(['before', 'after', 'half', 'bad-gateway'] as const)('cut %s it is sent, it is lost, and was sent at most once', async (cut) => {
      const { name } = await readerOf();
      await scene.wiki.whoAmI();
      scene.proxy.cut('action=emailuser', cut);
      expect(await problem(scene.wiki.email({ user: name, subject: 'News', text: 'x' }))).toMatchObject({ kind: 'lost' });
      expect(await scene.world.mailsTo(name)).toHaveLength(cut === 'before' ? 0 : 1);
    });

    test('a session that the wiki has forgotten is renewed, and the mail is sent once', async () => {
      const { name } = await readerOf();
      const gateway = scene.connect(scene.bot);
      await gateway.whoAmI();
      await scene.world.trouble('signed-out');
      await gateway.email({ user: name, subject: 'News', text: 'x' });
      expect(await scene.world.mailsTo(name)).toHaveLength(1);
    });
  });
}
