/**
 * Effects that are rows of their own in the same commit as the state. Every effect that is not named here goes out
 * through the outbox, where dispatch/intents.ts says what it starts or signals.
 */
import type pg from 'pg';
import { system, type Actor } from '../../policies/actor';
import type { KernelColumns } from '../entities/kernel';
import type { Terms } from '../kernel';
import type { KernelNoun } from '../nouns';
import type { Step } from '../step';
import { deliveryWriters } from './delivery';
import { membershipWriters } from './membership';
import { notify } from './notify';
import { requestWriters } from './request';

export interface EffectCall {
  /** Inside the transaction that writes the state. */
  client: pg.ClientBase;
  noun: KernelNoun;
  /** The thing as this step leaves it. */
  row: KernelColumns;
  verb: string;
  atMs: number;
  params: Record<string, unknown>;
  /** What the verb was asked with. */
  input: Record<string, unknown>;
  actor: Actor;
  terms: Terms;
}
export type Writer = (call: EffectCall) => Promise<void>;

export const writers: Record<string, Writer> = { notify, ...deliveryWriters, ...requestWriters, ...membershipWriters };

/** Writes the rows of some steps' effects, in order. What the clock did is nobody's act, whoever's verb brought it about. */
export async function writeEffects(client: pg.ClientBase, terms: Terms, noun: KernelNoun, steps: Step[], actor: Actor, input: Record<string, unknown> = {}): Promise<void> {
  for (const { verb, atMs, row, effects } of steps) {
    const own = !verb.startsWith('xstate.');
    for (const { type, params } of effects)
      await writers[type]?.({ client, noun, row, verb, atMs, params, input: own ? input : {}, actor: own ? actor : system, terms });
  }
}
