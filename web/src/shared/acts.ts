/**
 * Doing a verb of a thing: the answer replaces the cached thing, a toast says it and offers the way back, a refusal is
 * shown at the button. The Idempotency-Key is made at the first press and kept through every retry of it.
 */
import { ref, shallowRef, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import { newKey, post, Problem } from './api';
import { useSay } from './announce';
import { again, put, type Action, type Thing } from './data';
import { type VerbLooks, verbKey } from './verbs';
import { t } from './words';

export interface ActsOf {
  noun: string;
  /** Address of the thing in the API. */
  path: () => string;
  looks: VerbLooks;
  done?: (verb: string, answer: Thing) => void;
}

export interface Acts {
  /** The verb that waits for its answer. */
  busy: Ref<string | null>;
  problem: Ref<Error | null>;
  /** The action whose dialog is open. */
  asking: Ref<Action | null>;
  press(action: Action): void;
  run(verb: string, input?: Record<string, unknown>): Promise<boolean>;
  retry(): void;
  close(): void;
}

export function useActs({ noun, path, looks, done }: ActsOf): Acts {
  const busy = ref<string | null>(null);
  const problem = shallowRef<Error | null>(null);
  const asking = shallowRef<Action | null>(null);
  const say = useSay();
  const router = useRouter();
  let last: { verb: string; input: Record<string, unknown>; key: string } | undefined;

  async function run(verb: string, input: Record<string, unknown> = {}): Promise<boolean> {
    if (busy.value) return false;
    const same = last?.verb === verb && JSON.stringify(last.input) === JSON.stringify(input) && problem.value instanceof Problem && problem.value.passing;
    last = { verb, input, key: same ? last!.key : newKey() };
    busy.value = verb;
    problem.value = null;
    try {
      const answer = await post<Thing>(`${path()}/${verb}`, input, { key: last.key });
      if (answer?.version !== undefined) put(path(), answer);
      const inverse = looks[verb]?.inverse;
      const back = inverse === undefined ? undefined : answer?.actions?.find((action) => action.verb === inverse && !action.unavailable);
      say(t(verbKey(noun, verb, '.done')), back && { label: t('undo'), act: () => acts.press(back), untilMs: answer.takeBackUntilMs as number | null | undefined });
      asking.value = null;
      done?.(verb, answer);
      return true;
    } catch (error) {
      problem.value = error as Error;
      if (error instanceof Problem && error.status === 409) void again(path());
      return false;
    } finally {
      busy.value = null;
    }
  }

  const acts: Acts = {
    busy, problem, asking, run,
    press(action) {
      problem.value = null;
      const { page, asks } = looks[action.verb] ?? {};
      if (page) void router.push(`${path().replace(/^\/api/, '')}/${page}`);
      else if (asks || action.confirm || action.input.required?.length) asking.value = action;
      else void run(action.verb);
    },
    retry: () => void (last && run(last.verb, last.input)),
    close: () => void (asking.value = null),
  };
  return acts;
}
