/** The nouns that have versions and an audit chain: each one's table, machine, and which columns its machine names. */
import type { AnyStateMachine } from 'xstate';
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

export const nounTables: Record<KernelNoun, NounTable> = {
  user: { table: 'user', context: [], private: userPrivate },
  wiki: { table: 'wiki', context: [], private: wikiPrivate },
  membership: { table: 'membership', machine: membershipMachine, context: ['untilMs', 'role', 'addressConfirmedAtMs', 'declinedBy', 'appealedAtMs', 'identifiedAtMs', 'purgeAtMs', 'purgedAtMs'], private: membershipPrivate },
  key: { table: 'key', machine: keyMachine, context: ['expiresAtMs'], private: keyPrivate },
  targetList: { table: 'target_list', context: [], private: targetListPrivate },
  delivery: { table: 'delivery', machine: deliveryMachine, context: ['sendAtMs'], private: deliveryPrivate },
  event: {
    table: 'event', machine: eventMachine, private: eventPrivate,
    context: ['startsAt', 'endsAt', 'startsAtMs', 'endsAtMs', 'approvedStartsAtMs', 'approvedEndsAtMs', 'places', 'approvedPlaces', 'disabledAtMs', 'archiveAfterMs'],
  },
  request: {
    table: 'request', machine: requestMachine, private: requestPrivate,
    context: [
      'queue', 'expiresAtMs', 'confirmedAtMs', 'holderId', 'reservedUntilMs', 'escalatedAtMs', 'remindAtMs', 'escalateAtMs', 'warnAtMs', 'closeByMs', 'mode', 'signInAskedAtMs', 'takeBackUntilMs', 'closerId', 'outcome', 'closedAtMs', 'keepMs', 'purgeAtMs', 'purgedAtMs',
    ],
  },
  queue: { table: 'queue', machine: queueMachine, context: ['key'], private: queuePrivate },
  form: { table: 'form', machine: formMachine, context: ['draft', 'content'], private: formPrivate },
  ban: { table: 'ban', machine: banMachine, context: ['untilMs'], private: banPrivate },
  template: { table: 'template', context: [], private: templatePrivate },
  operation: { table: 'operation', machine: operationMachine, context: ['skippable'], private: operationPrivate },
};
