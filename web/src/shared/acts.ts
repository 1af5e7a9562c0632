/**
 * Doing a verb of a thing: the answer replaces the cached thing, a toast says it and offers the way back, a refusal is
 * shown at the button. The Idempotency-Key is made at the first press and kept through every retry of it. A page goes on
 * from one thing to the next: whatever was pressed stays with the thing that it was pressed for.
 */
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import { readCountsSoon } from '../shell/me';
import { newKey, post, Problem } from './api';
import { useSay } from './announce';
import { again, client, put, type Action, type Thing } from './data';
import { problemWords } from './fields';
import { type VerbLooks, verbKey, verbWords } from './verbs';
import { t } from './words';

export interface ActsOf {
  noun: string;
  /** Address of the thing in the API. */
  path: () => string;
  looks: VerbLooks;
  done?: (verb: string, answer: Thing) => void;
}

/** With the thing as it was drawn when it was pressed. */
export type Asked = Action & { thing?: Thing };

export interface Acts {
  /** The verb that waits for its answer. */
  busy: Ref<string | null>;
  problem: Ref<Error | null>;
  /** The action whose dialog is open. */
  asking: Ref<Asked | null>;
  press(action: Action): void;
  run(verb: string, input?: Record<string, unknown>): Promise<boolean>;
  retry(): void;
  close(): void;
}

interface Deed { verb: string; input: Record<string, unknown>; at: string; ifMatch?: number; key?: string }

export function useActs({ noun, path, looks, done }: ActsOf): Acts {
  const busy = ref<string | null>(null);
  const problem = shallowRef<Error | null>(null);
  const asking = shallowRef<Asked | null>(null);
  const say = useSay();
  const router = useRouter();
  let last: Deed | undefined;
  let left = false;
  const isHere = (at: string): boolean => !left && at === path();
  watch(path, () => (busy.value = problem.value = asking.value = null), { flush: 'sync' });
  onScopeDispose(() => (left = true));

  async function act({ verb, input, at, ifMatch }: Deed): Promise<boolean> {
    const here = isHere(at);
    if (here && busy.value) return false;
    const same = last?.at === at && last.verb === verb && JSON.stringify(last.input) === JSON.stringify(input) && problem.value instanceof Problem && problem.value.passing;
    const deed = { verb, input, at, ifMatch, key: same ? last!.key : newKey() };
    if (here) [last, busy.value, problem.value] = [deed, verb, null];
    try {
      const answer = await post<Thing>(`${at}/${verb}`, input, { key: deed.key, ifMatch });
      if (answer?.version !== undefined) put(at, answer);
      const inverse = looks[verb]?.inverse;
      const back = inverse === undefined ? undefined : answer?.actions?.find((action) => action.verb === inverse && !action.unavailable && !action.input.required?.length);
      say(t(verbKey(noun, verb, '.done')), back && { label: t('undo'), act: () => void act({ verb: back.verb, input: {}, at }), untilMs: answer.takeBackUntilMs as number | null | undefined });
      readCountsSoon();
      if (!isHere(at)) return true;
      asking.value = null;
      done?.(verb, answer);
      return true;
    } catch (error) {
      const changed = error instanceof Problem && error.status === 412;
      if (changed || (error instanceof Problem && error.status === 409)) void again(at);
      if (isHere(at)) problem.value = error as Error;
      else say(t('act.elsewhere', verbWords(noun, verb), at.split('/').at(-1)!, problemWords(error as Error)), undefined, 'error');
      if (changed && isHere(at)) asking.value = null; // what is to be decided on stands behind the dialog
      return false;
    } finally {
      if (isHere(at)) busy.value = null;
    }
  }

  return {
    busy, problem, asking,
    run: (verb, input = {}) => act({ verb, input, at: path(), ifMatch: asking.value ? versionOf(asking.value) : undefined }),
    press(action) {
      const at = path();
      problem.value = null;
      const asked: Asked = { ...action, thing: client.getQueryData<Thing>([at]) };
      const { page, asks } = looks[action.verb] ?? {};
      if (page) void router.push(`${at.replace(/^\/api/, '')}/${page}`);
      else if (asks || action.confirm || action.input.required?.length) asking.value = asked;
      else void act({ verb: action.verb, input: {}, at, ifMatch: versionOf(asked) });
    },
    retry: () => void (last && act(last)),
    close: () => void (asking.value = null),
  };
}

/** For If-Match, of what is meant only as it was drawn. */
export const versionOf = ({ versioned, thing }: Asked): number | undefined => (versioned ? thing?.version : undefined);
