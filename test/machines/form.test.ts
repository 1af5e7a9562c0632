import { initialTransition, transition } from 'xstate';
import { formMachine } from '../../machines/form';

describe('a form', () => {
  const [old, now] = [{ intro: { en: 'Old' } }, { intro: { en: 'New' } }];
  const begun = initialTransition(formMachine, { draft: old, content: null, atMs: 1_000 })[0];
  const go = (state: typeof begun, type: 'publish' | 'retire', draft: object = old) => transition(formMachine, formMachine.resolveState({ value: state.value, context: { ...state.context, draft } }), { type, atMs: 2_000 })[0];

  test('shows nobody what is written before it is published', () => expect(begun).toMatchObject({ value: 'draft', context: { draft: old, content: null } }));

  test('shows what was published until it is published anew, and is published anew only where something else is written', () => {
    const published = go(begun, 'publish');
    expect(published).toMatchObject({ value: 'published', context: { content: old } });
    expect(published.can({ type: 'publish', atMs: 3_000 })).toBe(false);
    expect(go(published, 'publish', now)).toMatchObject({ value: 'published', context: { content: now } });
  });

  test('is retired, and published again', () => {
    const retired = go(go(begun, 'publish'), 'retire');
    expect(retired.value).toBe('retired');
    expect(go(retired, 'publish').value).toBe('published');
  });
});
