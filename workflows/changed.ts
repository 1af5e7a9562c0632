/** The inner signal of every workflow that serves a thing: `changed {version}` says "look again" and nothing else. */
import { defineSignal, setHandler } from '@temporalio/workflow';

export interface Changed {
  /** The thing's version; what is not newer than the last one seen is dropped. */
  version: number;
}

export const changed = defineSignal<[Changed]>('changed');

/** Call it before the first await. @returns the newest version heard of. */
export function watchVersion(from = 0): { readonly version: number } {
  const seen = { version: from };
  setHandler(changed, ({ version }) => void (seen.version = Math.max(seen.version, version)), {
    description: 'Internal: the row has changed, look again.',
  });
  return seen;
}
