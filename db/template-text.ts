/** The text of a template for one requester: in their language, with the few values that there are put in. */
import { fieldError } from '../config/errors';
import type { Template } from './entities/template';

export const placeholders = ['name', 'wiki', 'request'] as const;
export type Placeholders = Record<(typeof placeholders)[number], string>;

const HOLE = /\{\{([^{}]*)\}\}/g;

/** @throws ReeveError template.bad-placeholder at `pointer` */
export function checkPlaceholders(text: string, pointer: string): void {
  for (const [whole, name] of text.matchAll(HOLE))
    if (!(placeholders as readonly string[]).includes(name!.trim())) throw fieldError(pointer, 'template.bad-placeholder', `There is no ${whole}: there are ${placeholders.map((one) => `{{${one}}}`).join(', ')}.`);
}

/** pt-BR, then pt, then English, then whatever it is written in. */
export function textFor({ languages, texts }: Pick<Template, 'languages' | 'texts'>, language: string): { text: string; language: string } {
  const known = languages.map((tag) => tag.toLowerCase());
  const wanted = language.toLowerCase().split('-');
  const tags = [...wanted.map((_, i) => wanted.slice(0, wanted.length - i).join('-')), 'en'];
  const at = Math.max(0, tags.map((tag) => known.indexOf(tag)).find((place) => place >= 0) ?? 0);
  return { text: texts[at]!, language: languages[at]! };
}

/** What a value holds is never read as a placeholder. */
export const filledIn = (text: string, values: Placeholders): string => text.replace(HOLE, (whole, name: string) => values[name.trim() as keyof Placeholders] ?? whole);
