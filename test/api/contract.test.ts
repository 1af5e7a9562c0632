/**
 * The API keeps to its OpenAPI document: Schemathesis gives each operation the document's own examples and a little random input,
 * and walks along its links, always the same way. `npm run chaos -- r19` looks much longer, at every edge of every field.
 */
import type { RequestListener } from 'node:http';
import { allRoutes } from '../../api/all-routes';
import { failuresIn, openContract, type Contract } from '../support/contract';
import { testDatabase } from '../support/database';

const database = testDatabase();
let contract: Contract;
let broken = false;
beforeAll(async () => {
  contract = await openContract(database.url, (app) => (req, res) => (broken && breaks[req.url!] ? breaks[req.url!]!(req, res) : app(req, res)));
});
afterAll(() => contract.close());

/** What a careless change might make of an answer. */
const breaks: Record<string, RequestListener> = {
  '/api/me': (_req, res) => void res.setHeader('Content-Type', 'application/json').setHeader('X-Request-Id', 'x').end(JSON.stringify({ user: { id: 'one' } })),
  '/api/roles': (_req, res) => void res.writeHead(500).end(),
};
const operations = allRoutes(undefined as never, undefined as never).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
const MINUTES_8 = 8 * 60_000; // for a machine that does much else

test('as admin no operation breaks, none answers what is not in the document, and most of them do something', async () => {
  const { said, failed, answers, asked, reached } = await contract.run('admin', { seed: 19, examples: 4, phases: 'examples,fuzzing,stateful' });
  expect(failed ? failuresIn(said) : '').toBe('');
  expect(answers['5xx']).toBeUndefined();
  expect(operations.filter((one) => !asked.has(one))).toEqual([]);
  expect(reached.size).toBeGreaterThanOrEqual(55);
}, MINUTES_8);

test('as visitor neither, and all that is public answers', async () => {
  const whole = await contract.run('visitor', { seed: 19, examples: 4, phases: 'examples,stateful' });
  const things = []; // from each list to its things
  for (const noun of ['deliveries', 'events']) things.push(await contract.run('visitor', { seed: 19, examples: 25, phases: 'stateful', only: String.raw`^/api/${noun}(/\{\w+\})?$` }));
  for (const { said, failed, answers } of [whole, ...things]) {
    expect(failed ? failuresIn(said) : '').toBe('');
    expect(answers['5xx']).toBeUndefined();
  }
  expect(whole.asked.size).toBeGreaterThanOrEqual(70);
  const reached = new Set([whole, ...things].flatMap((run) => [...run.reached]));
  const open = ['GET /api/deliveries', 'GET /api/deliveries/:id', 'GET /api/events', 'GET /api/events/:id', 'GET /api/target-lists', 'GET /api/public/log', 'POST /api/requests', 'DELETE /api/sessions/current'];
  expect(open.filter((one) => !reached.has(one))).toEqual([]);
}, MINUTES_8);

test('an answer that is not as the document says, and a server error, are found', async () => {
  broken = true;
  const { said, failed } = await contract.run('admin', { seed: 19, examples: 1, phases: 'examples,fuzzing', only: '^/api/(me|roles)$' });
  expect(failed).toBe(true);
  expect(said).toMatch(/GET \/api\/me\b[\s\S]*Response violates schema[\s\S]*GET \/api\/roles\b[\s\S]*Server error/);
}, MINUTES_8);
