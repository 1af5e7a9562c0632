/**
 * Records the golden histories: runs each workflow type through its turns on a real server and keeps what happened.
 * Before the first release a changed workflow records its histories again; afterwards one is added and none replaced.
 *   node scripts/services.mjs temporal -- node --import tsx test/replay/record.ts
 */
import { rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { makeBundle } from '../../bin/workflow-bundle';
import { createTemporal, dataConverter, ensureSearchAttributes, type Temporal } from '../../gateways/temporal';
import { searchAttributes } from '../../workflows/attributes';
import { eventually } from '../support/eventually';
import { startTemporalServer } from '../support/temporal-server';
import { Ledger, type FakeWiki } from '../workflows/ledger';

const folder = join(__dirname, 'histories');
const wiki = (values: Partial<FakeWiki>): FakeWiki => ({ wiki: 1, host: 'a.example.org', open: 30, unknown: 0, lanes: 1, perLane: 10, ...values });

interface Scene {
  ledger: Ledger;
  tell(): Promise<void>;
  update(host: string | undefined, act: string): Promise<unknown>;
  signal(name: string): Promise<void>;
}
const until = (check: () => boolean): Promise<void> =>
  eventually(() => {
    if (!check()) throw new Error('it has not come to that');
  });

/** name → the wikis, and what happens while it runs. */
const scenes: Record<string, { wikis: FakeWiki[]; later?: FakeWiki[]; afresh?: Ledger['afresh']; play(scene: Scene): Promise<void> }> = {
  straight: { wikis: [wiki({}), wiki({ wiki: 2, host: 'b.example.org', open: 5 })], play: async () => {} },
  'pause-resume': {
    wikis: [wiki({ slow: true })],
    async play({ ledger, tell, signal }) {
      await until(() => ledger.calls.includes('lane'));
      await signal('pause');
      await until(() => ledger.state === 'paused');
      await tell();
      await signal('resume');
      await until(() => ledger.state === 'running');
      ledger.wikis[0]!.slow = false;
      await tell();
    },
  },
  'attention-retry': {
    wikis: [wiki({ trouble: 'wiki.session' })],
    async play({ ledger, update }) {
      await until(() => ledger.waiting().length === 1);
      delete ledger.wikis[0]!.trouble;
      await eventually(() => update('a.example.org', 'retry'));
    },
  },
  'attention-abort': {
    wikis: [wiki({ trouble: 'wiki.blocked' })],
    async play({ ledger, update }) {
      await until(() => ledger.waiting().length === 1);
      await eventually(() => update('a.example.org', 'abort'));
    },
  },
  'unknown-settled': {
    wikis: [wiki({ unknown: 1 })],
    async play({ ledger, tell }) {
      await until(() => ledger.waiting().length === 1);
      ledger.wikis[0]!.unknown = 0;
      await tell();
    },
  },
  cancelled: {
    wikis: [wiki({ slow: true })],
    async play({ ledger, tell, signal }) {
      await until(() => ledger.calls.includes('lane'));
      await signal('cancel');
      await until(() => ledger.state === 'cancelled');
      await tell();
    },
  },
  long: {
    wikis: Array.from({ length: 4 }, (_, i) => wiki({ wiki: i + 1, host: `${'abcd'[i]}.example.org`, open: 60, perLane: 6 })),
    play: async () => {},
  },
  'read-afresh': { wikis: [wiki({ open: 5 })], afresh: { approved: 10, present: 11 }, play: async () => {} },
  'lists-grown': {
    wikis: [wiki({ open: 5 })],
    afresh: { approved: 10, present: 20 },
    async play({ ledger, update }) {
      await until(() => ledger.waiting().length === 1);
      ledger.afresh!.present = 30;
      await eventually(() => update(undefined, 'retry'));
      await until(() => ledger.operations.length === 2);
      await eventually(() => update(undefined, 'skip'));
    },
  },
  'expand-failed': {
    wikis: [wiki({})],
    later: [wiki({ wiki: 2, host: 'b.example.org', open: 5 })],
    async play({ ledger, update }) {
      ledger.failing.set('expand', 'internal');
      await until(() => ledger.waiting().length === 1);
      ledger.failing.clear();
      await eventually(() => update(undefined, 'retry'));
    },
  },
};

/** Where a scene is played. */
interface Theatre {
  temporal: Temporal;
  play(activities: object, work: () => Promise<void>): Promise<void>;
}

async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await theatre([], async (stage) => {
    for (const [i, name] of Object.keys(scenes).filter((each) => each !== 'long').entries()) await deliver(stage, name, i + 1);
    await timers(stage);
    await eventWindow(stage);
    await escalation(stage);
    await retention(stage);
    await commentScan(stage);
    await accountCreation(stage);
    await accountInName(stage);
    await nameCheck(stage);
  });
  // On a server that suggests it early, the same scene shows how runs follow one another.
  await theatre(['limit.historyCount.suggestContinueAsNew=40'], (stage) => deliver(stage, 'long', 1));
}

async function theatre(settings: string[], work: (stage: Theatre) => Promise<void>): Promise<void> {
  const server = await startTemporalServer('history.timerProcessorMaxTimeShift="5ms"', ...settings);
  const config = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TASK_QUEUE: 'reeve', TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined };
  const temporal = createTemporal(config, 'record');
  await eventually(() => ensureSearchAttributes(temporal, searchAttributes));
  const connection = await NativeConnection.connect({ address: server.address });
  const workflowBundle = { code: await makeBundle() };
  await work({
    temporal,
    play: async (activities, turns) => (await Worker.create({ connection, taskQueue: 'reeve', identity: 'reeve-record', workflowBundle, activities, dataConverter })).runUntil(turns),
  });
  await temporal.close();
  await connection.close();
  await server.stop();
}

async function deliver({ temporal, play }: Theatre, name: string, delivery: number): Promise<void> {
  const { wikis, later = [], afresh, play: turns } = scenes[name]!;
  const ledger = Object.assign(new Ledger(structuredClone(wikis)), { later: structuredClone(later), afresh: afresh && { ...afresh } });
  let version = 0;
  const workflowId = `delivery/${delivery}`;
  const handle = temporal.client.workflow.getHandle(workflowId);
  const tell = async () => void (await temporal.client.workflow.signalWithStart('massDelivery', { workflowId, taskQueue: 'reeve', args: [{ delivery }], signal: 'changed', signalArgs: [{ version: ++version }] }));
  await play(ledger.activities, async () => {
    await tell();
    await turns({
      ledger, tell, signal: (signal) => handle.signal(signal),
      update: (host, act) => temporal.client.workflow.getHandle(host ? `${workflowId}/${host}` : workflowId).executeUpdate(act, { args: [{ reason: 'recorded' }] }),
    });
    await handle.result();
    for (const { host } of wikis) await ended(temporal, `${workflowId}/${host}`);
  });
  await keep(temporal, `mass-delivery.${name}`, workflowId);
  for (const { host } of wikis) await keep(temporal, `wiki-delivery.${name}.${host[0]}`, `${workflowId}/${host}`);
}

/** Moved while it waits, fired early, fired, and told of the next. */
async function timers({ temporal, play }: Theatre): Promise<void> {
  let calls = 0;
  const at = Date.now();
  const name = 'xstate.after.untilExpiry.key.active';
  const answers = [{ version: 3, timers: { [name]: at + 400 } }, { version: 4, timers: { [name]: at + 900 } }, { version: 5, timers: {} }];
  await play({ fireTimers: async () => answers[calls++] }, async () => {
    const start = (version: number, atMs: number) =>
      temporal.client.workflow.signalWithStart('timer', { workflowId: 'timer/key/1', taskQueue: 'reeve', args: [{ noun: 'key', id: 1 }], signal: 'setTimers', signalArgs: [{ version, timers: { [name]: atMs } }] });
    await start(2, at + 60_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await (await start(3, at + 400)).result();
  });
  await keep(temporal, 'timer.moved-and-fired', 'timer/key/1');
}

/** Asked to look again while it waits, and ended by its clock. */
async function eventWindow({ temporal, play }: Theatre): Promise<void> {
  const at = Date.now();
  const name = 'xstate.after.untilEnd.event.open';
  const answers = [{ version: 3, timers: { [name]: at + 900 } }, { version: 4, timers: {} }];
  let calls = 0;
  await play({ fireTimers: async () => answers[calls++] }, async () => {
    const run = await temporal.client.workflow.signalWithStart('eventWindow', {
      workflowId: 'event/1', taskQueue: 'reeve', args: [{ noun: 'event', id: 1 }], signal: 'setTimers', signalArgs: [{ version: 2, timers: { [name]: at + 60_000 } }],
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run.signal('refresh');
    await run.result();
  });
  await keep(temporal, 'event-window.refreshed-and-ended', 'event/1');
}

/** Reserved while it waits to be called to mind, called to mind, and answered before the reservation was over. */
async function escalation({ temporal, play }: Theatre): Promise<void> {
  const at = Date.now();
  const name = (delay: string, state: string): string => `xstate.after.${delay}.request.${state}`;
  const reserved = (dues: Record<string, number>) => Object.fromEntries(Object.entries(dues).map(([delay, ms]) => [name(delay, 'reserved'), at + ms]));
  let calls = 0;
  await play({ fireTimers: async () => (calls++, { version: 4, timers: reserved({ untilReservationEnds: 60_000, untilTooOld: 90_000 }) }) }, async () => {
    const tell = (version: number, timers: Record<string, number>) =>
      temporal.client.workflow.signalWithStart('escalation', { workflowId: 'escalation/request/1', taskQueue: 'reeve', args: [{ noun: 'request', id: 1 }], signal: 'setTimers', signalArgs: [{ version, timers }] });
    await tell(2, { [name('untilReminder', 'open')]: at + 900, [name('untilTooOld', 'open')]: at + 90_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await tell(3, reserved({ untilReminder: 900, untilReservationEnds: 60_000, untilTooOld: 90_000 }));
    await until(() => calls === 1);
    await (await tell(5, {})).result();
  });
  await keep(temporal, 'escalation.reserved-reminded-and-answered', 'escalation/request/1');
}

/** Could be taken back, met a wiki in trouble, tried again by a person, held up by the day's number, and made. */
async function accountCreation({ temporal, play }: Theatre): Promise<void> {
  let untilMs = 0;
  let [tries, welcomes, paused] = [0, 0, true];
  const handle = temporal.client.workflow.getHandle('account-creation/1');
  await play({
    async beginCreation() {
      const waitMs = Math.max(0, untilMs - Date.now());
      return waitMs === 0 && paused ? { wanted: true, waitMs: 3_600_000, pausedAtMs: untilMs } : { wanted: true, waitMs };
    },
    async createAccount() {
      tries++;
      if (tries === 1) throw ApplicationFailure.create({ type: 'wiki.session', message: 'wiki.session', nonRetryable: true });
      return tries === 2 ? { done: false, waitMs: 500 } : { done: true, waitMs: 0, welcomes: true };
    },
    async welcomeNewcomer() {
      if (!welcomes++) throw ApplicationFailure.create({ type: 'request.welcome-refused', message: 'request.welcome-refused', nonRetryable: true });
    },
    openOperation: async () => ({ operation: 1 }), answerOperation: async () => ({ answer: 'retry' }),
  }, async () => {
    untilMs = Date.now() + 1_000; // once the worker is there
    await temporal.client.workflow.signalWithStart('accountCreation', { workflowId: 'account-creation/1', taskQueue: 'reeve', args: [{ request: 1, version: 4 }], signal: 'changed', signalArgs: [{ version: 4 }] });
    await new Promise((resolve) => setTimeout(resolve, untilMs + 500 - Date.now()));
    paused = false;
    await handle.signal('lifted');
    for (let n = 0; n < 2; n++) await eventually(() => handle.executeUpdate('retry', { args: [{ reason: 'recorded' }] })); // the wiki's sign-in, and the welcome
    await handle.result();
  });
  await keep(temporal, 'account-creation.paused-troubled-held-up-made-and-welcomed', 'account-creation/1');
}

/** In the name of somebody who has to sign in at the wiki first. */
async function accountInName({ temporal, play }: Theatre): Promise<void> {
  let [tries, signedIn] = [0, false];
  const start = (version: number) =>
    temporal.client.workflow.signalWithStart('accountCreation', { workflowId: 'account-creation/2', taskQueue: 'reeve', args: [{ request: 2, version: 4 }], signal: 'changed', signalArgs: [{ version }] });
  await play({
    beginCreation: async () => ({ wanted: true, waitMs: 0 }),
    createAccount: async () => (tries++, signedIn ? { done: true, waitMs: 0 } : { done: false, waitMs: 3_600_000, wantsSignIn: true }),
  }, async () => {
    await start(4);
    await until(() => tries === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    signedIn = true;
    await (await start(6)).result();
  });
  await keep(temporal, 'account-creation.asked-to-sign-in', 'account-creation/2');
}

/** It goes on by the policy of its one step. */
async function nameCheck({ temporal, play }: Theatre): Promise<void> {
  await play({ askName: async () => {} }, async () => void (await temporal.client.workflow.execute('nameCheck', { workflowId: 'name-check/1', taskQueue: 'reeve', args: [{ request: 1 }] })));
  await keep(temporal, 'name-check.answered', 'name-check/1');
}

/** A full chunk, a smaller one, a sleep, and nothing; it would go on for ever. */
async function retention({ temporal, play }: Theatre): Promise<void> {
  const answers = [{ erased: 500, more: true, nextAtMs: null }, { erased: 2, more: false, nextAtMs: Date.now() + 1_500 }];
  let calls = 0;
  await play({ sweep: async () => answers[calls++] ?? { erased: 0, more: false, nextAtMs: null } }, async () => {
    const run = await temporal.client.workflow.start('retention', { workflowId: 'retention/request', taskQueue: 'reeve', args: [{ noun: 'request' }] });
    await until(() => calls === 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await run.terminate('recorded');
  });
  await keep(temporal, 'retention.swept-and-slept', 'retention/request');
}

/** A full chunk, a smaller one, and the sleep until the night. */
async function commentScan({ temporal, play }: Theatre): Promise<void> {
  let calls = 0;
  await play({ scan: async () => ({ scanned: ++calls === 1 ? 500 : 3, flagged: calls, more: calls === 1 }) }, async () => {
    const run = await temporal.client.workflow.start('commentScan', { workflowId: 'comment-scan/request', taskQueue: 'reeve', args: [{}] });
    await until(() => calls === 2);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await run.terminate('recorded');
  });
  await keep(temporal, 'comment-scan.chunked-and-slept', 'comment-scan/request');
}

const ended = (temporal: Temporal, workflowId: string): Promise<void> =>
  eventually(async () => {
    if ((await temporal.client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING') throw new Error(`${workflowId} still runs`);
  });

/** Every run of it. */
async function keep(temporal: Temporal, name: string, workflowId: string): Promise<void> {
  const runs: { runId: string; startTime: Date }[] = [];
  await eventually(async () => {
    runs.length = 0;
    for await (const { runId, startTime, status } of temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      if (status.name === 'RUNNING') throw new Error(`${workflowId} still runs`);
      runs.push({ runId, startTime });
    }
    if (!runs.length) throw new Error(`${workflowId} is not listed`);
  });
  runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  for (const [i, { runId }] of runs.entries()) {
    const history = JSON.parse(historyToJSON(await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory()));
    const file = runs.length > 1 ? `${name}.run-${i + 1}` : name;
    writeFileSync(join(folder, `${file}.json`), `${JSON.stringify(history)}\n`);
    console.log(file, history.events.length);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
