/** The OpenAPI 3.1 document, made from the same routes and schemas that serve; and its page, self-hosted. */
import express, { type Express } from 'express';
import type { z } from 'zod';
import { version } from '../package.json';
import { errorKinds } from '../config/errors';
import { docsHeaders } from './middleware/headers';
import { jsonSchemaOf } from './present';
import type { Route } from './route';

type Json = Record<string, unknown>;

export function openApiDocument(routes: Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const one of routes) (paths[plainPath(one.path)] ??= {})[one.method] = operationOf(one);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reeve', version, license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
      description: 'Every verb is `POST /api/<nouns>/{id}/<verb>`; every thing says in `actions` what you may do next, every list whether you may make one more (`new`: POST to the list; `edit`: PATCH of the thing, PUT of a target list). `?dryRun=true` on a verb changes nothing. Errors are problem details (RFC 9457). An `Idempotency-Key` on a POST makes it safe to say twice.',
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [], csrf: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `reeve_…`.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-reeve', description: 'From POST /api/sessions; `reeve` where Reeve runs embedded.' },
        csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'From GET /api/me; with a session, on everything but GET.' },
      },
      schemas: { Problem: problemSchema },
      responses: Object.fromEntries(PROBLEMS.map((status) => [`Problem${status}`, { description: titlesOf(status), content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }])),
    },
  };
}

/** `/api/openapi.json` and `/api/docs`. */
export function mountDocs(app: Express, routes: Route[]): void {
  const document = openApiDocument(routes);
  app.get('/api/openapi.json', (_req, res) => void res.json(document));
  const docs = express.Router();
  docs.use(docsHeaders);
  docs.get('/', (req, res) => (req.originalUrl.split('?')[0]!.endsWith('/') ? void res.type('html').send(DOCS_PAGE) : res.redirect(301, '/api/docs/')));
  docs.get('/start.js', (_req, res) => void res.type('js').send(DOCS_SCRIPT));
  docs.use(express.static(swaggerFolder(), { index: false, maxAge: '1d' }));
  app.use('/api/docs', docs);
}

const PROBLEMS = [400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503] as const;

function operationOf(one: Route): Json {
  const { method, path, summary, query, body, answer, open, streams = [], versioned } = one;
  const mutates = method !== 'get';
  const status = String(answer.status ?? 200);
  const content = answer.schema ? { 'application/json': { schema: jsonSchemaOf(answer.schema, 'output') } } : answer.type ? { [answer.type]: { schema: { type: 'string' } } } : undefined;
  const streamed = Object.fromEntries(streams.map((type) => [type, { schema: { type: 'string' } }]));
  return {
    operationId: `${method}${plainPath(path).slice(4).replace(/[^a-zA-Z]+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? '')}`,
    tags: [path.split('/')[2]],
    summary,
    ...(open && { security: [{}, { key: [] }, { session: [], ...(mutates && { csrf: [] }) }] }),
    parameters: [
      ...[...path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: ['workflowId', 'session'].includes(name!) ? { type: 'string' } : { type: 'integer', minimum: 1 } })),
      ...(query ? queryParameters(query) : []),
      ...(method === 'post' ? [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 255, pattern: '^[\\x21-\\x7e]+$' } }] : []),
      ...(mutates && path.includes(':id') ? [{ name: 'If-Match', in: 'header', required: versioned ?? false, description: 'The version that you read, from ETag.', schema: { type: 'string' } }] : []),
    ],
    ...(body && { requestBody: { required: needsBody(body), content: { 'application/json': { schema: jsonSchemaOf(body) }, ...streamed } } }),
    responses: {
      [status]: { description: 'Done.', ...(content && { content }), ...(answer.schema && { headers: { ETag: { schema: { type: 'string' }, description: 'The version, for If-Match.' }, Link: { schema: { type: 'string' }, description: 'The next page of a list.' } } }) },
      ...Object.fromEntries(problemsOf(one).map((code) => [String(code), { $ref: `#/components/responses/Problem${code}` }])),
    },
  };
}

function problemsOf({ method, path, open, body, query, versioned }: Route): number[] {
  const mutates = method !== 'get';
  return [
    400, ...(open && !path.includes(':id') && path !== '/api/sessions' ? [] : [401]), ...(path.includes(':') || path.includes('*') ? [404] : []), 403, ...(mutates && body ? [409, 413, 415] : []),
    ...(mutates ? [412] : []), ...(body || query ? [422] : []), ...(versioned ? [428] : []), ...(path === '/api/sessions' ? [429] : []), 503,
  ];
}

const queryParameters = (query: z.ZodObject): Json[] => {
  const { properties = {}, required = [] } = jsonSchemaOf(query) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({ name, in: 'query', required: required.includes(name), description, schema }));
};

const needsBody = (body: z.ZodType): boolean => !body.safeParse({}).success;

const plainPath = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}');

const titlesOf = (status: number): string => [...new Set(Object.values(errorKinds).filter((kind) => kind.status === status).map(({ title }) => title))].slice(0, 3).join(' ');

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', description: '`/problems/<code>`, stable.' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'string', enum: Object.keys(errorKinds) },
    detail: { type: 'string' }, requestId: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', required: ['pointer', 'code', 'detail'], properties: { pointer: { type: 'string', description: 'JSON Pointer into the body, or `?name` of the query.' }, code: { type: 'string' }, detail: { type: 'string' } } } },
  },
};

const swaggerFolder = (): string => (require('swagger-ui-dist/absolute-path.js') as () => string)();

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>API · Reeve</title><link rel="stylesheet" href="swagger-ui.css"><link rel="icon" type="image/png" href="favicon-32x32.png"></head>
<body><div id="docs"></div><script src="swagger-ui-bundle.js"></script><script src="start.js"></script></body>
</html>`;
const DOCS_SCRIPT = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });`;
