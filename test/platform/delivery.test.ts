/** A send on the whole platform, by the HTTP API with keys: from the draft to the last page, and what holds meanwhile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timerWorkflow } from '../../workflows/ids';
import { historiesOf, leaks, privateValues } from '../support/histories';
import { startPlatform, type PartName, type Person, type Platform } from '../support/platform';
import { Community, pause, until, type Delivery, type SandboxWiki } from './community';

let platform: Platform;
let community: Community;
let sender: Person;

beforeAll(async () => {
  platform = await startPlatform();
  community = new Community(platform);
  sender = await platform.person('globalSender');
}, 240_000);
afterAll(() => platform?.stop());
afterEach(() => community.latency(0));

const verb = (delivery: Delivery, name: string, input: object = {}): Promise<Delivery> => sender.api.post(`/deliveries/${delivery.id}/${name}`, input);
const posted = async (wiki: SandboxWiki, delivery: Delivery): Promise<number> => (await community.marks(wiki, delivery)).posted;
/** What happened in the workflow that sleeps until a delivery's instant. */
const slept = async ({ id }: Delivery): Promise<string[]> =>
  JSON.parse((await platform.temporal('workflow', 'show', '--workflow-id', timerWorkflow('delivery', id).workflowId, '--output', 'json')).stdout).events.map(({ eventType }: { eventType: string }) => eventType);

describe('a whole send', () => {
  test('every page of the list gets the message once, every bad line and refused page its code, and everybody can read it', async () => {
    const wiki = await community.wiki(40);
    await platform.control('POST', 'seed', { wiki: wiki.name, pages: [{ title: 'User talk:Reader 3', text: 'Hello [[Category:Opted-out of message delivery]]' }, { title: 'User talk:Reader 4', text: 'Hi', protection: { edit: 'sysop' } }] });
    const list = await sender.api.post('/target-lists', { name: 'Gardeners', wiki: wiki.host, content: [...wiki.readers, 'User:Reader 1', 'User talk:Nobody here', 'bad<title', 'User talk:Reader 5@nowhere.example.org'].join('\n') });
    expect(list).toMatchObject({ targets: 41, problemCount: 2, problems: [{ line: 43, code: 'invalidtitle' }, { line: 44, code: 'invalidsite' }] });
    const draft = await sender.api.post('/deliveries', { wiki: wiki.host, listIds: [list.id], subject: 'Apples', body: 'Ripe they are. ~~~~' });
    await sender.api.post(`/deliveries/${draft.id}/submit`);
    const end = await community.finished(sender.api, draft);
    expect(end.counts).toEqual({ total: 41, pending: 0, sent: 38, skipped: 2, failed: 1, unknown: 0, cancelled: 0 });
    const { items } = await sender.api.get(`/deliveries/${draft.id}/targets?outcome=skipped`);
    expect(items.map(({ page, code }: { page: string; code: string }) => [page, code]).sort()).toEqual([['User talk:Nobody here', 'nouser'], ['User talk:Reader 3', 'optout']]);
    const marks = await community.marks(wiki, draft, true);
    expect(marks).toMatchObject({ exactlyOne: 38, more: 0, none: 2 });
    const visitor = await fetch(`${platform.run().api}/api/deliveries/${draft.id}`);
    expect(await visitor.json()).toMatchObject({ state: 'finished', subject: 'Apples', body: 'Ripe they are. ~~~~' });
    const notices = await sender.api.get('/notices');
    expect(notices.items[0]).toMatchObject({ code: 'delivery.finish', noun: 'delivery', entity: draft.id });
  });

  test('the command line does it from a file, and says what became of it', async () => {
    const wiki = await community.wiki(12);
    const file = join(platform.home, 'pages.txt');
    writeFileSync(file, wiki.readers.join('\n'));
    const { status, stdout } = await platform.cli('deliver', file, '--wiki', wiki.host, '--subject', 'Pears', '--body', 'Also ripe. ~~~~', '--json');
    expect({ status, counts: JSON.parse(stdout).counts }).toMatchObject({ status: 0, counts: { total: 12, sent: 12 } });
    expect(await community.marks(wiki, JSON.parse(stdout))).toMatchObject({ exactlyOne: 12, more: 0 });
  });

  test('a scheduled send begins at its instant, and one that was moved at its new one', async () => {
    const wiki = await community.wiki(3);
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const [punctual, moved] = await Promise.all([community.send(sender.api, wiki, { sendAt: at(14_000) }), community.send(sender.api, wiki, { sendAt: at(3_600_000) })]);
    const sendAt = at(12_000);
    await verb(moved, 'reschedule', { sendAt });
    expect((await Promise.all([community.read(sender.api, punctual), community.read(sender.api, moved)])).map(({ state }) => state)).toEqual(['approved', 'approved']);
    expect(await posted(wiki, punctual) + await posted(wiki, moved)).toBe(0);
    for (const [delivery, dueAt] of [[punctual, undefined], [moved, sendAt]] as const) {
      const { startedAt, sendAt: due } = await community.finished(sender.api, delivery) as Delivery & { sendAt: string };
      expect(Date.parse(startedAt!)).toBeGreaterThanOrEqual(Date.parse(dueAt ?? due));
      expect(await slept(delivery)).toContain('EVENT_TYPE_TIMER_FIRED'); // its sleeper woke it: what a reconciler finds late is done without one
      expect(await community.marks(wiki, delivery)).toMatchObject({ exactlyOne: 3, more: 0 });
    }
  });

  test('a membership with an end is over by the clock alone, and opens nothing any more', async () => {
    const wiki = await community.wiki(2);
    const guest = await platform.person();
    const { id } = await platform.admin.post('/memberships', { user: guest.id, role: 'globalSender', until: new Date(Date.now() + 15_000).toISOString() });
    const stored = async (): Promise<string> => (await platform.kernel.pool.query('select state from membership where id = $1', [id])).rows[0].state; // nobody reads it through the door, which would look at the clock itself
    expect(await stored()).toBe('active');
    expect(await community.send(guest.api, wiki)).toMatchObject({ state: expect.not.stringMatching('requested') });
    await until(stored, (state) => state === 'ended');
    expect(await community.log('membership', id, 'xstate.after.untilEnd.membership.active')).toMatchObject({ actor: 'system', to: 'ended' });
    expect(await community.send(guest.api, wiki)).toMatchObject({ state: 'requested' });
  });
});

describe('what holds within ten seconds', () => {
  const HOLDS_MS = 10_000;

  test('at six a minute: a pause and a cancel stop before the next page, a new rate sends the rest', async () => {
    const wikis = await Promise.all(Array.from({ length: 4 }, () => community.wiki(4, { editsPerMinute: 6 })));
    const deliveries = await Promise.all(wikis.map((wiki) => community.send(sender.api, wiki)));
    const all = (): Promise<number[]> => Promise.all(wikis.map((wiki, i) => posted(wiki, deliveries[i]!)));
    await until(all, (counts) => counts.every((count) => count > 0));
    const [, paused, cancelled, faster] = deliveries as [Delivery, Delivery, Delivery, Delivery];
    await Promise.all([verb(paused, 'pause'), verb(cancelled, 'cancel'), community.rate(wikis[3]!, 6_000)]);
    await community.finished(sender.api, faster);
    expect(await posted(wikis[0]!, deliveries[0]!)).toBeLessThan(4); // at the old rate it would be as far
    await until(all, ([untouched]) => untouched! >= 2); // the next page of who was left alone
    await pause(1_000);
    expect((await all()).slice(1)).toEqual([1, 1, 4]);
    await until(() => community.read(sender.api, cancelled), ({ counts }) => counts.cancelled === 3);
    await community.rate(wikis[1]!, 60_000);
    await verb(paused, 'resume');
    expect((await community.finished(sender.api, paused)).counts).toMatchObject({ sent: 4 });
    expect(await community.marks(wikis[1]!, paused)).toMatchObject({ exactlyOne: 4, more: 0 });
    await verb(deliveries[0]!, 'cancel');
  });

  test('at full speed as well', async () => {
    await community.latency(20);
    const wikis = await Promise.all(Array.from({ length: 3 }, () => community.wiki(3_000)));
    const deliveries = await Promise.all(wikis.map((wiki) => community.send(sender.api, wiki)));
    const all = (): Promise<number[]> => Promise.all(wikis.map((wiki, i) => posted(wiki, deliveries[i]!)));
    await until(all, (counts) => counts.every((count) => count > 20));
    const [paused, cancelled, slower] = deliveries as [Delivery, Delivery, Delivery];
    await Promise.all([verb(paused, 'pause'), verb(cancelled, 'cancel'), community.rate(wikis[2]!, 6)]);
    await pause(HOLDS_MS);
    const after = await all();
    expect(Math.max(...after)).toBeLessThan(3_000); // they were still in the middle of it
    await pause(4_000);
    const later = await all();
    expect(later.slice(0, 2)).toEqual(after.slice(0, 2));
    expect(later[2]! - after[2]!).toBeLessThanOrEqual(1);
    const { counts } = await until(() => community.read(sender.api, cancelled), (read) => read.counts.pending === 0);
    expect(counts).toMatchObject({ sent: after[1], cancelled: 3_000 - after[1]! });
    await Promise.all([verb(paused, 'cancel'), verb(slower, 'cancel')]);
  });

  test('two deliveries to one wiki share its rate, and a paused one uses none of it', async () => {
    const perSecond = 50;
    const wiki = await community.wiki(1_500, { editsPerMinute: perSecond * 60 });
    const begun = Date.now();
    const [one, other] = await Promise.all([community.send(sender.api, wiki), community.send(sender.api, wiki)]);
    const counts = (): Promise<[number, number]> => Promise.all([posted(wiki, one), posted(wiki, other)]);
    const together = ([a, b]: [number, number]): number => a + b;
    // What ten seconds allow may come at once; from then on it is the rate, for both together.
    const allowed = (): number => perSecond * 10 + (perSecond * (Date.now() - begun)) / 1_000 + 1;
    const within = (now: [number, number]): [number, number] => {
      expect(together(now)).toBeLessThanOrEqual(allowed());
      return now;
    };
    const both = await until(counts, (now) => Math.min(...within(now)) > 0 && together(now) >= perSecond * 10); // whoever comes first may take all of that
    const shared = await until(counts, (now) => together(within(now)) >= together(both) + perSecond * 12);
    expect(Math.min(shared[0] - both[0], shared[1] - both[1])).toBeGreaterThan((together(shared) - together(both)) / 5);
    await verb(one, 'pause');
    await pause(2_000);
    const [still, before] = await counts();
    await pause(6_000);
    const [after, alone] = await counts();
    expect(after).toBe(still);
    expect(alone - before).toBeGreaterThan(perSecond * 6 * 0.6); // all of the rate, but for what a claim waits for
    await Promise.all([verb(one, 'cancel'), verb(other, 'cancel')]);
  });
});

describe('integrators', () => {
  test('signals of Temporal\'s own command line pause, resume and cancel, and the log says so', async () => {
    const wiki = await community.wiki(4, { editsPerMinute: 6 });
    const delivery = await community.send(sender.api, wiki);
    await until(() => posted(wiki, delivery), (count) => count > 0);
    for (const [signal, state] of [['pause', 'paused'], ['resume', 'running'], ['cancel', 'cancelled']] as const) {
      const { status, stderr } = await platform.temporal('workflow', 'signal', '--workflow-id', `delivery/${delivery.id}`, '--name', signal);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      await until(() => community.read(sender.api, delivery), (read) => read.state === state);
      expect(await community.log('delivery', delivery.id, signal)).toMatchObject({ actor: 'temporal', to: state });
    }
  });
});

describe('what dies in the middle', () => {
  const TARGETS = 300;

  /** Kills one part after the other, each when so many more pages have the message. @returns how many had it at each kill. */
  async function killing(wiki: SandboxWiki, delivery: Delivery, parts: PartName[]): Promise<number[]> {
    const at: number[] = [];
    for (const part of parts) {
      const reached = ((at.length + 1) * TARGETS) / (parts.length + 2);
      at.push(await until(() => posted(wiki, delivery), (count) => count > reached, undefined, 20));
      await platform.untilBack(part, platform.kill(part));
    }
    return at;
  }
  const onceEach = async (wiki: SandboxWiki, delivery: Delivery): Promise<void> => {
    const end = await community.finished(sender.api, delivery);
    expect(end.counts).toEqual({ total: TARGETS, pending: 0, sent: TARGETS, skipped: 0, failed: 0, unknown: 0, cancelled: 0 });
    expect(await community.marks(wiki, delivery)).toMatchObject({ exactlyOne: TARGETS, more: 0, none: 0 });
  };

  test('kill -9 of the worker three times: every page exactly one message', async () => {
    await community.latency(120);
    const wiki = await community.wiki(TARGETS);
    const delivery = await community.send(sender.api, wiki);
    const at = await killing(wiki, delivery, ['worker', 'worker', 'worker']);
    await onceEach(wiki, delivery);
    expect(Math.max(...at)).toBeLessThan(TARGETS);
  });

  test('kill -9 of Temporal and of Postgres: every page exactly one message, and it ends by itself', async () => {
    await community.latency(120);
    const wiki = await community.wiki(TARGETS);
    const delivery = await community.send(sender.api, wiki);
    const at = await killing(wiki, delivery, ['temporal', 'postgres']);
    await onceEach(wiki, delivery);
    expect(Math.max(...at)).toBeLessThan(TARGETS);
  });

  test('kill -9 of the worker while a long list is still copied: every page exactly one message, none forgotten', async () => {
    const lines = 15_000;
    const wiki = await community.wiki(lines, { editsPerMinute: 60_000, inFlight: 32 });
    const delivery = await community.send(sender.api, wiki);
    const copied = async (): Promise<number | null> => (await platform.kernel.pool.query('select copied_to::int from delivery_list where delivery_id = $1', [delivery.id])).rows[0].copied_to;
    for (const line of [2_000, 8_000]) {
      expect(await until(copied, (to) => to === null || to > line, undefined, 10)).toBeLessThan(lines); // it was in the middle of it
      await platform.untilBack('worker', platform.kill('worker'));
    }
    expect((await community.finished(sender.api, delivery)).counts).toMatchObject({ total: lines, sent: lines });
    expect(await community.marks(wiki, delivery)).toMatchObject({ exactlyOne: lines, more: 0 });
  });

  test('with Temporal away every verb is taken, a pause holds, and what waited goes on when it is back', async () => {
    await community.latency(40);
    const [wiki, another] = await Promise.all([community.wiki(2_000), community.wiki(3)]);
    const delivery = await community.send(sender.api, wiki);
    await until(() => posted(wiki, delivery), (count) => count > 20);
    platform.kill('temporal', 'SIGSTOP');
    try {
      expect(await verb(delivery, 'pause')).toMatchObject({ state: 'paused' });
      await pause(3_000); // soon: after eight seconds without Temporal a lane would end by itself
      const before = await posted(wiki, delivery);
      await pause(2_000);
      expect(await posted(wiki, delivery)).toBe(before);
      expect(before).toBeLessThan(2_000);
      const later = await community.send(sender.api, another);
      await pause(2_000);
      expect(await posted(another, later)).toBe(0);
      platform.kill('temporal', 'SIGCONT');
      await community.finished(sender.api, later);
      expect(await community.marks(another, later)).toMatchObject({ exactlyOne: 3, more: 0 });
    } finally {
      platform.kill('temporal', 'SIGCONT');
    }
    await verb(delivery, 'resume');
    await until(() => posted(wiki, delivery), (count) => count > 200);
    await verb(delivery, 'cancel');
    await until(() => community.read(sender.api, delivery), ({ counts }) => counts.pending === 0);
    expect(await community.marks(wiki, delivery)).toMatchObject({ more: 0 });
  });
});

describe('privacy', () => {
  test('no workflow\'s history holds a private value of the database', async () => {
    const slow = await community.wiki(3, { editsPerMinute: 6 });
    const running = await community.send(sender.api, slow);
    await until(() => posted(slow, running), (count) => count > 0);
    await pause(2_500); // heartbeats, and what is pending, can be seen while it runs only
    const histories = await historiesOf(platform.run());
    expect(histories.length).toBeGreaterThan(20);
    expect(new Set(histories.map(({ workflowId }) => workflowId.split('/')[0]))).toEqual(new Set(['delivery', 'timer', 'retention', 'comment-scan']));
    const values = await privateValues(platform.kernel);
    const columns = new Set(values.map(({ where }) => where));
    expect([...columns]).toEqual(expect.arrayContaining(['user.name', 'wiki.bot_user', 'wiki.bot_password', 'wiki.footer', 'key.hash', 'key.label', 'target_list.name', 'delivery.subject', 'delivery.body', 'target.page']));
    expect(leaks(histories, values)).toEqual([]);
    await verb(running, 'cancel');
  });

  test('and would be found if it did: one that is put there is', async () => {
    const { status, stderr } = await platform.temporal('workflow', 'start', '--workflow-id', 'planted', '--type', 'nothing', '--task-queue', 'nowhere', '--input', JSON.stringify({ wrote: sender.name }), '--memo', `body="Ripe they are. ~~~~"`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const histories = await until(() => historiesOf(platform.run()), (all) => all.some(({ workflowId }) => workflowId === 'planted'));
    const found = leaks(histories, await privateValues(platform.kernel));
    expect(found).toEqual(expect.arrayContaining([`user.name in planted: ${sender.name}`, 'delivery.body in planted: Ripe they are. ~~~~']));
    expect(found.filter((leak) => !leak.includes('planted'))).toEqual([]);
  });
});
