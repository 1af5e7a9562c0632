import { initialTransition, transition, type AnyMachineSnapshot } from 'xstate';
import { operationMachine } from '../../machines/operation';

describe('an operation', () => {
  const begin = (skippable: boolean) => initialTransition(operationMachine, { skippable, atMs: 0 });
  const go = (skippable: boolean, type: string) => {
    const [after, actions] = transition(operationMachine, begin(skippable)[0] as never, { type, atMs: 1 } as never);
    return { state: (after as AnyMachineSnapshot).value, names: actions.map((action) => action.type) };
  };

  test('tells operators when it begins to wait', () => {
    const [snapshot, actions] = begin(false);
    expect(snapshot.value).toBe('waiting');
    expect(actions).toMatchObject([{ type: 'notify', params: { who: 'operators' } }]);
  });

  test('sends its workflow the answer, once', () => {
    expect(go(true, 'retry')).toEqual({ state: 'retrying', names: ['answerWorkflow'] });
    expect(go(true, 'skip')).toEqual({ state: 'skipped', names: ['answerWorkflow'] });
    expect(go(true, 'abort')).toEqual({ state: 'aborted', names: ['answerWorkflow'] });
  });

  test('of a step that must not be left out cannot be skipped', () => {
    expect(go(false, 'skip')).toEqual({ state: 'waiting', names: [] });
  });

  test('whose cause went away answers nobody', () => {
    expect(go(false, 'settled')).toEqual({ state: 'settled', names: [] });
  });
});
