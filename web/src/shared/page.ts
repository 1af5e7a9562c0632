/** The page as a whole: its title, where the focus goes, and the list that one came from. */
import { nextTick, onBeforeUnmount, onMounted, type Ref, ref, toValue, type MaybeRefOrGetter, watch } from 'vue';
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized as Place } from 'vue-router';
import { t } from './words';

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

/** Whether what is not saved may be lost: whoever typed it is asked. */
export const mayLose = (dirty: () => boolean): boolean => !dirty() || confirm(t('form.leave'));

/** Asks also before another page of the app takes the place of the form; sections of a thing are pages too. @param mayGo where some of them keep what is typed */
export function guardLeaving(dirty: () => boolean, mayGo: (to: Place, from: Place) => boolean | Promise<boolean> = (to, from) => to.path === from.path || mayLose(dirty)): void {
  guardUnsaved(dirty);
  onBeforeRouteLeave(mayGo);
  onBeforeRouteUpdate(mayGo);
}
