import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { testDatabase } from '../support/database';

const [ENTITIES, VERSIONS, DISPATCHERS, KILLS] = [500, 20, 3, 50];

describe('three dispatchers that are killed all the time', () => {
  const database = testDatabase();
  const children = new Set<ChildProcess>();
  afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

  const begin = async (): Promise<ChildProcess> => {
    const child = fork(join(__dirname, 'killed-dispatcher.ts'), [database.url], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    children.add(child);
    child.once('exit', () => children.delete(child));
    await once(child, 'message');
    return child;
  };

  test('have the effect of every row once, in order, without a gap', async () => {
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query(`create table handler (entity int primary key, version int not null default 0);
      create table handled (id bigserial primary key, entity int, version int, acted boolean);
      grant all on handler, handled to public; grant all on sequence handled_id_seq to public;
      insert into handler (entity) select generate_series(1, ${ENTITIES})`);
    const insert = `insert into outbox (noun, entity, version, effect) select 'delivery', e, v, 'tellDelivery' from generate_series(1, $1::int) e, generate_series($2::int, $3::int) v order by e, v`;
    await owner.query(insert, [ENTITIES, 1, 2]);
    const work = Array.from({ length: DISPATCHERS }, begin);
    let kills = 0;
    for (let version = 3; ; ) {
      const { rows } = await owner.query('select count(*)::int as n from outbox');
      if (kills >= KILLS && version > VERSIONS && rows[0].n === 0) break;
      if (version <= VERSIONS && rows[0].n < ENTITIES) {
        await owner.query(insert, [ENTITIES, version, version]); // there is always something in hand when one is killed
        version++;
      }
      if (kills < KILLS) {
        const at = kills++ % DISPATCHERS;
        (await work[at]!).kill('SIGKILL');
        work[at] = begin();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { rows: [sum] } = await owner.query(`
      select count(*) filter (where acted)::int as acted, count(*)::int as handled,
        count(distinct (entity, version))::int as distinct,
        (select count(*)::int from (select version - lag(version, 1, 0) over (partition by entity order by id) as step from handled where acted) s where step <> 1) as gaps
      from handled`);
    await owner.end();
    expect(sum).toMatchObject({ acted: ENTITIES * VERSIONS, distinct: ENTITIES * VERSIONS, gaps: 0 });
    expect(sum.handled).toBeGreaterThanOrEqual(2 * ENTITIES * VERSIONS);
  }, 300_000);
});
