import { errorKinds } from '../../config/errors';
import { entities } from '../../db/entities';
import { camel } from '../../db/columns';
import { writers } from '../../db/effects';
import { nounTables, type KernelNoun } from '../../db/nouns';
import { intents } from '../../dispatch/intents';
import { noticePrivate } from '../../db/entities/notice';
import { viewPrivate } from '../../db/entities/view';
import { everything, givenActions } from '../../db/permissions';
import { addressOf, effectsOf, places, verbAddresses } from '../../docs/walk';
import { mayEver } from '../../policies';
import { system, temporal } from '../../policies/actor';
import { filesIn, folders, read } from './tree';

const all = places();
const withMachine = all.filter(({ machine }) => machine);
const machineOf = (noun: string) => nounTables[noun as KernelNoun].machine!;

describe('the map', () => {
  test('has every machine file under a noun', () => {
    const known = withMachine.map(({ machine }) => machine);
    expect(filesIn('machines').filter((file) => !['machines/effect.ts', 'machines/request-context.ts'].includes(file))).toEqual([...known].sort());
  });

  test.each(withMachine.map((place) => [place.noun, place] as const))('finds policy, entity, route and test of %s', (_noun, { policy, entity, route, tests }) => {
    expect({ policy, entity, route }).toEqual({ policy: expect.any(String), entity: expect.any(String), route: expect.any(String) });
    expect(tests.filter((file) => file.startsWith('test/machines/'))).toHaveLength(1);
  });

  test.each(all.map((place) => [place.noun, place] as const))('finds policy and route of %s', (_noun, { policy, route }) => {
    expect({ policy, route }).toEqual({ policy: expect.any(String), route: expect.any(String) });
  });

  test.each(withMachine.map((place) => [place.noun, place] as const))('gives every verb of %s to somebody, and an address to all but those that only Reeve sends', (noun, place) => {
    const { verbs, bySystem } = place;
    for (const verb of verbs) {
      const somebody = [everything, system, temporal].some((actor) => mayEver(actor, verb, noun));
      const address = addressOf(place, verb) !== null;
      expect({ verb, somebody, address }).toEqual({ verb, somebody: true, address: !bySystem.includes(verb) });
    }
  });

  test('has for every right that is no verb a place that asks for it', () => {
    const doors = filesIn('api', 'db').filter((file) => file !== 'db/permissions.ts').map(read).join('\n');
    const unasked = all.flatMap(({ noun, verbs }) => givenActions(noun).filter((right) => !verbs.includes(right) && !new RegExp(`'${right}'|^  ${right}: \\{`, 'm').test(doors)).map((right) => `${noun} ${right}`));
    expect(unasked).toEqual([]);
  });

  test('has for every address of a verb the verb', () => {
    const known = new Set(withMachine.flatMap((place) => [...place.verbs, 'reveal'].map((verb) => addressOf(place, verb) ?? `POST ${place.url}/{id}/${verb}`))); // what `reveal` shows changes nothing
    const strangers = verbAddresses().filter((address) => withMachine.some(({ url }) => new RegExp(`^POST ${url}/\\{\\w+\\}/\\w+$`).test(address)) && !known.has(address));
    expect(strangers).toEqual([]);
  });
});

test('every page of the front end is let in at its address, and nothing else', () => {
  const paths = filesIn('web/src').filter((file) => file.endsWith('/routes.ts')).flatMap((file) => [...read(file).matchAll(/path: '\/([a-z-]+)/g)].map(([, area]) => area!));
  const areas = [.../const AREAS = \[([^\]]*)\]/.exec(read('api/app-shell.ts'))![1]!.matchAll(/'([^']+)'/g)].map(([, area]) => area!);
  expect([...areas].sort()).toEqual([...new Set(paths)].sort());
});

describe('an effect', () => {
  const named = [...new Set(withMachine.flatMap(({ noun }) => effectsOf(machineOf(noun))))];

  test.each(named)('%s has one place: an intent that goes out, or a writer of rows', (name) => {
    expect([name in intents, name in writers].filter(Boolean)).toHaveLength(1);
  });

  test('that has a place is named by a machine', () => {
    const bySystem = ['setTimers', 'resumeCreations']; // db/commit.ts sends the one whenever the timers of a thing change, db/pause.ts the other when a switch is lifted
    expect([...Object.keys(intents), ...Object.keys(writers)].filter((name) => !named.includes(name) && !bySystem.includes(name))).toEqual([]);
  });
});

describe('an error code', () => {
  const texts = filesIn(...folders.filter((folder) => folder !== 'config')).map(read);

  test.each(Object.keys(errorKinds))('%s is used', (code) => {
    expect(texts.some((text) => text.includes(`'${code}'`))).toBe(true);
  });
});

describe('the private columns', () => {
  /** Text that anybody may see in a log line or a workflow: hosts, names of states and kinds, codes, ids, settings. */
  const open: Record<string, string[]> = {
    user: ['language', 'timeZone', 'appOnly', 'theme', 'textSize'],
    wiki: ['host', 'apiUrl', 'allowedPages', 'optOutCategory', 'aliases', 'changeTag'],
    membership: ['role'],
    key: ['scopes'],
    targetList: ['format'],
    delivery: ['channel', 'marker'],
    event: ['types', 'participation', 'country', 'timeZone', 'startsAt', 'endsAt'],
    request: ['language', 'mode', 'nameCheck', 'queue', 'outcome'],
    queue: ['key', 'languages', 'timeZone', 'hours', 'holidays'],
    form: [],
    ban: ['target', 'action', 'queue', 'seenBy'],
    template: ['kind', 'languages'],
    operation: ['workflowId', 'runId', 'kind', 'entity', 'wiki', 'code'],
    notice: ['noun', 'code'],
    view: ['path'],
  };

  test.each(entities.map(({ options }) => [camel(options.name), options] as const))('of %s and its open ones are all columns that hold text, and none is both', (noun, options) => {
    const hidden = noun === 'notice' ? (noticePrivate as string[]) : noun === 'view' ? (viewPrivate as string[]) : nounTables[noun as KernelNoun].private;
    const texts = Object.entries(options.columns).filter(([name, column]) => ['text', 'bytea', 'json'].includes(String(column!.type)) && !['state', 'auditHash'].includes(name));
    expect([...hidden, ...open[noun]!].sort()).toEqual(texts.map(([name]) => name).sort());
  });
});
