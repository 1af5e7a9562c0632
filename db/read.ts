/** Reads things for the door: the row, the door's clock, and whether a command was done already, in one round trip. */
import { databaseClock } from './clock';
import { fromRow } from './columns';
import { gatherer, widest, widthFor } from './gather';
import type { Kernel } from './kernel';
import { nounTables, type KernelNoun, type Rows } from './nouns';

export interface ReadRow<Row> {
  row: Row | null;
  nowMs: number;
  done: { noun: string; entity: number; verb: string; inputHash: string | null } | null;
}

/** As it stands when the statement begins, which is after the call. */
export const readRow = <N extends KernelNoun>(kernel: Kernel, noun: N, id: number, commandId?: string): Promise<ReadRow<Rows[N]>> =>
  new Promise((resolve, reject) => {
    if (!(Number.isInteger(id) && id >= 1 && id <= 2_147_483_647)) return resolve({ row: null, nowMs: 0, done: null });
    reader(kernel, noun)({ id, commandId: commandId ?? null, resolve: resolve as Asked['resolve'], reject });
  });

interface Asked {
  id: number;
  commandId: string | null;
  resolve(read: ReadRow<unknown>): void;
  reject(error: unknown): void;
}
const readers = new WeakMap<Kernel, Partial<Record<KernelNoun, (asked: Asked) => void>>>();

function reader(kernel: Kernel, noun: KernelNoun): (asked: Asked) => void {
  let ofKernel = readers.get(kernel);
  if (!ofKernel) readers.set(kernel, (ofKernel = {}));
  return (ofKernel[noun] ??= gatherer((asked) => readAll(kernel, noun, asked), widest));
}

async function readAll(kernel: Kernel, noun: KernelNoun, asked: Asked[]): Promise<void> {
  try {
    const commands = asked.some(({ commandId }) => commandId !== null);
    const width = widthFor(asked.length);
    const values: unknown[] = [];
    for (let place = 0; place < width; place++) {
      values.push(asked[place]?.id ?? null);
      if (commands) values.push(asked[place]?.commandId ?? null);
    }
    const { rows } = await kernel.pool.query({
      name: kernel.clock === databaseClock ? `read-${noun}-${width}${commands ? '-c' : ''}` : undefined,
      text: readSql(kernel, noun, width, commands),
      values,
    });
    for (const row of rows) asked[row.place as number]?.resolve(opened(row));
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}

function opened(found: Record<string, any>): ReadRow<unknown> {
  if (found.id === null) return { row: null, nowMs: 0, done: null };
  const { place: _, now_ms: nowMs, c_noun, c_entity, c_verb, c_input_hash, ...columns } = found;
  const done = c_noun == null ? null : { noun: c_noun, entity: c_entity, verb: c_verb, inputHash: c_input_hash };
  return { row: fromRow(columns), nowMs, done };
}

/** Without a command nothing is asked of the audit: a plan made while it was empty would read the whole of it for ever. */
function readSql({ clock }: Kernel, noun: KernelNoun, width: number, commands: boolean): string {
  const asked = Array.from({ length: width }, (_, place) => (commands ? `($${2 * place + 1}::int, $${2 * place + 2}::text, ${place})` : `($${place + 1}::int, null, ${place})`));
  const done = commands ? ', c.noun as c_noun, c.entity as c_entity, c.verb as c_verb, c.input_hash as c_input_hash' : '';
  return `select x.place, ${clock.sql} as now_ms, t.*${done} from (values ${asked.join(', ')}) as x (wanted, command, place)
left join "${nounTables[noun].table}" t on t.id = x.wanted${commands ? ' left join audit c on c.command_id = x.command' : ''}`;
}
