/**
 * Effects that are rows of their own in the same commit as the state. Every effect that is not named here goes out
 * through the outbox, where dispatch/intents.ts says what it starts or signals.
 */
import type pg from 'pg';
import type { Actor } from '../../policies/actor';
import type { KernelColumns } from '../entities/kernel';
import type { KernelNoun } from '../nouns';
import { deliveryWriters } from './delivery';
import { notify } from './notify';

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
}
export type Writer = (call: EffectCall) => Promise<void>;

export const writers: Record<string, Writer> = { notify, ...deliveryWriters };
