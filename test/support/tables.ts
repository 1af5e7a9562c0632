/** Every table of a database that holds a text anywhere, in any column. @param sql as a role that may read them all */
export async function tablesWith(sql: <T>(text: string, values?: unknown[]) => Promise<T[]>, text: string): Promise<string[]> {
  const tables = await sql<{ name: string }>(`select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
  const found: string[] = [];
  for (const { name } of tables) if ((await sql(`select from ${name} t where strpos(lower(t::text), lower($1)) > 0 limit 1`, [text])).length) found.push(name);
  return found;
}
