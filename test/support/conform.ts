/** Holds every answer that a test gets to the OpenAPI document's own schemas: nothing missing, nothing undocumented. */
import type { Response } from 'supertest';
import { allRoutes } from '../../api/all-routes';
import { problemsOf } from '../../api/openapi-operation';
import type { Route } from '../../api/route';

const routes = allRoutes(undefined as never, undefined as never).map((route) => ({ route, pattern: patternOf(route) }));

/** @throws Error naming what differs. */
export function conform(method: string, path: string, { status, body, headers }: Pick<Response, 'status' | 'body' | 'headers'>): void {
  const plain = path.split('?')[0]!;
  const found = routes.find(({ route, pattern }) => route.method === method.toLowerCase() && pattern.test(plain));
  if (found && status >= 400 && !problemsOf(found.route).includes(status)) throw new Error(`${method} ${plain} answered ${status}, which the document does not name`);
  if (status >= 400) return problem(path, status, body, headers);
  if (!found) throw new Error(`${method} ${plain} is no declared route`);
  const { answer } = found.route;
  if (status !== (answer.status ?? 200)) throw new Error(`${method} ${plain} answered ${status}, the document says ${answer.status ?? 200}`);
  if (!answer.schema) return;
  const parsed = answer.schema.safeParse(body);
  if (!parsed.success) throw new Error(`${method} ${plain}: ${JSON.stringify(parsed.error.issues)}`);
  if (sorted(parsed.data) !== sorted(body)) throw new Error(`${method} ${plain} holds more than the document says:\n${sorted(body)}\n${sorted(parsed.data)}`);
}

function problem(path: string, status: number, body: Record<string, unknown>, headers: Record<string, string>): void {
  if (!/^application\/problem\+json/.test(headers['content-type'] ?? '')) throw new Error(`${path}: ${status} is no problem+json`);
  if (body.status !== status || body.type !== `/problems/${String(body.code)}` || typeof body.title !== 'string') throw new Error(`${path}: ${JSON.stringify(body)}`);
  if (/ at .*\.ts|node_modules/.test(JSON.stringify(body))) throw new Error(`${path} shows a stack`);
  if (status >= 500 && status !== 503) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
}

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));

function patternOf({ path }: Route): RegExp {
  return new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\*\w+/g, '.+').replace(/:\w+/g, '[^/]+')}$`);
}
