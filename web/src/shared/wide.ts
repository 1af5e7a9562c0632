/** Whether the window has at least this width, in CSS pixels; follows it. */
import { onScopeDispose, ref, type Ref } from 'vue';

export function useWide(pixels: number): Ref<boolean> {
  const query = matchMedia(`(min-width: ${pixels}px)`);
  const wide = ref(query.matches);
  const change = (): void => void (wide.value = query.matches);
  query.addEventListener('change', change);
  onScopeDispose(() => query.removeEventListener('change', change));
  return wide;
}
