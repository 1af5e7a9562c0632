/**
 * One event stream of the page, open only while the tab is seen: browsers allow six connections to a host. The server
 * beats every 15 s; silence for 45 s, or a refused connection, is said on the page, with the instant of the last word.
 */
import { onScopeDispose, ref, type Ref, watch } from 'vue';

const SILENCE_MS = 45_000;

/** @param url null = nothing to follow. @returns since when the page is not live any more; null = it is */
export function useLive(url: Ref<string | null>, handlers: Record<string, (data: any) => void>, cameBack: () => void): { staleSince: Ref<string | null>; reconnect: () => void } {
  const staleSince = ref<string | null>(null);
  let source: EventSource | undefined;
  let heardAt = Date.now();
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const heard = (): void => {
    heardAt = Date.now();
    staleSince.value = null;
  };
  const open = (): void => {
    close();
    if (url.value === null || document.visibilityState === 'hidden') return;
    heardAt = Date.now();
    source = new EventSource(url.value);
    source.onopen = heard;
    source.addEventListener('beat', heard);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard();
        handle(JSON.parse((event as MessageEvent<string>).data));
      });
    }
  };
  const watchSilence = setInterval(() => {
    const refused = source?.readyState === EventSource.CLOSED; // by any answer but a stream; what only broke, the browser opens again
    if (source && (refused || Date.now() - heardAt > SILENCE_MS)) staleSince.value ??= new Date(heardAt).toISOString();
    if (refused) open();
  }, 5_000);
  const seen = (): void => {
    if (document.visibilityState === 'hidden') return close();
    cameBack();
    open();
  };
  document.addEventListener('visibilitychange', seen);
  watch(url, open, { immediate: true });
  onScopeDispose(() => {
    close();
    clearInterval(watchSilence);
    document.removeEventListener('visibilitychange', seen);
  });
  return {
    staleSince,
    reconnect: () => {
      cameBack();
      open();
    },
  };
}
