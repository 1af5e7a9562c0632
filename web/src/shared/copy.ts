/** Copying a text: it is said that it is done, and where the browser refuses, that one has to do it by hand. */
import { useToast } from '@wikimedia/codex';
import { announce, useSay } from './announce';
import { t } from './words';

/** Call it in `setup`. */
export function useCopy(): (text: string) => Promise<void> {
  const say = useSay();
  const toast = useToast();
  return async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      say(t('copy.done'));
    } catch {
      announce(t('copy.refused'));
      toast.show({ type: 'warning', message: t('copy.refused'), autoDismiss: 10_000 });
    }
  };
}
