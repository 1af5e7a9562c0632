/**
 * The door's clock: Postgres' own, read in the statement that reads the row, so that every process agrees on what is
 * due. Tests of time replace it.
 */
export interface Clock {
  /** SQL for the present instant in Unix milliseconds. */
  sql: string;
}

export const databaseClock: Clock = { sql: '(extract(epoch from clock_timestamp()) * 1000)::bigint' };

/** Under this name a statement is prepared, but not with a clock that a test holds: its instant is in the text. */
export const named = ({ clock }: { clock: Clock }, name: string): { name?: string } => (clock === databaseClock ? { name } : {});

/** A clock for tests of time: stands at `atMs` until it is moved. */
export function standingClock(atMs: number): Clock & { atMs: number; advance(ms: number): void } {
  return {
    atMs,
    get sql() {
      return `${this.atMs}::bigint`;
    },
    advance(ms) {
      this.atMs += ms;
    },
  };
}
