/** Account requests on the whole platform: from the form's address to the account on the wiki, whatever is killed meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { historiesOf, leaks, privateValues } from '../support/histories';
import { startPlatform, type Person, type Platform } from '../support/platform';
import { Community, until, type SandboxWiki } from './community';

const KEY = 'a key of this evening';
let platform: Platform;
let community: Community;
let wiki: SandboxWiki;
let organizer: Person;
let toolUser: Person;
let link: string;

beforeAll(async () => {
  platform = await startPlatform({ REEVE_TAKE_BACK_SECONDS: '2' });
  community = new Community(platform);
  wiki = await community.wiki(1);
  const toolAdmin = await platform.person('toolAdmin');
  [organizer, toolUser] = await Promise.all([platform.person('organizer'), platform.person('toolUser')]);
  const [startsAt, endsAt] = [3, 3_600].map((seconds) => new Date(Date.now() + seconds * 1_000).toISOString().slice(0, 19));
  const event = await organizer.api.post('/events', { title: 'An evening', key: KEY, types: ['meetup'], participation: 'online', startsAt, endsAt, timeZone: 'UTC', wikis: [wiki.host], places: 1_000 });
  await organizer.api.post(`/events/${event.id}/submit`, {});
  const { id } = await toolAdmin.api.post(`/events/${event.id}/approve`, {});
  link = (await until(() => organizer.api.get(`/events/${id}`), ({ state }) => state === 'open')).url.split('/e/')[1];
}, 240_000);
afterAll(() => platform?.stop());

interface Filed {
  id: number;
  email: string;
}
let asked = 0;
async function file(name: string, more: object = {}): Promise<Filed> {
  const email = `she.who.asks.${++asked}@mail.example`;
  const answer = await fetch(`${platform.run().api}/api/requests`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, email, comment: 'I come by bicycle.', wiki: wiki.host, ...more }) });
  expect(answer.status).toBe(201);
  return { id: ((await answer.json()) as Filed).id, email };
}
const mailsTo = async (email: string): Promise<{ text: string }[]> => {
  const answer = await fetch(`${new URL(platform.run().inbox).origin}/messages?to=${encodeURIComponent(email)}`);
  return ((await answer.json()) as { items: { text: string }[] }).items;
};
/** Opens the link that came by mail, and presses its button. */
async function confirmed(name: string, more: object = {}): Promise<Filed> {
  const filed = await file(name, more);
  const [mail] = await until(() => mailsTo(filed.email), (mails) => mails.length === 1);
  const path = /\/confirm\/\S+/.exec(mail!.text)![0];
  expect((await fetch(`${platform.run().api}${path}`, { method: 'POST' })).status).toBe(200);
  return filed;
}
const steps = async ({ id }: Filed): Promise<string[]> => (await platform.kernel.pool.query(`select verb from audit where noun = 'request' and entity = $1 order by version`, [id])).rows.map(({ verb }) => verb);

test('becomes an account on the wiki, made by Reeve\'s own account there, and its requester is told', async () => {
  const filed = await confirmed('Moorhen of the lake', { event: link, eventKey: KEY });
  expect(await organizer.api.get(`/requests/${filed.id}`)).toMatchObject({ state: 'open', queue: 'event', name: 'Moorhen of the lake' });
  await organizer.api.post(`/requests/${filed.id}/create`, {});
  const done = await until(() => organizer.api.get(`/requests/${filed.id}`), ({ state }) => state === 'closed');
  expect(done).toMatchObject({ outcome: 'created' });
  expect(await steps(filed)).toEqual(['new', 'confirm', 'create', 'created']);
  const mails = await until(() => mailsTo(filed.email), (all) => all.length === 2);
  expect(mails.some(({ text }) => text.includes('Moorhen of the lake') && !text.includes('/confirm/'))).toBe(true);
});

test('is welcomed on the talk page exactly once, although the worker is killed in the middle of it', async () => {
  const set = (welcome: string) => platform.admin.act({ method: 'PATCH', path: `/wikis/${wiki.id}`, body: { welcome } });
  await set('{{subst:Welcome}} greets.the.dipper ~~~~');
  await community.latency(1_500); // time to die between the question and the answer
  try {
    const filed = await confirmed('Dipper below the fall', { event: link, eventKey: KEY });
    await organizer.api.post(`/requests/${filed.id}/create`, {});
    await until(() => platform.control('GET', 'stats'), ({ actions }) => actions.edit > 0);
    await platform.untilBack('worker', platform.kill('worker'));
    await until(() => platform.temporal('workflow', 'describe', '--workflow-id', `account-creation/${filed.id}`, '--output', 'json'), ({ stdout }) => stdout.includes('WORKFLOW_EXECUTION_STATUS_COMPLETED'));
    expect(await community.marks(wiki, { marker: 'greets.the.dipper' })).toMatchObject({ exactlyOne: 1, more: 0, posted: 1 });
    expect(await organizer.api.get(`/requests/${filed.id}`)).toMatchObject({ state: 'closed', outcome: 'created' });
  } finally {
    await community.latency(0);
    await set('');
  }
}, 120_000);

test('waits while creations are paused on its wiki, and is made the moment that they go on', async () => {
  const filed = await confirmed('Grebe on the pond', { event: link, eventKey: KEY });
  await organizer.api.post(`/requests/${filed.id}/create`, {});
  await platform.admin.post(`/wikis/${wiki.id}/pauseCreations`, { mode: 'bot', reason: 'A wave of odd names.' });
  await until(async () => (await platform.temporal('workflow', 'metadata', '--workflow-id', `account-creation/${filed.id}`)).stdout, (said) => said.includes('creations are paused since'));
  expect(await organizer.api.get(`/requests/${filed.id}`)).toMatchObject({ state: 'creating', attempts: [], creationsPausedAt: expect.stringMatching(/^20/) });
  await platform.admin.post(`/wikis/${wiki.id}/resumeCreations`, { mode: 'bot' });
  const liftedMs = Date.now();
  await until(() => organizer.api.get(`/requests/${filed.id}`), ({ state }) => state === 'closed');
  expect(Date.now() - liftedMs).toBeLessThan(10_000); // by itself it would look within the hour
}, 120_000);

test('is free again to the second after a reservation, although worker and Temporal were killed while it lasted', async () => {
  const filed = await confirmed('Coot on the weir');
  await toolUser.api.post(`/requests/${filed.id}/reserve`, {});
  // An hour would be long: its end is moved to ten seconds from now, and its clocks are asked to look again.
  const untilMs = Date.now() + 10_000;
  await platform.kernel.pool.query(
    `update request set reserved_until_ms = $2, due_at_ms = $2, timers = timers - 'xstate.after.untilLastMinutes.request.reserved' || jsonb_build_object('xstate.after.untilReservationEnds.request.reserved', $2::bigint) where id = $1`, [filed.id, untilMs]);
  await until(() => platform.temporal('workflow', 'signal', '--workflow-id', `escalation/request/${filed.id}`, '--name', 'refresh'), ({ status }) => status === 0);
  const killed = (['worker', 'temporal'] as const).map((part) => [part, platform.kill(part)] as const);
  await sleep(Math.max(0, untilMs - Date.now() + 50));
  expect(await toolUser.api.get(`/requests/${filed.id}`)).toMatchObject({ state: 'open', holder: null });
  for (const [part, pid] of killed) await platform.untilBack(part, pid);
  await until(() => steps(filed), (verbs) => verbs.includes('xstate.after.untilReservationEnds.request.reserved'));
  const { rows } = await platform.kernel.pool.query(`select at_ms from audit where noun = 'request' and entity = $1 and verb like 'xstate.after.untilReservationEnds%'`, [filed.id]);
  expect(rows).toEqual([{ at_ms: untilMs }]);
  const { stdout } = await platform.temporal('workflow', 'describe', '--workflow-id', `escalation/request/${filed.id}`, '--output', 'json');
  expect(stdout).toContain('escalation');
});

test('leaves nothing private in any workflow\'s history', async () => {
  const filed = await confirmed('Teal behind reeds', { event: link, eventKey: KEY });
  await organizer.api.post(`/requests/${filed.id}/comment`, { text: 'She sits by the window.' });
  await organizer.api.post(`/requests/${filed.id}/close`, { outcome: 'not-created', text: 'It is too like another.', reason: 'As we said.' });
  const values = await privateValues(platform.kernel);
  expect(values.map(({ value }) => value)).toEqual(expect.arrayContaining(['Teal behind reeds', filed.email, 'I come by bicycle.', 'She sits by the window.', 'It is too like another.', 'As we said.']));
  const histories = await historiesOf(platform.run());
  for (const kind of ['escalation/request/', 'account-creation/', 'retention/']) expect(histories.some(({ workflowId }) => workflowId.startsWith(kind))).toBe(true);
  expect(leaks(histories, values)).toEqual([]);
});
