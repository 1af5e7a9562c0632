/**
 * Walks the house once, noun by noun, from what is declared: the machines, the policies, the entities, the routes. The
 * documents in docs/ are written from it (docs/generate.ts) and test/line/ holds the house against it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { allRoutes } from '../api/all-routes';
import { nounTables, type KernelNoun } from '../db/nouns';
import { verbsOf } from '../db/actions';
import { everything } from '../db/permissions';
import { mayEver, nouns, type Noun } from '../policies';
import { system } from '../policies/actor';

export interface Transition {
  state: string;
  /** The verb, or the name of the delay. */
  verb: string;
  byClock: boolean;
  guard?: string;
  /** None: it stays where it is. */
  target?: string;
  effects: string[];
}
export interface NounPlaces {
  noun: Noun;
  /** Paths from the root; null where there is none. */
  machine: string | null;
  policy: string | null;
  entity: string | null;
  route: string | null;
  workflows: string[];
  tests: string[];
  /** `/api/deliveries` */
  url: string;
  states: string[];
  verbs: string[];
  /** Verbs that only Reeve itself may send. */
  bySystem: string[];
  transitions: Transition[];
}

export const root = resolve(__dirname, '..');

export const kebab = (noun: string): string => noun.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const plural = (noun: Noun): string => (noun === 'audit' ? 'log' : `${kebab(noun).replace(/([^aeiou])y$/, '$1ie')}s`);

export const places = (): NounPlaces[] => nouns.map(placesOf);

function placesOf(noun: Noun): NounPlaces {
  const table = nounTables[noun as KernelNoun] as (typeof nounTables)[KernelNoun] | undefined;
  const machine = table?.machine;
  const name = kebab(noun);
  const transitions = machine ? transitionsOf(machine) : [];
  const verbs = table ? verbsOf(noun as KernelNoun) : [];
  return {
    noun,
    machine: there(`machines/${name}.ts`),
    policy: there(`policies/${name}.ts`),
    entity: there(`db/entities/${name}.ts`),
    route: there(`api/routes/${plural(noun)}.ts`),
    workflows: workflowsOf(noun, transitions),
    tests: filesOf('test').filter((file) => file.endsWith('.test.ts') && isAbout(file, noun)),
    url: `/api/${plural(noun)}`,
    states: machine ? Object.keys(machine.states) : [],
    verbs,
    bySystem: verbs.filter((verb) => !mayEver(everything, verb, noun) && mayEver(system, verb, noun)),
    transitions,
  };
}

/** Verbs that are a part of an act with an address of its own. */
const within: Record<string, string> = { 'request erase': 'POST /api/privacy/erase' };

/** `POST /api/deliveries/{id}/approve`; null where the verb has no address. */
export const addressOf = ({ noun, url }: NounPlaces, verb: string): string | null => within[`${noun} ${verb}`] ?? verbAddresses().find((address) => new RegExp(`^POST ${url}/\\{\\w+\\}/${verb}$`).test(address)) ?? null;

/** Every address that ends in a verb. */
export const verbAddresses = (): string[] => (addresses ??= allRoutes({} as never, {} as never).filter(({ method }) => method === 'post').map(({ path }) => `POST ${path.replace(/[:*](\w+)/g, '{$1}')}`)).filter((address) => /\/\{\w+\}\/\w+$/.test(address));
let addresses: string[] | undefined;

interface TransitionNode {
  eventType: string;
  target?: { key: string }[];
  guard?: unknown;
  actions: unknown[];
}

function transitionsOf(machine: AnyStateMachine): Transition[] {
  return Object.values(machine.states).flatMap((state) =>
    ([...state.transitions.values()].flat() as unknown as TransitionNode[]).map((node): Transition => {
      const timer = /^xstate\.after\.([^.]+)\./.exec(node.eventType);
      const target = node.target?.[0]?.key;
      const entered = target === undefined ? [] : machine.states[target]!.entry;
      return {
        state: state.key,
        verb: timer ? timer[1]! : node.eventType,
        byClock: timer !== null,
        guard: nameOf(node.guard),
        target,
        effects: [...node.actions, ...entered].map((action) => described(action)).filter((name) => isEffect(machine, name)),
      };
    }),
  );
}

/** Names of the effects of a noun's machine, whoever sends them and whenever. */
export const effectsOf = (machine: AnyStateMachine): string[] => [
  ...new Set([...transitionsOf(machine).flatMap(({ effects }) => effects), ...Object.values(machine.states).flatMap(({ entry, exit }) => [...entry, ...exit].map(described))].map((name) => name.split(' ')[0]!)),
].filter((name) => isEffect(machine, name));

/** What computes a context is no effect, and neither is what sets timers. */
function isEffect(machine: AnyStateMachine, name: string): boolean {
  const made = machine.implementations.actions[name.split(' ')[0]!] as { type?: string } | undefined;
  return !name.startsWith('xstate.') && made?.type !== 'xstate.assign';
}

const nameOf = (part: unknown): string | undefined => (typeof part === 'string' ? part : ((part as { type?: string } | undefined)?.type ?? undefined));

/** `notify sender` */
const described = (action: unknown): string => [nameOf(action) ?? 'xstate.inline', (action as { params?: { who?: string } }).params?.who].filter(Boolean).join(' ');

function workflowsOf(noun: Noun, transitions: Transition[]): string[] {
  const own = filesOf('workflows').filter((file) => isAbout(file, noun) && !isAbout(file, noun, 'begins'));
  if (noun === 'operation') own.push('workflows/attention.ts');
  if (transitions.some(({ byClock }) => byClock)) own.push('workflows/timer.ts');
  return own.filter((file) => there(file));
}

/** By its name: `target-lists.test.ts`, `mass-delivery.ts`, `delivery-progress.test.ts`. */
const isAbout = (file: string, noun: Noun, how: 'begins' | 'any' = 'any'): boolean => {
  const name = basename(file).replace(/(\.test)?\.ts$/, '');
  const words = `(${kebab(noun)}|${plural(noun)})`;
  return new RegExp(how === 'begins' ? `^${words}-` : `(^${words}-)|((^|-)${words}$)`).test(name);
};

const there = (file: string): string | null => (existsSync(join(root, file)) ? file : null);

const filesOf = (folder: string): string[] =>
  !there(folder)
    ? []
    : readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
        .sort();
