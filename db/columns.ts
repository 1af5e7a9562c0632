/** Property names and column names: camelCase in TypeScript, snake_case in Postgres, one rule for both. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A row as pg gives it, with camelCase names. */
export function fromRow<T>(row: Record<string, unknown>): T {
  const out: Record<string, unknown> = {};
  for (const key in row) out[camelOf(key)] = row[key];
  return out as T;
}

/** The same of rows as lists of values (pg's `rowMode: 'array'`), which spares pg an object of each. */
export function fromRows<T>({ fields, rows }: { fields: { name: string }[]; rows: unknown[][] }): T[] {
  const names = fields.map(({ name }) => camelOf(name));
  return rows.map((row) => {
    const out: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) out[names[i]!] = row[i];
    return out as T;
  });
}

const names = new Map<string, string>();
const camelOf = (name: string): string => {
  let found = names.get(name);
  if (found === undefined) names.set(name, (found = camel(name)));
  return found;
};
