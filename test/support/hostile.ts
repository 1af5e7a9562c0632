/** What any field of any body may be handed that it must refuse, by the OpenAPI document; and whether anything came of it. */
import { allRoutes } from '../../api/all-routes';
import { openApiDocument } from '../../api/openapi';
import type { TestApi } from './api';

export type Schema = { properties?: Record<string, Schema>; required?: string[]; type?: string | string[]; anyOf?: Schema[]; maxLength?: number; enum?: unknown[] };
export interface Operation {
  method: string;
  path: string;
  schema: Schema;
}

const document = openApiDocument(allRoutes(undefined as never, undefined as never)) as { paths: Record<string, Record<string, { requestBody?: { content: { 'application/json': { schema: Schema } } } }>> };

/** Every operation of these methods that takes a body. */
export const taking = (...methods: string[]): Operation[] =>
  Object.entries(document.paths).flatMap(([path, all]) => methods.flatMap((method) => (all[method]?.requestBody ? [{ method, path, schema: all[method].requestBody.content['application/json'].schema }] : [])));

/** Text that only ever is looked up, hashed, or kept with the line that it came in as a problem. */
const anyText = /^(password|currentPassword|content)$|^\/api\/sessions name$/;

/** field, what it is handed, in words and as it is */
export type Case = [name: string, what: string, value: unknown];

/** Every field of a body with whatever it must not be. */
export const casesOf = ({ path, schema }: Operation): Case[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(schema.required?.includes(name) ? ([[name, 'nothing', undefined]] as Case[]) : []),
    ...hostile(field).filter(([what]) => !((anyText.test(name) || anyText.test(`${path} ${name}`)) && /NUL|half/.test(what))).map(([what, value]): Case => [name, what, value]),
    ...([field.type].flat().includes('string') || field.anyOf?.some(({ type }) => type === 'string') ? ([[name, 'far too much', 'x'.repeat(3_000_000)]] as Case[]) : []),
  ]);

/** Values that a field of any type may be handed. */
function hostile(schema: Schema): [string, unknown][] {
  const types = [schema.type, ...(schema.anyOf?.map(({ type }) => type) ?? [])].flat();
  return [
    ...(types.includes('object') ? [] : ([['an object', { a: 1 }]] as [string, unknown][])),
    ...(types.includes('boolean') ? [] : ([['true', true]] as [string, unknown][])),
    ...(types.includes('array') ? ([['a list of objects', [{}]]] as [string, unknown][]) : ([['a list', ['x']]] as [string, unknown][])),
    ...(types.includes('null') ? [] : ([['null', null]] as [string, unknown][])),
    ...(types.includes('string') ? ([['a NUL', 'a\0b'], ['half a character', 'a\ud800']] as [string, unknown][]) : ([['a text', 'text']] as [string, unknown][])),
    ...(types.includes('integer') || types.includes('number') ? ([['a fraction', 1.5], ['a number too large', 1e300], ['less than nothing', -1]] as [string, unknown][]) : []),
    ...(types.includes('string') && !types.includes('integer') ? ([['a number', 7]] as [string, unknown][]) : []),
  ];
}

const tables = ['"user"', 'wiki', 'membership', 'key', 'target_list', 'target_list_revision', 'target_list_page', 'target_list_problem', 'delivery', 'delivery_list', 'event', 'request', 'request_comment', 'queue', 'form', 'ban', 'request_ban', 'template', 'audit', 'outbox', 'notice', 'mail', 'view', 'identity', 'wiki_grant', 'second_factor', 'recovery_code'];

/** Every row of everything that a call might half-make or half-change, in short. When a key was last used is no change. */
export const everythingIn = (api: TestApi): Promise<string[]> =>
  Promise.all(tables.map(async (table) => {
    const [{ n, content }] = await api.sql(`select count(*)::int as n, md5(coalesce(string_agg(row, ',' order by row), '')) as content from (select (to_jsonb(t) - 'last_used_at_ms')::text as row from ${table} t) x`);
    return `${table} ${n} ${content}`;
  }));
