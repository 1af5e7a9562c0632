/** From one build of the workflows to the next (npm run chaos -- r24 is the same, at length). */
import { testDatabase } from '../support/database';
import { roll } from '../support/rolling';
import { workflowTypes } from '../support/second-build';

const database = testDatabase();

test('a roll to the next build lets every workflow go on and end, and no request fails', async () => {
  const { determinismErrors, types, asked } = await roll({ databaseUrl: database.url, each: 1, withApi: true });
  expect({ determinismErrors, failed: asked.failed }).toEqual({ determinismErrors: 0, failed: [] });
  expect(asked.requests).toBeGreaterThan(50);
  expect(Object.keys(types).sort()).toEqual(workflowTypes);
  for (const type of workflowTypes) expect({ type, ...types[type] }).toEqual({ type, runs: expect.any(Number), crossed: expect.any(Number), open: 0 });
  expect(Object.entries(types).filter(([, { crossed }]) => !crossed)).toEqual([]);
});
