/** The page as a whole: its title, where the focus goes, and the list that one came from. */
import { nextTick, onBeforeUnmount, onMounted, ref, toValue, type MaybeRefOrGetter, watch } from 'vue';
import { onBeforeRouteLeave, onBeforeRouteUpdate, type LocationQuery, type RouteLocationNormalized as Place } from 'vue-router';
import { t } from './words';

export const areaName = ref('');

/** "thing · area · Reeve" */
export function pageTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watch([() => toValue(title), areaName], ([words, area]) => (document.title = [words, area !== words && area, 'Reeve'].filter(Boolean).join(' · ')), { immediate: true });
}

/** Once it says something. */
export const headingOf = (): HTMLElement | undefined => [...document.querySelectorAll<HTMLElement>('main h1')].find(({ textContent }) => textContent?.trim());

let arrivals = 0;
/**
 * After a change of route: the row that one comes back from, else the heading, once it says something.
 * Whoever has gone elsewhere meanwhile, on the page or to another, keeps their place.
 * @returns whether it is there
 */
export async function focusArrival(row?: string): Promise<boolean> {
  const [mine, before] = [++arrivals, document.activeElement];
  for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; await new Promise((done) => setTimeout(done, 50))) {
    await nextTick();
    if (mine !== arrivals) return false;
    const link = row && document.querySelector<HTMLElement>(`main tbody th a[href="${CSS.escape(row)}"]`);
    const heading = headingOf();
    if (!link && (!heading || (row && document.querySelector('main [aria-busy=true]')))) continue;
    if ([before, document.body, heading].includes(document.activeElement as HTMLElement)) (link || heading!).focus({ preventScroll: row === undefined });
    return true;
  }
  return false;
}

/** What an address shows of a list: filters and order, not how far one has gone in it, nor in which language. */
export function filtersIn(query: LocationQuery | URLSearchParams): string {
  const { cursor: _, uselang: __, ...rest } = query instanceof URLSearchParams ? Object.fromEntries(query) : query;
  return new URLSearchParams(rest as Record<string, string>).toString();
}
/** Whether an address is that of this page, filters included. */
export function isHere({ path, query }: Place, address: string): boolean {
  const [there, asked] = address.split('?');
  return path === there && filtersIn(query) === filtersIn(new URLSearchParams(asked ?? ''));
}

/** The list last seen: `u` leads back to it, `[` and `]` to the neighbours. */
let lastList = { from: '', items: [] as string[] };
export const rememberList = (from: string, items: string[]): void => {
  if (items.length) lastList = { from, items };
};
/** A thing's address, as its list has it, of any of its sections. */
const thingAt = ({ path, params }: Place): string => (params.section ? path.slice(0, path.lastIndexOf(`/${String(params.section)}`)) : path);
/** The list that it was found in; undefined where that is another. */
export const listOf = (place: Place): string | undefined => (lastList.items.includes(thingAt(place)) ? lastList.from : undefined);
/** The row of the thing that one comes from, back in its list. */
export const rowOf = (to: Place, from: Place): string | undefined => (listOf(from) === to.fullPath ? thingAt(from) : undefined);
export function neighbour(place: Place, by: number): string | undefined {
  const at = lastList.items.indexOf(thingAt(place));
  return at < 0 ? undefined : lastList.items[at + by];
}

/** Asks before a form with unsaved text is left by closing or reloading. */
function guardUnsaved(dirty: () => boolean): void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (dirty()) event.preventDefault();
  };
  onMounted(() => addEventListener('beforeunload', ask));
  onBeforeUnmount(() => removeEventListener('beforeunload', ask));
}

/** Whether what is not saved may be lost: whoever typed it is asked. */
export const mayLose = (dirty: () => boolean): boolean => !dirty() || confirm(t('form.leave'));

/** Asks also before another page of the app takes the place of the form; sections of a thing are pages too. @param mayGo where some of them keep what is typed */
export function guardLeaving(dirty: () => boolean, mayGo: (to: Place, from: Place) => boolean | Promise<boolean> = (to, from) => to.path === from.path || mayLose(dirty)): void {
  guardUnsaved(dirty);
  onBeforeRouteLeave(mayGo);
  onBeforeRouteUpdate(mayGo);
}
