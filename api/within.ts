/** What answers in time. @throws what it throws, or that it was silent for so long */
export async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([work(), new Promise<never>((_, fail) => (timer = setTimeout(() => fail(new Error('silent')), ms)))]);
  } finally {
    clearTimeout(timer);
  }
}
