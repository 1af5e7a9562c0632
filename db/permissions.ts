/**
 * Who may do what to which thing in which state: policy and machine together, noun by noun, from what is declared.
 * docs/permissions.md is written from it, and GET /api/permissions shows it.
 */
import { abilityFor, may, nouns, type Noun } from '../policies';
import { roles, system, temporal, visitor, type Actor, type Role } from '../policies/actor';
import { verbsOf } from './actions';
import { nounTables, type KernelNoun } from './nouns';

/** What one kind of asker may do: verb → in every state that takes it, or in some. Verbs that they may not do are absent. */
export interface Rights {
  who: string;
  kind: Actor['kind'];
  may: Record<string, true | string[]>;
}
/** Of one noun, for things that stand in one way to whoever asks. */
export interface Permissions {
  noun: Noun;
  whose: string;
  states: string[];
  verbs: string[];
  /** A role only where it may something else than a user without one. */
  rights: Rights[];
}

/** Everybody at once: who holds every role everywhere. */
export const everything: Actor = { kind: 'user', userId: 1, grants: roles.map((role) => ({ role, wikiId: null })), events: [1], forms: [1] };

/** Things as one actor may meet them: whose they are, and what else a policy looks at. */
const meetings: Record<Noun, Record<string, Record<string, unknown>>> = {
  user: { own: { id: 1 }, "another's": { id: 2 } },
  membership: {
    own: { userId: 1, role: 'sender' },
    "another's, as organizer or tool user": { userId: 2, role: 'organizer' },
    "another's, in any other role": { userId: 2, role: 'sender' },
  },
  wiki: { any: {} },
  targetList: { own: { ownerId: 1, used: false }, "another's": { ownerId: 2, used: false }, 'used in a send': { ownerId: 2, used: true } },
  delivery: {
    own: { senderId: 1, wikiId: 1, channel: 'page', startedAtMs: null },
    'own, by wiki mail': { senderId: 1, wikiId: 1, channel: 'email', startedAtMs: null },
    "another's": { senderId: 2, wikiId: 1, channel: 'page', startedAtMs: null },
    "another's, begun": { senderId: 2, wikiId: 1, channel: 'page', startedAtMs: 1 },
  },
  event: {
    own: { organizerIds: [1], disabledAtMs: null, isTest: false, approvedStartsAtMs: 1 },
    "another's, approved": { organizerIds: [2], disabledAtMs: null, isTest: false, approvedStartsAtMs: 1 },
    "another's, never approved": { organizerIds: [2], disabledAtMs: null, isTest: false, approvedStartsAtMs: null },
    'own, disabled': { organizerIds: [1], disabledAtMs: 1, isTest: false, approvedStartsAtMs: 1 },
  },
  request: {
    'open to all of the team': { eventId: null, queue: 'default', escalatedAtMs: null, holderId: null, confirmedAtMs: 1 },
    'of an own event': { eventId: 1, queue: 'event', escalatedAtMs: null, holderId: null, confirmedAtMs: 1 },
    'of an own event, reserved by oneself': { eventId: 1, queue: 'event', escalatedAtMs: null, holderId: 1, confirmedAtMs: 1 },
    'of an own event, reserved by another': { eventId: 1, queue: 'event', escalatedAtMs: null, holderId: 2, confirmedAtMs: 1 },
    'of an own event, escalated': { eventId: 1, queue: 'event', escalatedAtMs: 1, holderId: null, confirmedAtMs: 1 },
  },
  queue: { any: {} },
  form: { own: { ownerId: 1, shared: false }, "another's": { ownerId: 2, shared: false }, "another's, of an own event": { id: 1, ownerId: 2, shared: false }, 'for all events': { ownerId: 2, shared: true } },
  ban: { 'for all of the desk': { seenBy: 'admin' }, 'for checkusers only': { seenBy: 'checkuser' } },
  template: { 'in use': { active: true }, 'out of use': { active: false } },
  key: { own: { userId: 1 }, "another's": { userId: 2 } },
  operation: { any: {} },
  notice: { own: { userId: 1 }, "another's": { userId: 2 } },
  view: { own: { ownerId: 1, shared: false }, "another's": { ownerId: 2, shared: false }, "another's, shared": { ownerId: 2, shared: true } },
  audit: { any: {} },
};

const asks: [who: string, actor: Actor][] = [
  ['visitor', visitor],
  ['user', { kind: 'user', userId: 1, grants: [] }],
  ...roles.map((role: Role): [string, Actor] => [role, { kind: 'user', userId: 1, grants: [{ role, wikiId: null }], ...(role === 'organizer' && { events: [1], forms: [1] }) }]),
  ['Temporal’s own tools', temporal],
  ['Reeve itself', system],
];

export const allPermissions = (): Permissions[] => nouns.flatMap((noun) => Object.entries(meetings[noun]).map(([whose, thing]) => permissionsOf(noun, whose, thing)));

/** Every action that a policy gives to anybody. */
export const givenActions = (noun: Noun): string[] => [...new Set([everything, system, temporal].flatMap((actor) => abilityFor(actor).actionsFor(noun)))];

/** Whatever can be asked of a noun: its machine's verbs, and the rights that no verb is. A key's scopes are these. */
export const askedOf = (noun: Noun): string[] => [...new Set(['new', 'read', 'edit', ...machineVerbs(noun), ...givenActions(noun)])];

const machineVerbs = (noun: Noun): string[] => (noun in nounTables ? verbsOf(noun as KernelNoun) : []);

function permissionsOf(noun: Noun, whose: string, thing: Record<string, unknown>): Permissions {
  const machine = nounTables[noun as KernelNoun]?.machine;
  const states = machine ? Object.keys(machine.states) : [];
  const ofMachine = machineVerbs(noun);
  const given = givenActions(noun);
  const verbs = askedOf(noun).filter((verb) => given.includes(verb));
  /** The states in which a verb can be asked for at all. */
  const possible = (verb: string): string[] =>
    !states.length || verb === 'new' ? [states[0] ?? 'active'] : ofMachine.includes(verb) ? states.filter((state) => machine!.states[state]!.transitions.has(verb)) : states;
  const rightsOf = ([who, actor]: [string, Actor]): Rights => {
    const found = verbs.flatMap((verb): [string, true | string[]][] => {
      const allowed = possible(verb).filter((state) => may(actor, verb, noun, { ...thing, state }).allowed);
      return allowed.length ? [[verb, allowed.length === possible(verb).length ? true : allowed]] : [];
    });
    return { who, kind: actor.kind, may: Object.fromEntries(found) };
  };
  const all = asks.map(rightsOf);
  const plain = JSON.stringify(all.find(({ who }) => who === 'user')!.may);
  const rights = all.filter(({ who, kind, may }) => Object.keys(may).length && (who === 'user' || kind !== 'user' || JSON.stringify(may) !== plain));
  return { noun, whose, states, verbs: verbs.filter((verb) => rights.some(({ may }) => verb in may)), rights };
}
