/**
 * A form that saves itself: 2 s after the last key, to the version that it was read at. Whoever else was faster is never
 * overwritten: what differs is shown, field by field. A field that the server refuses keeps no other from being saved.
 */
import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import { get, newKey, ask, Problem } from './api';
import { put, type Thing } from './data';
import { guardLeaving, mayLose } from './page';

const AFTER_MS = 2_000;

export interface Conflict { field: string; mine: unknown; theirs: unknown }

export interface DraftOf<F extends Record<string, unknown>> {
  fields: F;
  /** Of the API; undefined until it is made. Then the form goes to its address. */
  path: () => string | undefined;
  /** Where it is made. */
  make: string;
  /** The fields of a thing as the server tells them. */
  read: (thing: Thing) => F;
  made: (thing: Thing) => void;
  /** What an emptied field is told as; null where this says nothing. */
  empty?: Partial<Record<keyof F, unknown>>;
  /** Whether it can be made yet. */
  ready?: () => boolean;
  /** Whether it saves itself: not what everybody sees already. */
  auto?: () => boolean;
  /** What else is typed in the form, and cannot be saved with it. */
  more?: () => boolean;
}

export function useDraft<F extends Record<string, unknown>>({ fields, path, make, read, made, empty = {}, ready = () => true, auto = () => true, more = () => false }: DraftOf<F>) {
  let base = plain(fields) as F;
  let version: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let makeKey = newKey();
  let leaving = false;
  const router = useRouter();
  const savedAt = ref<string | null>(null);
  const busy = ref(false);
  const problem = shallowRef<Error | null>(null);
  const conflicts = ref<Conflict[]>([]) as Ref<Conflict[]>;
  const thing = shallowRef<Thing>();
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  const based = ref(0);
  const changed = computed(() => (void based.value, Object.keys(fields).filter((name) => differs(fields[name], base[name]))));

  function take(answer: Thing, sent: Partial<F>): void {
    const now = plain(read(answer)) as Record<string, unknown>;
    // what was sent stands as it was typed, and what was typed meanwhile stays
    for (const name of Object.keys(now)) {
      if (name in sent) now[name] = sent[name];
      else if (!differs(fields[name], base[name])) (fields as Record<string, unknown>)[name] = now[name];
    }
    base = plain(now) as F;
    version = answer.version;
    thing.value = answer;
    based.value++;
    if (path()) put(path()!, answer);
  }

  async function send(without = new Set<string | undefined>()): Promise<void> {
    const target = path();
    const names = changed.value;
    const wanted = (name: string): boolean => !without.has(name) && (target ? names.includes(name) : !blank(fields[name]) || (name in empty && names.includes(name)));
    const sent = plain(Object.fromEntries(Object.entries(fields).filter(([name]) => wanted(name)))) as Partial<F>;
    const body = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, blank(value) ? (empty[name] ?? null) : value]));
    const { data } = await ask<Thing>(target ? 'PATCH' : 'POST', target ?? make, { body, ifMatch: target ? version : undefined, key: target ? newKey() : makeKey });
    take(data, sent);
    savedAt.value = new Date().toISOString();
    if (!target) made(data);
    moveIn();
  }

  const address = (): string | undefined => path() && `${path()!.slice('/api'.length)}/edit`;
  /** Whoever types on stays where they are; whoever is leaving is not called back. */
  function moveIn(): void {
    if (!leaving && router.currentRoute.value.path !== address()) void router.replace({ path: address()!, state: { sameForm: true } });
  }

  async function save(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (conflicts.value.length || !changed.value.length || !(path() || ready())) return;
    busy.value = true;
    try {
      await send();
      problem.value = null;
    } catch (error) {
      problem.value = error as Error;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 412) await merge();
      else if (error.status === 422) {
        makeKey = newKey();
        const wrong = new Set(error.more.errors?.map(({ pointer }) => pointer.split('/')[1]));
        if (wrong.size && changed.value.some((name) => !wrong.has(name))) await send(wrong).catch(() => {});
      } else if (error.passing) schedule(Math.max(5_000, (error.more.retryAfterS ?? 0) * 1_000));
    } finally {
      busy.value = false;
    }
  }

  /** Somebody else changed it: what only they changed is taken, what both did is asked. */
  async function merge(): Promise<void> {
    const theirs = await get<Thing>(path()!);
    const now = plain(read(theirs));
    const both: Conflict[] = [];
    for (const name of Object.keys(now)) {
      if (!differs(now[name], base[name])) continue;
      if (!differs(fields[name], base[name]) || !differs(fields[name], now[name])) (fields as Record<string, unknown>)[name] = now[name];
      else both.push({ field: name, mine: plain(fields[name]), theirs: now[name] });
    }
    base = plain(now);
    version = theirs.version;
    thing.value = theirs;
    based.value++;
    conflicts.value = both;
    if (both.length) return;
    problem.value = null;
    if (changed.value.length) await send();
  }

  function settle(field: string, as: 'mine' | 'theirs'): void {
    const one = conflicts.value.find((other) => other.field === field)!;
    if (as === 'theirs') (fields as Record<string, unknown>)[field] = one.theirs;
    conflicts.value = conflicts.value.filter((other) => other !== one);
    if (conflicts.value.length) return;
    problem.value = null;
    void flush();
  }

  function schedule(ms = AFTER_MS): void {
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), ms);
  }

  /** Saves at once. @returns whether everything that is typed is saved. */
  async function flush(): Promise<boolean> {
    while (running) await running;
    running = save().finally(() => (running = undefined));
    await running;
    return !changed.value.length && !conflicts.value.length;
  }

  watch(fields, () => {
    if (!changed.value.length) {
      clearTimeout(timer);
      if (!conflicts.value.length) problem.value = null; // what was refused has been taken back
    } else if (auto()) schedule();
  }, { deep: true });
  const dirty = (): boolean => changed.value.length > 0 || more();
  guardLeaving(dirty, async (to, from) => {
    if (to.path === from.path || to.path === address()) return true;
    leaving = true;
    if (changed.value.length && auto()) await flush().catch(() => {}); // then it is asked about
    return (leaving = mayLose(dirty));
  });
  onBeforeUnmount(() => clearTimeout(timer));

  return reactive({
    savedAt, busy, problem, conflicts, thing, changed,
    /** What was read first. */
    start: (first: Thing) => take(first, {}),
    /** What stands there unasked is no change of anybody's. */
    begin<N extends keyof F & string>(name: N, value: F[N]) {
      (fields as Record<string, unknown>)[name] = value;
      (base as Record<string, unknown>)[name] = plain(value);
      based.value++;
    },
    flush, settle,
    /** An answer of a verb. */
    moved: (answer: Thing) => take(answer, {}),
  });
}

const blank = (value: unknown): boolean => value === null || (typeof value === 'string' ? value.trim() === '' : Array.isArray(value) && value.length === 0);
const plain = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
