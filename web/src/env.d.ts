declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent<object, object, any>;
  export default component;
}
declare module 'virtual:words' {
  const languages: Record<string, () => Promise<{ default: Record<string, string> }>>;
  export default languages;
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
