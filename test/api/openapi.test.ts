import request from 'supertest';
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
