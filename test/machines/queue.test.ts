import { initialTransition, transition } from 'xstate';
import { queueMachine, standingQueues } from '../../machines/queue';

describe('a queue', () => {
  const begin = (key: string) => initialTransition(queueMachine, { key, atMs: 1_000 })[0];

  test('is enabled from the beginning, disabled and enabled again', () => {
    const disabled = transition(queueMachine, begin('second-look'), { type: 'disable', atMs: 2_000 })[0];
    expect(disabled.value).toBe('disabled');
    expect(transition(queueMachine, disabled, { type: 'enable', atMs: 3_000 })[0].value).toBe('enabled');
  });

  test.each(standingQueues)('called %s is there for good', (key) => {
    const queue = begin(key);
    expect(transition(queueMachine, queue, { type: 'disable', atMs: 2_000 })[0]).toBe(queue);
  });
});
