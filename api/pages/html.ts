/** HTML by tagged templates: whatever is put in is escaped, unless it came out of this file itself. No engine. */

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type Child = Html | string | number | null | undefined | false | Child[];

/** null, undefined and false are nothing; lists are joined. */
export function html(strings: TemplateStringsArray, ...children: Child[]): Html {
  let text = strings[0]!;
  children.forEach((child, i) => (text += render(child) + strings[i + 1]!));
  return new Html(text);
}

/** Attributes by name: true is the bare name; false, null and undefined leave it out. */
export const attributes = (pairs: Record<string, string | number | boolean | null | undefined>): Html =>
  new Html(
    Object.entries(pairs)
      .filter(([, value]) => value !== false && value !== null && value !== undefined)
      .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escape(String(value))}"`))
      .join(''),
  );

function render(child: Child): string {
  if (child === null || child === undefined || child === false) return '';
  if (child instanceof Html) return child.text;
  return Array.isArray(child) ? child.map(render).join('') : escape(String(child));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign]!);
