/** Transactions when the database goes away in the middle. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isAway } from '../../activities/patience';
import { inTransaction } from '../../db/apply';
import { testKernel } from '../support/kernel';

describe('a connection that dies between two statements', () => {
  const house = testKernel();

  test('fails the next statement, in words that say so, and nothing else', async () => {
    const { pool } = house.kernel;
    const work = inTransaction(pool, async (client) => {
      const { rows } = await client.query('select pg_backend_pid() as pid');
      await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
      await sleep(200); // nobody asks it anything meanwhile
      await client.query('select 1');
    });
    expect(isAway(await work.catch((error: unknown) => error))).toBe(true);
    expect((await inTransaction(pool, (client) => client.query('select 2 as two'))).rows).toEqual([{ two: 2 }]);
  });
});
