/** Languages as the sandbox wiki knows them: a few, written both ways, some with others that stand in for them. */
import type { Page } from './sandbox-wiki-state';

interface Language {
  code: string;
  bcp47: string;
  dir: 'ltr' | 'rtl';
  fallbacks: string[];
}
const language = (code: string, fallbacks: string[] = [], more: Partial<Language> = {}): [string, Language] => [code, { code, bcp47: code, dir: 'ltr', fallbacks, ...more }];

export const languages = new Map<string, Language>([
  language('en'), language('de'), language('fr'), language('he', [], { dir: 'rtl' }),
  language('de-at', ['de'], { bcp47: 'de-AT' }), language('bar', ['de']), language('sr-ec', [], { bcp47: 'sr-Cyrl' }),
]);

/** What `prop=info` says of a page's language. */
export function languageOf(page: Page | undefined): Record<string, string> {
  const { code, bcp47, dir } = languages.get(page?.language ?? 'en')!;
  return { pagelanguage: code, pagelanguagehtmlcode: bcp47, pagelanguagedir: dir };
}
