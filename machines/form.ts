/** A form for account requests: what is written of it is a draft until it is published; what was published stays until it is published anew, or retired. */
import { assign, setup } from 'xstate';
import type { Instant } from './effect';

export interface FormContext {
  /** What is written, and what everybody sees: db/entities/form.ts. */
  draft: object;
  content: object | null;
}
export type FormVerb = Instant & { type: 'publish' | 'retire' };

export const formMachine = setup({
  types: { context: {} as FormContext, input: {} as FormContext & Instant, events: {} as FormVerb },
  guards: {
    isChanged: ({ context: { draft, content } }) => JSON.stringify(draft) !== JSON.stringify(content),
  },
  actions: {
    show: assign({ content: ({ context }) => context.draft }),
  },
}).createMachine({
  id: 'form',
  context: ({ input }) => ({ draft: input?.draft ?? {}, content: null }),
  initial: 'draft',
  states: {
    draft: { on: { publish: { target: 'published', actions: 'show' } } },
    published: { on: { publish: { guard: 'isChanged', target: 'published', reenter: true, actions: 'show' }, retire: 'retired' } },
    retired: { on: { publish: { target: 'published', actions: 'show' } } },
  },
});
