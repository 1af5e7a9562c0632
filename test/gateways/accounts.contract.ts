/** What Reeve relies on when it makes accounts. Run as test/gateways/reading.contract.ts is. */
import { problem, type Scene } from './scene';

let names = 0;
const fresh = (): string => `Newcomer ${process.pid} ${(names += 1)}`;
const reason = 'Reeve: account request 7';

export function accountsContract(scene: Scene): void {
  const make = (name: string) => scene.wiki.createAccount({ name, email: 'newcomer@example.org', reason });
  const byUs = async (name: string): Promise<number[]> => scene.wiki.createdBy(name, [(await scene.wiki.whoAmI()).name]);

  describe('accounts', () => {
    beforeEach(() => scene.world.mailing());
    afterEach(() => scene.world.calm());

    test('a name is free, taken, none at all, or kept from everybody', async () => {
      const name = fresh();
      expect(await scene.wiki.account(name)).toEqual({ name, fate: 'free' });
      const { name: taken } = await scene.world.account({ bot: false });
      expect(await scene.wiki.account(taken)).toEqual({ name: taken, fate: 'taken' });
      expect(await scene.wiki.account('A [name] of none')).toMatchObject({ fate: 'invalid' });
      await scene.world.blacklistName('Forbidden');
      expect(await scene.wiki.account(`Forbidden ${fresh()}`)).toMatchObject({ fate: 'refused', code: expect.stringMatching(/^titleblacklist/) });
    });

    test('one is made, its password goes by mail, and the log says who made it and when', async () => {
      const name = fresh();
      expect(await byUs(name)).toEqual([]);
      const beganMs = Date.now();
      await make(name);
      expect(await scene.wiki.account(name)).toMatchObject({ fate: 'taken' });
      expect(await scene.world.mailsTo(name)).toHaveLength(1);
      const [atMs, ...more] = await byUs(name);
      expect(more).toEqual([]);
      expect(Math.abs(atMs! - beganMs)).toBeLessThan(30_000);
    });

    test('one that another made is not ours', async () => {
      const { name } = await scene.world.account({ bot: false });
      expect(await byUs(name)).toEqual([]);
    });

    test('what one account has made for others stands in the log, newest first, within the period that is asked for', async () => {
      const maker = await scene.world.account({ bot: false });
      const gateway = scene.connect(maker);
      const logged = async (fromMs: number, toMs: number) => {
        const found = [];
        for await (const piece of gateway.loggedAccounts({ by: maker.name, fromMs, toMs })) found.push(...piece);
        return found;
      };
      const [first, second] = [fresh(), fresh()];
      for (const name of [first, second]) {
        await gateway.createAccount({ name, email: 'newcomer@example.org', reason });
        await new Promise((done) => setTimeout(done, 1_100)); // its clock has whole seconds
      }
      await make(fresh()); // another's
      const all = await logged(scene.begunAtMs - 60_000, Date.now() + 60_000);
      expect(all).toMatchObject([second, first].map((name) => ({ name, by: maker.name, reason })));
      const [{ atMs: later, logId: newer }, { atMs: earlier, logId: older }] = all as [typeof all[0], typeof all[0]];
      expect(newer).toBeGreaterThan(older);
      expect((await logged(later, later)).map(({ name }) => name)).toEqual([second]);
      expect((await logged(earlier, earlier)).map(({ name }) => name)).toEqual([first]);
      expect(await logged(later + 1_000, Date.now() + 60_000)).toEqual([]);
    });

    test('a name is taken once', async () => {
      const name = fresh();
      await make(name);
      expect(await problem(make(name))).toMatchObject({ kind: 'refused', code: 'userexists' });
      expect(await byUs(name)).toHaveLength(1);
    });

    test('a name that the wiki keeps from everybody is refused with its code', async () => {
      await scene.world.blacklistName('Forbidden');
      expect(await problem(make(`Forbidden ${fresh()}`))).toMatchObject({ kind: 'refused', code: expect.stringMatching(/^titleblacklist/) });
    });

    test('who is blocked at the wiki makes none, and it is their own matter', async () => {
      const blocked = await scene.world.account({ bot: false });
      await scene.world.admin.block(blocked.name, { nocreate: '1' });
      const name = fresh();
      expect(['refused', 'blocked']).toContain((await problem(scene.connect(blocked).createAccount({ name, email: 'newcomer@example.org', reason }))).kind);
      expect(await scene.wiki.account(name)).toMatchObject({ fate: 'free' });
    });

    test('where the day\'s number is used up, it says so, and for how long', async () => {
      await scene.world.accountLimit(1);
      const gateway = scene.connect(await scene.world.account({ bot: false })); // who is counted
      await gateway.createAccount({ name: fresh(), email: 'newcomer@example.org', reason });
      expect(await problem(gateway.createAccount({ name: fresh(), email: 'newcomer@example.org', reason }))).toMatchObject({ kind: 'busy', code: 'acct_creation_throttle_hit', retryAfterMs: expect.any(Number) });
    });

    test.each(['before', 'after', 'half', 'bad-gateway'] as const)('cut %s it is made, it is lost, and the log tells', async (cut) => {
      const name = fresh();
      await scene.wiki.whoAmI();
      scene.proxy.cut('action=createaccount', cut);
      expect(await problem(make(name))).toMatchObject({ kind: 'lost' });
      expect(await byUs(name)).toHaveLength(cut === 'before' ? 0 : 1);
    });
  });
}
