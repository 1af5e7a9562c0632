/** Turning the switch that holds up the making of accounts at a wiki. What reads it: db/queries/pauses.ts. */
import type { CreationMode } from './entities/wiki';
import type { Kernel } from './kernel';
import { noteOn, type Note } from './note';

/** Turns the switch; where it stands so already nothing is written. What waits at it is told when it is lifted. @throws ReeveError not-found */
export async function setPause(kernel: Kernel, { mode, ...note }: Omit<Note, 'noun' | 'verb' | 'code'> & { mode: CreationMode }, paused: boolean): Promise<void> {
  const column = `${mode}_creations_paused_at_ms`;
  await noteOn(kernel, { ...note, noun: 'wiki', verb: paused ? 'pauseCreations' : 'resumeCreations', code: mode, effects: paused ? [] : [{ type: 'resumeCreations', params: { mode } }] }, async (client) => {
    const { rowCount } = await client.query(`update wiki set ${column} = ${paused ? kernel.clock.sql : 'null'} where id = $1 and ${column} is ${paused ? '' : 'not '}null`, [note.id]);
    return rowCount === 1;
  });
}
