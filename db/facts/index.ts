/**
 * What the door must know before a verb, or must refuse with words: per noun and verb. A fact becomes a field of the
 * event, where the machine's guards read it.
 */
import type { Actor } from '../../policies/actor';
import type { Kernel } from '../kernel';
import type { KernelNoun } from '../nouns';
import type { Following } from '../step';
import { deliveryFacts } from './delivery';
import { eventFacts } from './event';
import { membershipFacts } from './membership';
import { queueFacts } from './queue';
import { requestFacts } from './request';

/**
 * What is called `follow` are verbs that the system does at once after it, in the same commit.
 * @param nowMs the door's clock, which the guards ask a moment later. @throws ReeveError when the verb cannot be right, naming the field.
 */
export type Fact<Row = any> = (kernel: Kernel, row: Row, actor: Actor, input: Record<string, unknown>, nowMs: number) => Promise<Record<string, unknown> & { follow?: Following[] }>;

export const facts: Partial<Record<KernelNoun, Record<string, Fact>>> = { delivery: deliveryFacts, event: eventFacts, membership: membershipFacts, queue: queueFacts, request: requestFacts };
