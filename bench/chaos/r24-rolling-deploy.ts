/**
 * R24: from one build of the workflows to the next, as docs/operating.md tells it, with workflows of every type begun before,
 * beside and after the new worker's start, a new worker that is killed (-9), and the API under requests while it is rolled. No
 * determinism error, no failed request, everything ends. Two controls must go wrong: a change that is not behind `patched()`, and
 * two builds by one name.
 *   npm run chaos -- r24 [workflows of each type, three times]
 */
import { roll, type RollOptions } from '../../test/support/rolling';
import { benchDatabase } from '../database';
import { verdict } from '../verdict';

async function main(): Promise<void> {
  const each = Number(process.argv[2] ?? 10);
  const play = async (name: string, options: Pick<RollOptions, 'each' | 'withApi' | 'fault'>) => {
    const { appUrl } = await benchDatabase(`chaos_r24_${name}`);
    const rolled = await roll({ databaseUrl: appUrl, ...options });
    console.log(`${name}: ${rolled.determinismErrors} determinism errors · ${JSON.stringify(rolled.types)} · ${rolled.asked.requests} requests`);
    return rolled;
  };
  const { determinismErrors, types, asked } = await play('versioned', { each, withApi: true });
  const controls = [await play('unguarded', { each: 1, withApi: false, fault: 'unguarded' }), await play('unversioned', { each: 1, withApi: false, fault: 'unversioned' })].map((control) => control.determinismErrors);
  for (const failed of asked.failed.slice(0, 20)) console.log(failed);
  const of = Object.values(types);
  const sum = (what: 'runs' | 'crossed' | 'open'): number => of.reduce((total, type) => total + type[what], 0);
  verdict('R24', `${determinismErrors} determinism errors in ${sum('runs')} runs of ${of.length} types, ${sum('crossed')} of them gone on with by another build, ${sum('open')} not ended; ${asked.failed.length} of ${asked.requests} requests failed; ${controls.join(' and ')} errors without patched() and without versions`,
    determinismErrors === 0 && sum('open') === 0 && of.every(({ crossed }) => crossed > 0) && asked.failed.length === 0 && asked.requests > 200 && controls.every((errors) => errors > 0));
}

void main();
