declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent<object, object, any>;
  export default component;
}
declare module 'virtual:words' {
  const languages: Record<string, () => Promise<{ default: Record<string, string> }>>;
  export default languages;
  /** Part of web/i18n that only its own pages show → the same. */
  export const apart: Record<string, typeof languages>;
}
declare module 'virtual:diagrams' {
  /** Where states and lines stand, by a machine's id (web/diagrams.mts). */
  interface Drawing {
    width: number;
    height: number;
    initial: string;
    nodes: { state: string; x: number; y: number; width: number; height: number }[];
    edges: { from: string; to: string; verbs: string[]; byClock: boolean; points: [number, number][]; x: number; y: number }[];
  }
  const drawings: Record<string, () => Promise<{ default: Drawing }>>;
  export default drawings;
}
declare module 'virtual:countries' {
  /** Codes of ISO 3166 (web/countries.mts). */
  const codes: string[];
  export default codes;
}
declare module 'banana-i18n' {
  export default class Banana {
    constructor(locale: string, options?: { messages?: Record<string, string>; finalFallback?: string });
    load(messages: Record<string, string>, locale?: string): void;
    i18n(key: string, ...params: unknown[]): string;
    getMessage(key: string): string;
    parser: { parse(message: string, values: unknown[]): string };
  }
}
declare module '*.css';
