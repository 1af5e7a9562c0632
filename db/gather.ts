/**
 * Gathers what is asked of Postgres while an earlier statement of the same kind is on its way, so that one statement
 * serves all who wait: under load most of a statement's cost is the statement itself. Whoever comes alone waits for nobody.
 */

/** For a statement that hangs (a lock, a dead connection) the others wait no longer than this. */
const PATIENCE_MS = 2;

/**
 * @param send serves some askers with one statement and answers each of them; it never throws.
 * @param largest askers of one statement.
 */
export function gatherer<Ask>(send: (asked: Ask[]) => Promise<void>, largest: number): (ask: Ask) => void {
  const waiting: Ask[] = [];
  let inFlight = 0;
  let timer: NodeJS.Timeout | null = null;
  let called = false;

  const call = (): void => {
    if (called) return;
    called = true;
    setImmediate(go); // after all input of this turn: whoever was answered in it asks, too
  };
  const go = (): void => {
    called = false;
    if (timer) clearTimeout(timer);
    timer = null;
    if (!waiting.length) return;
    inFlight++;
    void send(waiting.splice(0, largest)).finally(() => {
      inFlight--;
      if (waiting.length) call();
    });
    if (waiting.length) call();
  };
  return (ask) => {
    waiting.push(ask);
    if (inFlight === 0 || waiting.length >= largest) call();
    else timer ??= setTimeout(go, PATIENCE_MS);
  };
}

/** The widths of statements: few, each prepared once, with a list of scalars. An array's length would make Postgres plan every time anew. */
export const widths = [1, 2, 4, 8, 16];
export const widest = widths.at(-1)!;
export const widthFor = (count: number): number => widths.find((width) => width >= count)!;
