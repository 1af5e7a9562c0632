/** An event on the whole platform: its window opens and closes to the second, whatever stands still meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { historiesOf, leaks, privateValues } from '../support/histories';
import { startPlatform, type Person, type Platform } from '../support/platform';
import { until } from './community';

let platform: Platform;
let organizer: Person;
let toolAdmin: Person;

beforeAll(async () => {
  platform = await startPlatform();
  [organizer, toolAdmin] = await Promise.all([platform.person('organizer'), platform.person('toolAdmin')]);
}, 240_000);
afterAll(() => platform?.stop());

interface Event {
  id: number;
  state: string;
  startsAtUtc: string;
  endsAtUtc: string;
}
/** Approved. @param window seconds from now */
async function approved(...window: [starts: number, ends: number]): Promise<Event> {
  const [startsAt, endsAt] = window.map((seconds) => new Date(Date.now() + seconds * 1_000).toISOString().slice(0, 19));
  const event: Event = await organizer.api.post('/events', { title: 'An evening that nobody else calls so', key: 'a key of this evening', types: ['meetup'], participation: 'online', startsAt, endsAt, timeZone: 'UTC', places: 20 });
  await organizer.api.post(`/events/${event.id}/submit`, {});
  await toolAdmin.api.post(`/events/${event.id}/approve`, {});
  return event;
}
const state = async ({ id }: Event): Promise<string> => (await organizer.api.get(`/events/${id}`)).state;
const stored = async ({ id }: Event): Promise<string> => (await platform.kernel.pool.query('select state from event where id = $1', [id])).rows[0].state;
const steps = async ({ id }: Event) => (await platform.kernel.pool.query(`select verb, at_ms from audit where noun = 'event' and entity = $1 and verb like 'xstate.%' order by version`, [id])).rows;
const passed = (instant: string): Promise<void> => sleep(Math.max(0, Date.parse(instant) - Date.now() + 50));

test('opens at its start and ends at its end by the clock alone, each once and at its instant', async () => {
  const event = await approved(8, 11);
  await until(() => stored(event), (now) => now === 'ended');
  expect(await steps(event)).toEqual([
    { verb: 'xstate.after.untilStart.event.approved', at_ms: Date.parse(event.startsAtUtc) },
    { verb: 'xstate.after.untilEnd.event.open', at_ms: Date.parse(event.endsAtUtc) },
  ]);
  const { stdout } = await platform.temporal('workflow', 'describe', '--workflow-id', `event/${event.id}`, '--output', 'json');
  expect(stdout).toContain('eventWindow');
});

test('is open for exactly its window while Temporal and the worker stand still at both edges', async () => {
  const event = await approved(12, 15);
  const still = (['worker', 'temporal'] as const).map((part) => [part, platform.kill(part, 'SIGSTOP')] as const);
  try {
    expect(await state(event)).toBe('approved');
    await passed(event.startsAtUtc);
    expect([await state(event), await stored(event)]).toEqual(['open', 'approved']); // the control: no timer has come in
    await passed(event.endsAtUtc);
    expect(await state(event)).toBe('ended');
  } finally {
    for (const [, pid] of still) process.kill(pid, 'SIGCONT');
  }
  await until(() => stored(event), (now) => now === 'ended');
  expect((await steps(event)).map(({ at_ms: atMs }) => atMs)).toEqual([Date.parse(event.startsAtUtc), Date.parse(event.endsAtUtc)]);
});

test('comes to its end although worker and Temporal were killed while it waited', async () => {
  const event = await approved(8, 20);
  await until(() => stored(event), (now) => now === 'open');
  const killed = (['worker', 'temporal'] as const).map((part) => [part, platform.kill(part)] as const);
  for (const [part, pid] of killed) await platform.untilBack(part, pid);
  await until(() => stored(event), (now) => now === 'ended');
  expect(await steps(event)).toHaveLength(2);
});

test('is looked at again when an integrator asks with nothing but the Temporal CLI', async () => {
  const event = await approved(3_600, 7_200);
  const signal = () => platform.temporal('workflow', 'signal', '--workflow-id', `event/${event.id}`, '--name', 'refresh');
  await until(signal, ({ status }) => status === 0);
  const fired = async (): Promise<string> => (await platform.temporal('workflow', 'show', '--workflow-id', `event/${event.id}`, '--output', 'json')).stdout;
  await until(fired, (text) => text.includes('fireTimers'));
  expect(await state(event)).toBe('approved');
});

test('leaves nothing private in any workflow\'s history', async () => {
  const values = await privateValues(platform.kernel);
  expect(values.map(({ value }) => value)).toEqual(expect.arrayContaining(['An evening that nobody else calls so', 'a key of this evening']));
  const histories = await historiesOf(platform.run());
  expect(histories.some(({ workflowId }) => workflowId.startsWith('event/'))).toBe(true);
  expect(leaks(histories, values)).toEqual([]);
});
