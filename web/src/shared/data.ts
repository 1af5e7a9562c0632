/**
 * Things and lists of the API, cached by their address. A verb's answer replaces the cached thing at once; a list is read
 * again when its page comes back. `refetch` is for what the live stream says has changed.
 */
import { computed, type MaybeRefOrGetter, toValue } from 'vue';
import { keepPreviousData, QueryClient, useQuery } from '@tanstack/vue-query';
import { get, Problem } from './api';

export const client = new QueryClient({
  // a browser without a network is asked all the same: else a page would wait in silence
  defaultOptions: { queries: { staleTime: 5_000, networkMode: 'always', refetchOnReconnect: true, refetchOnWindowFocus: true, retry: (tries, error) => error instanceof Problem && error.passing && tries < 2 } },
});

/** What every thing's answer carries. */
export interface Action {
  verb: string;
  input: Schema;
  confirm?: { facts: Record<string, unknown> };
  unavailable?: { code: string; reason: string; untilMs?: number };
  /** It is done to what was read, and to no later version. */
  versioned?: boolean;
}
/** JSON Schema, as far as forms are made from it. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: string[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  format?: string;
  description?: string;
  minLength?: number;
  maxLength?: number;
}
export interface Thing {
  id: number | string;
  version: number;
  state?: string;
  actions: Action[];
  [more: string]: any;
}
export interface List<T = Thing> {
  items: T[];
  next?: string;
  prev?: string;
  count?: number;
  countIsMore?: boolean;
  actions?: Action[];
  /** Of account requests: how many wait for the confirmation of their address. */
  unconfirmed?: number;
  /** Of the log: when it was last proved, and how much was found. */
  verified?: { at: string; findings: number } | null;
}

/** @param path address in the API; undefined = nothing to read yet */
export function useGet<T>(path: MaybeRefOrGetter<string | undefined>, options: { keep?: boolean } = {}) {
  return useQuery<T, Problem>({
    queryKey: [computed(() => toValue(path))],
    queryFn: ({ signal }: { signal: AbortSignal }) => get<T>(toValue(path)!, signal),
    enabled: () => toValue(path) !== undefined,
    shallow: true, // what comes is replaced, never changed in place
    placeholderData: options.keep ? keepPreviousData : undefined,
  } as never) as ReturnType<typeof useQuery<T, Problem>>;
}

export const put = <T>(path: string, data: T): void => void client.setQueryData([path], data);
export const again = (path: string): Promise<void> => client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).split('?')[0] === path });
