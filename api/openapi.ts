/** The OpenAPI 3.1 document, made from the same routes and schemas that serve (openapi-operation.ts); and its page, self-hosted. */
import express, { type Express } from 'express';
import { version } from '../package.json';
import { errorKinds, type ErrorCode } from '../config/errors';
import { docsHeaders } from './middleware/headers';
import { operationOf, plainPath, tagOf, type Json } from './openapi-operation';
import type { Route } from './route';

export function openApiDocument(routes: Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const one of routes) (paths[plainPath(one.path)] ??= {})[one.method] = operationOf(one, routes);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reeve', version, license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
      description: 'Every verb is `POST /api/<nouns>/{id}/<verb>`; every thing says in `actions` what you may do next, every list whether you may make one more (`new`: POST to the list; `edit`: PATCH of the thing). `?dryRun=true` on a verb changes nothing. Errors are problem details (RFC 9457); another method on an address is a 405 that names the right ones in `Allow`. An `Idempotency-Key` makes a call safe to say twice.',
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [], csrf: [] }],
    tags: [...new Set(routes.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `reeve_…`.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-reeve', description: 'From POST /api/sessions; `reeve` where Reeve runs embedded.' },
        csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'From GET /api/me; with a session, on everything but GET.' },
      },
      parameters: { IdempotencyKey: { name: 'Idempotency-Key', in: 'header', description: 'Say it again with the same key, and it is done once.', schema: { type: 'string', pattern: '^[!-~]{1,255}$' }, example: '7c1e5a1c-newsletter-2027-01' } },
      headers,
      schemas: { Problem: problemSchema },
      responses: Object.fromEntries(STATUSES.map((status) => [`Problem${status}`, problemResponse(status)])),
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

const header = (description: string, example: unknown, schema: Json = { type: 'string' }): Json => ({ description, schema, example });
const headers = {
  XRequestId: { ...header('Names this request in the log and the audit: your own, if you sent a plain one.', '8d5f5c1e-1f7c-4a52-9d0b-0f6a7c0e5a1c'), required: true },
  ETag: header('The version, for If-Match.', '"3"'),
  Link: header('`rel="next"` and `rel="prev"`: the pages of a list after and before.', '</api/deliveries?cursor=NTAuYWJjZGVmZ2g>; rel="next"'),
  Location: header('Where what was made stands.', '/api/deliveries/7'),
  SetCookie: header('The session.', 'reeve=…; Path=/; HttpOnly; SameSite=Lax'),
  RetryAfter: header('Seconds until another try is worth it.', 2, { type: 'integer' }),
  WwwAuthenticate: header('How to say who you are.', 'Bearer realm="reeve"'),
  Allow: header('The methods that this address takes.', 'GET, HEAD, POST'),
};
const headersOf: Record<number, Json> = {
  401: { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }, 405: { Allow: { $ref: '#/components/headers/Allow' } },
  429: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }, 503: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } },
};

const STATUSES = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428, 429, 503] as const;

function problemResponse(status: number): Json {
  const codes = (Object.keys(errorKinds) as ErrorCode[]).filter((code) => errorKinds[code].status === status);
  const [code] = codes as [ErrorCode];
  return {
    description: codes.map((one) => `\`${one}\`: ${errorKinds[one].title}`).join('\n\n'),
    headers: { 'X-Request-Id': { $ref: '#/components/headers/XRequestId' }, ...headersOf[status] },
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example: { type: `/problems/${code}`, title: errorKinds[code].title, status, code } } },
  };
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', description: '`/problems/<code>`, stable.' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'string', enum: Object.keys(errorKinds) },
    detail: { type: 'string' }, requestId: { type: 'string', description: 'None in a 404: what is hidden and what is missing answer with the same bytes.' },
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
