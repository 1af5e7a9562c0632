/**
 * A dispatcher as a process of its own, for dispatcher.kills.test.ts to kill: it hands every row twice to a handler that
 * writes down what it sees, and acts only on what is newer than the last, as workflows do.
 */
import { Pool } from 'pg';
import { createDispatcher } from '../../dispatch/dispatcher';

const url = process.argv[2]!;
const pool = new Pool({ connectionString: url, max: 6 });
pool.on('error', () => {});

createDispatcher({
  pool,
  listenUrl: url,
  width: 20,
  leaseMs: 600,
  deliverMs: 200,
  async deliver({ entity, version }) {
    for (let time = 0; time < 2; time++)
      await pool.query({
        name: 'handle',
        text: `with newer as (update handler set version = $2 where entity = $1 and version < $2 returning version)
               insert into handled (entity, version, acted) select $1, $2, exists (select 1 from newer)`,
        values: [entity, version],
      });
  },
});
process.send?.('up');
