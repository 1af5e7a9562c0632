/** Hosts of the wikis, for choosing one. */
import { computed, type ComputedRef } from 'vue';
import { type List, useGet } from '../shared/data';

export function useHosts(): ComputedRef<string[]> {
  const { data } = useGet<List<any>>('/api/wikis?limit=1000&sort=host');
  return computed(() => (data.value?.items ?? []).map(({ host }: { host: string }) => host));
}
