/**
 * Node's environment, plus one thing: what a test file borrowed (databases) is given back after all its hooks have run,
 * and what it left open fails the file. An afterAll of the borrower itself would run before the test's own.
 */
import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';

export type GiveBack = () => Promise<void>;

export default class ReeveEnvironment extends TestEnvironment {
  handleTestEvent = async (event: Circus.Event, state: Circus.State): Promise<void> => {
    if (event.name === 'setup') (this.global as Borrower).reeveGiveBack = [];
    if (event.name !== 'run_finish') return;
    for (const giveBack of (this.global as Borrower).reeveGiveBack ?? []) await giveBack().catch((error: Error) => void state.unhandledErrors.push(error));
  };
}

export type Borrower = { reeveGiveBack?: GiveBack[] };
