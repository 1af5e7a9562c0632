import request from 'supertest';
import { allRoutes } from '../../api/all-routes';
import { errorKinds } from '../../config/errors';
import { testApi } from '../support/api';

const api = testApi();

describe('the OpenAPI document', () => {
  type Document = { openapi: string; paths: Record<string, Record<string, any>>; components: any };  
  let document: Document;
  beforeAll(async () => {
    document = (await request(api.app).get('/api/openapi.json')).body as Document;
  });

  test('is 3.1 and describes every address that scripts rely on', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining([
      '/api/me', '/api/sessions', '/api/wikis', '/api/wikis/{id}', '/api/memberships', '/api/memberships/{id}/approve', '/api/memberships/{id}/end', '/api/target-lists', '/api/deliveries',
      '/api/deliveries/{id}', ...['submit', 'approve', 'reject', 'revise', 'reschedule', 'pause', 'resume', 'cancel', 'retryFailed'].map((verb) => `/api/deliveries/{id}/${verb}`),
      '/api/deliveries/{id}/targets', '/api/deliveries/{id}/targets/{target}/settle', '/api/deliveries/{id}/progress', '/api/operations', '/api/operations/retry', '/api/operations/{workflowId}/skip', '/api/log', '/api/keys',
    ]));
  });

  test('has for every operation a name of its own, an answer and its parameters', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.values(methods).map((operation) => ({ path, operation })));
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, operation } of operations) {
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
      const inPath = operation.parameters.filter((one: { in: string }) => one.in === 'path').map(({ name }: { name: string }) => name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  test('refers only to what it holds, and every input is closed to unknown fields', () => {
    const text = JSON.stringify(document);
     
    for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) expect(reference!.split('/').reduce((at: any, part) => at?.[part], document)).toBeDefined();
    for (const methods of Object.values(document.paths))
      for (const { requestBody } of Object.values(methods)) if (requestBody) expect(requestBody.content['application/json'].schema.additionalProperties).toBe(false);
  });

  const routes = allRoutes(undefined as never, undefined as never).map((route) => ({ route, operation: () => document.paths[route.path.replace(/[:*](\w+)/g, '{$1}')]![route.method]! }));

  test('names every operation by a verb and a noun, says what it does, and puts it under a heading', () => {
    for (const { operation } of routes) {
      const { operationId, summary, tags } = operation();
      expect(operationId).toMatch(/^[a-z]+([A-Z][a-z]+)+$|^(read|edit)Me$/);
      expect(summary).toMatch(/^.{4,}\.$/);
      expect(document).toHaveProperty('tags', expect.arrayContaining(tags.map((name: string) => ({ name }))));
    }
  });

  test('gives an example of every body and every answer, which the route itself would take or give', () => {
    for (const { route, operation } of routes) {
      const { requestBody, responses, parameters } = operation();
      const body = requestBody?.content['application/json'].example;
      if (route.body) expect([route.path, route.body.safeParse(body).error]).toEqual([route.path, undefined]);
      const answer = responses[String(route.answer.status ?? 200)];
      for (const { example } of Object.values<any>(answer.content ?? {})) expect(example).toBeDefined();
      if (route.answer.schema) expect([route.path, route.answer.schema.safeParse(answer.content['application/json'].example).error]).toEqual([route.path, undefined]);
      for (const parameter of parameters) if (parameter.name && parameter.name !== 'cursor') expect([route.path, parameter.name, parameter.example]).not.toContain(undefined);
      if (route.query) {
        const query = Object.fromEntries(parameters.filter((one: any) => one.in === 'query' && one.name !== 'cursor').map((one: any) => [one.name, String(one.example)]));
        expect([route.path, route.query.safeParse(query).error]).toEqual([route.path, undefined]);
      }
    }
  });

  test('knows every code that an error may have, under its status, as problem details', () => {
    const named = Object.values<any>(document.components.responses).map(({ description, content }) => {
      expect(Object.keys(content)).toEqual(['application/problem+json']);
      return description;
    }).join();
    for (const [code, { status }] of Object.entries(errorKinds)) if (status < 500 || status === 503) expect(named).toContain(`\`${code}\``);
  });

  test('leads from what was made, and from a list, to everything that can be done with it', () => {
    const { links } = document.paths['/api/deliveries']!.post.responses['201'];
    expect(Object.keys(links)).toEqual(expect.arrayContaining(['readDelivery', 'submitDelivery', 'editDelivery']));
    expect(links.editDelivery.parameters).toEqual({ id: '$response.body#/id', 'header.If-Match': '$response.header.ETag' });
    expect(document.paths['/api/deliveries/{id}/targets']!.get.responses['200'].links.settleDeliveryTarget.parameters).toEqual({ id: '$request.path.id', target: '$response.body#/items/0/id' });
  });

  test('has no pattern with half a character in it, which no reader outside JavaScript takes', () => {
    const patterns: string[] = [];
    JSON.stringify(document, (key, value: unknown) => (key === 'pattern' && typeof value === 'string' && patterns.push(value), value));
    expect(patterns.length).toBeGreaterThan(20);
    expect(patterns.filter((pattern) => /\\u\{?d[89a-f]|[\ud800-\udfff]/iu.test(pattern))).toEqual([]);
  });

  test('says the fields that surface.md promises, and which are needed', () => {
    const input = document.paths['/api/wikis']!.post.requestBody.content['application/json'].schema;
    expect(input.required).toEqual(['host', 'apiUrl', 'botUser', 'botPassword']);
    expect(Object.keys(input.properties)).toEqual(expect.arrayContaining(['editsPerMinute', 'allowedNamespaces', 'optOutCategory', 'aliases', 'inFlight']));
    expect(document.paths['/api/deliveries/{id}/reject']!.post.requestBody.content['application/json'].schema.required).toEqual(['reason']);
  });
});

describe('the docs page', () => {
  test('comes whole from here, under a policy that lets in just what it needs', async () => {
    const { text, headers } = await request(api.app).get('/api/docs/');
    const csp = headers['content-security-policy']!;
    expect(csp).toMatch(/default-src 'none'/);
    expect(csp).toMatch(/script-src 'self'(;|$)/);
    expect(csp).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|https?:/);
    const parts = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect((await request(api.app).get(`/api/docs/${part}`)).status).toBe(200);
    expect(text).not.toMatch(/https?:\/\/|<script>[^<]/);
    expect((await request(api.app).get('/api/docs')).headers.location).toBe('/api/docs/');
  });
});
