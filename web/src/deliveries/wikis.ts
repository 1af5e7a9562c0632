/** The configured wikis: where a page stands in the web, and who may change a wiki's limit. */
import { computed } from 'vue';
import { type List, type Thing, useGet } from '../shared/data';

export interface Wiki extends Thing { host: string; apiUrl: string; editsPerMinute: number }

export function useWikis() {
  const { data, error } = useGet<List<any>>('/api/wikis?limit=1000', { keep: true });
  const wikis = computed(() => (data.value?.items ?? []) as Wiki[]);
  const byHost = computed(() => new Map(wikis.value.map((wiki) => [wiki.host, wiki])));
  /** Every MediaWiki has its index.php beside its api.php. */
  const address = (host: string, query: Record<string, string>): string | undefined => {
    const wiki = byHost.value.get(host);
    return wiki && `${wiki.apiUrl.replace(/api\.php$/, 'index.php')}?${new URLSearchParams(query).toString()}`;
  };
  return { wikis, byHost, address, error };
}
