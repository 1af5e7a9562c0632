/** What a screen reader is told, through the one polite region of the shell, and toasts, which repeat through it. */
import { ref } from 'vue';
import { useToast } from '@wikimedia/codex';

export const announced = ref('');

export function announce(text: string): void {
  announced.value = '';
  requestAnimationFrame(() => (announced.value = text));
}

/** Call it in `setup`. @returns what says that something is done, with a way back where there is one. */
export function useSay(): (text: string, undo?: { label: string; act: () => void }) => void {
  const toast = useToast();
  return (text, undo) => {
    announce(text);
    toast.show({ message: text, type: 'success', autoDismiss: undo ? 10_000 : 5_000, ...(undo && { actionButton: { label: undo.label, onClick: undo.act } }) });
  };
}
