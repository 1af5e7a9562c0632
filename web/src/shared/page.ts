/** The page as a whole: its title, where the focus goes, and the list that one came from. */
import { nextTick, onBeforeUnmount, onMounted, type Ref, ref, toValue, type MaybeRefOrGetter, watch } from 'vue';
import type { LocationQuery, RouteLocationNormalized } from 'vue-router';

export const areaName = ref('');

/** "thing · area · Reeve" */
export function pageTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watch([() => toValue(title), areaName], ([words, area]) => (document.title = [words, area !== words && area, 'Reeve'].filter(Boolean).join(' · ')), { immediate: true });
}

export const headingOf = (): HTMLElement | null => document.querySelector<HTMLElement>('main h1');

/** After a change of route: the heading, once it is there. */
export async function focusHeading(): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    await nextTick();
    const heading = headingOf();
    if (heading) return heading.focus({ preventScroll: true });
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** What an address shows of a list: filters and order, not how far one has gone in it, nor in which language. */
export function filtersIn(query: LocationQuery | URLSearchParams): string {
  const { cursor: _, uselang: __, ...rest } = query instanceof URLSearchParams ? Object.fromEntries(query) : query;
  return new URLSearchParams(rest as Record<string, string>).toString();
}
/** Whether an address is that of this page, filters included. */
export function isHere({ path, query }: RouteLocationNormalized, address: string): boolean {
  const [there, asked] = address.split('?');
  return path === there && filtersIn(query) === filtersIn(new URLSearchParams(asked ?? ''));
}

/** The list last seen: `u` leads back to it, `[` and `]` to the neighbours. */
export const lastList: Ref<{ from: string; items: string[] }> = ref({ from: '', items: [] });
export const rememberList = (from: string, items: string[]): void => {
  if (items.length) lastList.value = { from, items };
};
export function neighbour(path: string, by: number): string | undefined {
  const at = lastList.value.items.indexOf(path);
  return at < 0 ? undefined : lastList.value.items[at + by];
}

/** Asks before a form with unsaved text is left by closing or reloading. */
export function guardUnsaved(dirty: () => boolean): void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (dirty()) event.preventDefault();
  };
  onMounted(() => addEventListener('beforeunload', ask));
  onBeforeUnmount(() => removeEventListener('beforeunload', ask));
}
