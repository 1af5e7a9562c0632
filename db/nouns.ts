/** The nouns that have versions and an audit chain: each one's table, machine, and which columns its machine names. */
import { initialTransition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { banMachine } from '../machines/ban';
import { deliveryMachine } from '../machines/delivery';
import { eventMachine } from '../machines/event';
import { formMachine } from '../machines/form';
import { keyMachine } from '../machines/key';
import { membershipMachine } from '../machines/membership';
import { operationMachine } from '../machines/operation';
import { queueMachine } from '../machines/queue';
import { requestMachine } from '../machines/request';
import { banPrivate, type Ban } from './entities/ban';
import { deliveryPrivate, type Delivery } from './entities/delivery';
import { eventPrivate, type Event } from './entities/event';
import { formPrivate, type Form } from './entities/form';
import { keyPrivate, type Key } from './entities/key';
import { membershipPrivate, type Membership } from './entities/membership';
import { operationPrivate, type Operation } from './entities/operation';
import { queuePrivate, type Queue } from './entities/queue';
import { requestPrivate, type Request } from './entities/request';
import { targetListPrivate, type TargetList } from './entities/target-list';
import { templatePrivate, type Template } from './entities/template';
import { userPrivate, type User } from './entities/user';
import { wikiPrivate, type Wiki } from './entities/wiki';

export interface Rows {
  user: User;
  wiki: Wiki;
  membership: Membership;
  key: Key;
  targetList: TargetList;
  delivery: Delivery;
  event: Event;
  request: Request;
  queue: Queue;
  form: Form;
  ban: Ban;
  template: Template;
  operation: Operation;
}
export type KernelNoun = keyof Rows;

export interface NounTable {
  table: string;
  /** Without one the noun knows `new` and `edit` only and its state stays as it is. */
  machine?: AnyStateMachine;
  /** The columns that are the machine's context. */
  context: string[];
  /** Never in a workflow's history, in a log line or in front of who may not reveal it. */
  private: string[];
}

/** What its machine's context names are columns. */
const living = (table: string, machine: AnyStateMachine, hidden: string[]): NounTable => {
  const [{ context }] = initialTransition(machine, { atMs: 0 } as never) as unknown as [AnyMachineSnapshot];
  return { table, machine, context: Object.keys(context as object), private: hidden };
};
const plain = (table: string, hidden: string[]): NounTable => ({ table, context: [], private: hidden });

export const nounTables: Record<KernelNoun, NounTable> = {
  user: plain('user', userPrivate),
  wiki: plain('wiki', wikiPrivate),
  membership: living('membership', membershipMachine, membershipPrivate),
  key: living('key', keyMachine, keyPrivate),
  targetList: plain('target_list', targetListPrivate),
  delivery: living('delivery', deliveryMachine, deliveryPrivate),
  event: living('event', eventMachine, eventPrivate),
  request: living('request', requestMachine, requestPrivate),
  queue: living('queue', queueMachine, queuePrivate),
  form: living('form', formMachine, formPrivate),
  ban: living('ban', banMachine, banPrivate),
  template: plain('template', templatePrivate),
  operation: living('operation', operationMachine, operationPrivate),
};
