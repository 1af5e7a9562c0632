/** One operation of the OpenAPI document, from the route that serves it: name, inputs, answers, errors, examples and links. */
import { z } from 'zod';
import { exampleOf } from './openapi-examples';
import type { Route } from './route';

export type Json = Record<string, unknown>;

/** @param others every route, for the links that lead on from here. */
export function operationOf(one: Route, others: Route[]): Json {
  const { method, path, summary, query, body, open, streams = [], versioned } = one;
  const mutates = method !== 'get';
  return {
    operationId: nameOf(one),
    tags: [tagOf(path)],
    summary,
    ...(open && { security: [{}, { key: [] }, { session: [], ...(mutates && { csrf: [] }) }] }),
    parameters: [
      ...paramsOf(path).map(pathParameter),
      ...(query ? queryParameters(query) : []),
      ...(mutates && path !== '/api/sessions' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      ...(takesIfMatch(one) ? [{ name: 'If-Match', in: 'header', required: versioned ?? false, description: 'The version that you read, from ETag.', schema: { type: 'string' }, example: '"3"' }] : []),
    ],
    ...(body && {
      requestBody: {
        required: needsBody(body),
        content: {
          'application/json': { schema: schemaOf(body, 'input'), example: one.example ?? exampleOf(schemaOf(body, 'input')) },
          ...Object.fromEntries(streams.map((type) => [type, { schema: { type: 'string' }, example: type === 'text/csv' ? 'User talk:Example,en.example.org\n' : 'User talk:Example@en.example.org\n' }])),
        },
      },
    }),
    responses: { [String(one.answer.status ?? 200)]: answerOf(one, others), ...Object.fromEntries(problemsOf(one).map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }])) },
  };
}

/** Every status with which a route may refuse. */
export function problemsOf({ method, path, query, body, versioned, refuses = [], open }: Route): number[] {
  const mutates = method !== 'get';
  const always = [400, 401, 403, 503];
  const one = /[:*]/.test(path) ? [404] : [];
  const input = [...(body ? [409, 413, 415, 422] : []), ...(query ? [422] : []), ...(takesIfMatch({ method, path }) ? [412] : []), ...(versioned ? [428] : [])];
  return [...new Set([...always.filter((status) => !(status === 401 && open && path === '/api/sessions/current' && mutates)), ...one, ...input, ...refuses])].sort((a, b) => a - b);
}

const answerOf = (one: Route, others: Route[]): Json => {
  const { schema, type } = one.answer;
  const shape = schema ? shapeOf(schema) : {};
  const headers = ['XRequestId', ...('version' in shape ? ['ETag'] : []), ...('next' in shape ? ['Link'] : []), ...(one.answer.status === 201 && 'id' in shape ? ['Location'] : []), ...(one.path === '/api/sessions' ? ['SetCookie'] : [])];
  const json = schema && schemaOf(schema, 'output');
  const links = linksOf(one, others);
  return {
    description: 'Done.',
    headers: Object.fromEntries(headers.map((name) => [headerNames[name as keyof typeof headerNames], { $ref: `#/components/headers/${name}` }])),
    ...((json || type) && { content: { ...(json && { 'application/json': { schema: json, example: exampleOf(json) } }), ...(type && { [type]: streams[type] }) } }),
    ...(Object.keys(links).length && { links }),
  };
};

export const headerNames = { XRequestId: 'X-Request-Id', ETag: 'ETag', Link: 'Link', Location: 'Location', SetCookie: 'Set-Cookie' } as const;

const streams: Record<string, Json> = {
  'text/csv': { schema: { type: 'string' }, example: 'wiki,page,asked,outcome,code,revision,at\r\nen.example.org,User talk:Example,,sent,,4711,2027-01-31T09:00:00.000Z\r\n' },
  'text/html': { schema: { type: 'string' }, example: '<!doctype html><title>Preview</title><p>Apply until Sunday.</p>' },
  'text/event-stream': {
    schema: { type: 'object', properties: { event: { type: 'string' }, id: { type: 'string' }, data: { type: 'string', description: 'JSON.' } } },
    example: { event: 'changed', id: '1', data: '{"version":3,"state":"running"}' },
  },
};

/** From what a POST made, and from a list's first thing, to all that can be done with it; with its version, where that is asked for. */
function linksOf(from: Route, others: Route[]): Record<string, Json> {
  const shape = from.answer.schema ? shapeOf(from.answer.schema) : {};
  const source = 'items' in shape ? '$response.body#/items/0/id' : from.answer.status === 201 && 'id' in shape ? '$response.body#/id' : undefined;
  if (!source) return {};
  const links: Record<string, Json> = {};
  for (const to of others.filter(({ path }) => path.startsWith(`${from.path}/`))) {
    const [param, ...more] = paramsOf(to.path).slice(paramsOf(from.path).length);
    if (!param || more.length) continue;
    const known = Object.fromEntries(paramsOf(from.path).map((name) => [name, `$request.path.${name}`]));
    const match = to.versioned && 'version' in shape ? { 'header.If-Match': '$response.header.ETag' } : {};
    links[nameOf(to)] = { operationId: nameOf(to), parameters: { ...known, [param]: source, ...match } };
  }
  return links;
}

/** Verb and noun: `listDeliveries`, `approveDelivery`, `readTargetListDiff`. */
export function nameOf({ method, path, name, answer }: Route): string {
  if (name) return name;
  const parts = path.split('/').slice(2);
  const isParam = (part: string | undefined): boolean => /^[:*]/.test(part ?? '');
  const acts = method === 'post' && parts.length > 1 && !isParam(parts.at(-1));
  const verb = acts ? parts.at(-1)! : { get: answer.schema && 'items' in shapeOf(answer.schema) ? 'list' : 'read', post: 'create', put: 'edit', patch: 'edit', delete: 'delete' }[method];
  const single = (part: string, i: number): string => (isParam(parts[i + 1]) || (verb === 'create' && i === parts.length - 1) ? part.replace(/ies$/, 'y').replace(/s$/, '') : part);
  const nouns = (acts ? parts.slice(0, -1) : parts).map(single).filter((part) => !isParam(part));
  return [verb, ...nouns].flatMap((part) => part.split(/[^a-zA-Z]+/)).map((word, i) => (i ? word[0]!.toUpperCase() + word.slice(1) : word)).join('');
}

export const tagOf = (path: string): string => path.split('/')[2]!;
export const plainPath = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}');
const paramsOf = (path: string): string[] => [...path.matchAll(/[:*](\w+)/g)].map(([, name]) => name!);
const takesIfMatch = ({ method, path }: Pick<Route, 'method' | 'path'>): boolean => method !== 'get' && /[:*]/.test(path);

const words: Record<string, Json> = { workflowId: { schema: { type: 'string', minLength: 1, maxLength: 300 }, example: 'delivery/1', description: 'Percent-encoded; or the number of an operation.' }, name: { schema: { type: 'string' }, example: 'pause' }, session: { schema: { type: 'string' }, example: '3f6c1b' }, n: { schema: { type: 'integer', minimum: 0, maximum: 9_999 }, example: 0 } };

const pathParameter = (name: string): Json => ({
  name, in: 'path', required: true,
  ...(words[name] ?? { schema: { type: 'integer', minimum: 1, maximum: name === 'target' ? 999_999_999_999_999 : 2_147_483_647 }, example: 1 }),
});

const queryParameters = (query: z.ZodObject): Json[] => {
  const { properties = {}, required = [] } = schemaOf(query, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name, in: 'query', required: required.includes(name), ...(description !== undefined && { description }), schema, ...(name !== 'cursor' && { example: exampleOf(schema, name) }),
  }));
};

const needsBody = (body: z.ZodType): boolean => !body.safeParse({}).success || wantsOneOf(schemaOf(body, 'input'));
/** Each of its forms has a field that must be there. */
const wantsOneOf = ({ anyOf }: Json): boolean => Array.isArray(anyOf) && anyOf.every(({ required }: { required?: string[] }) => required?.length);

/** The first of several: what a route answers with when it is not asked to answer something else. */
const shapeOf = (schema: z.ZodType): Record<string, unknown> => (schema instanceof z.ZodObject ? schema.shape : schema instanceof z.ZodUnion ? shapeOf(schema.options[0] as z.ZodType) : {});

/** `as` in a field's metadata is the whole of what the document says about it: for a number in a query, which comes as text. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io, unrepresentable: 'any',
    override({ jsonSchema }) {
      // A lone surrogate is no character that UTF-8 can carry, and RE2 and Rust take no pattern that names one.
      if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll(String.raw`\ud800-\udfff`, '');
      const { as, description } = jsonSchema as { as?: Json; description?: string };
      if (!as) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Json)[key];
      Object.assign(jsonSchema, as, description !== undefined && { description });
    },
  });
  return made;
};
