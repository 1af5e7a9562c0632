/**
 * One ability per actor, default deny. `allow` and `forbid` are CASL's defining pair; the checking `can` belongs to the
 * ability. Rules hold conditions only, no queries: what they look at is in the row or in the actor.
 */
import { AbilityBuilder, createMongoAbility, subject, type MongoAbility, type MongoQuery } from '@casl/ability';
import { actorId, type Actor } from './actor';
import { auditPolicy } from './audit';
import { banPolicy } from './ban';
import { deliveryPolicy } from './delivery';
import { eventPolicy } from './event';
import { formPolicy } from './form';
import { keyPolicy } from './key';
import { membershipPolicy } from './membership';
import { noticePolicy } from './notice';
import { operationPolicy } from './operation';
import { queuePolicy } from './queue';
import { requestPolicy } from './request';
import { targetListPolicy } from './target-list';
import { templatePolicy } from './template';
import { userPolicy } from './user';
import { viewPolicy } from './view';
import { wikiPolicy } from './wiki';

export const nouns = ['user', 'membership', 'wiki', 'targetList', 'delivery', 'event', 'request', 'queue', 'form', 'ban', 'template', 'key', 'operation', 'notice', 'view', 'audit'] as const;
export type Noun = (typeof nouns)[number];
export type Ability = MongoAbility<[string, any], MongoQuery>;

/** Gives rights: `because` is the sentence that a refusal shows, and its code where it has one of its own. */
export type Allow = (verbs: string | string[], noun: Noun, conditions?: MongoQuery, fields?: string[]) => { because(reason: string, code?: RefusalCode): unknown };
export type RefusalCode = 'policy.forbidden' | 'policy.own' | 'request.held';
export type Policy = (allow: Allow, forbid: Allow, actor: Actor) => void;

const policies: Policy[] = [
  userPolicy, membershipPolicy, wikiPolicy, targetListPolicy, deliveryPolicy, eventPolicy, requestPolicy, queuePolicy, formPolicy, banPolicy, templatePolicy, keyPolicy, operationPolicy, noticePolicy, viewPolicy, auditPolicy,
];

/** What this actor may do: the union of the roles' rights, cut to the key's scopes. */
export function abilityFor(actor: Actor): Ability {
  const { can, cannot, build } = new AbilityBuilder<Ability>(createMongoAbility);
  const allow: Allow = (verbs, noun, conditions, fields) =>
    coded(fields ? can(verbs, noun, fields, conditions) : can(verbs, noun, conditions));
  const forbid: Allow = (verbs, noun, conditions, fields) =>
    coded(fields ? cannot(verbs, noun, fields, conditions) : cannot(verbs, noun, conditions));
  for (const policy of policies) policy(allow, forbid, actor);
  return build();
}

/** CASL keeps one text for a rule: the code stands before the sentence. */
const coded = (rule: { because(text: string): unknown }): ReturnType<Allow> => ({ because: (reason, code = 'policy.forbidden') => rule.because(`${code} ${reason}`) });

/** The field that whoever reads a thing's log must be let read, too: where there is only a trace of a request, its log would tell the rest. */
export const logField: Partial<Record<Noun, string>> = { request: 'outcome' };

/** Why a rule refuses. */
export function refusalOf(rule: { reason?: string } | null): { code: RefusalCode; reason?: string } {
  const [, code, reason] = /^(\S+) (.*)$/.exec(rule?.reason ?? '') ?? [];
  return { code: (code as RefusalCode | undefined) ?? 'policy.forbidden', reason };
}

export interface Verdict {
  allowed: boolean;
  code: RefusalCode;
  /** The sentence of the rule that refused, if one did. */
  reason?: string;
}

/** May this actor do this verb to this row? A key also needs the scope `all`, `<noun>:<verb>` or, to read, `<noun>:read`. */
export function may(actor: Actor, verb: string, noun: Noun, row: object, field?: string): Verdict {
  if (actor.kind === 'key' && !inScope(actor, verb, noun)) return { allowed: false, code: 'policy.forbidden', reason: `The key's scopes do not name ${noun}:${verb}.` };
  const ability = cachedAbility(actor);
  const rule = ability.relevantRuleFor(verb, asSubject(noun, row), field);
  return { allowed: rule !== null && !rule.inverted, ...refusalOf(rule) };
}

export const inScope = (actor: Actor, verb: string, noun: Noun): boolean =>
  actor.kind !== 'key' ||
  actor.scopes!.some((scope) => scope === 'all' || scope === `${noun}:${verb}` || (verb === 'read' && scope.startsWith(`${noun}:`)));

/** Whether there is any row to which the actor may do it: for what is offered before there is a row. */
export const mayEver = (actor: Actor, verb: string, noun: Noun): boolean =>
  inScope(actor, verb, noun) && cachedAbility(actor).rulesFor(verb, noun).some((rule) => !rule.inverted);

/** Whether a rule gives it for every row, whosever it is. */
export const mayToAll = (actor: Actor, verb: string, noun: Noun): boolean =>
  inScope(actor, verb, noun) && cachedAbility(actor).rulesFor(verb, noun).some((rule) => !rule.inverted && !rule.conditions);

/** CASL marks the object that it is given, so it gets a copy: one for each row, because marking costs more than asking. A row is never changed in place. */
export function asSubject(noun: Noun, row: object): any {
  const known = subjects.get(row);
  if (known?.noun === noun) return known.marked;
  const marked: unknown = subject(noun, { ...row });
  subjects.set(row, { noun, marked });
  return marked;
}
const subjects = new WeakMap<object, { noun: Noun; marked: unknown }>();

const abilities = new Map<string, Ability>();
const ofActor = new WeakMap<Actor, Ability>();

/** Building costs more than asking. */
export function cachedAbility(actor: Actor): Ability {
  let ability = ofActor.get(actor);
  if (!ability) ofActor.set(actor, (ability = sharedAbility(actor)));
  return ability;
}

/** The key is everything that rules look at. */
function sharedAbility(actor: Actor): Ability {
  const key = `${actorId(actor)}|${actor.kind}|${actor.grants.map((grant) => `${grant.role}@${grant.wikiId ?? '*'}`).join(',')}|${actor.events?.join(',') ?? ''}|${actor.forms?.join(',') ?? ''}`;
  let ability = abilities.get(key);
  if (!ability) {
    if (abilities.size > 5_000) abilities.clear();
    abilities.set(key, (ability = abilityFor(actor)));
  }
  return ability;
}
