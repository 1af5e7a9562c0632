/**
 * The log of a process: JSON lines on stdout, ids and codes. An error is written as its class, code and stack frames;
 * its message only where our own code made it, because others put what people typed into theirs.
 */
import pino, { type DestinationStream, type Logger } from 'pino';

// A SyntaxError is not: it quotes the text that was no JSON.
const ours = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AssertionError']);

/** @param to other than stdout, in tests */
export function createLogger(level: string, part: string, to?: DestinationStream): Logger {
  return pino({ level, base: { part }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) }, serializers: { err: withoutPrivateData, error: withoutPrivateData } }, to!);
}

export function withoutPrivateData(error: unknown): unknown {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack = '', cause } = error;
  const { code, constraint, table, routine } = error as Error & Record<string, unknown>;
  return {
    name,
    code,
    constraint,
    table,
    routine,
    message: ours.has(name) ? message : undefined,
    stack: stack.replace(message, '').split('\n').filter((line) => /^\s+at /.test(line)).join('\n'),
    cause: cause === undefined ? undefined : withoutPrivateData(cause),
  };
}

/** For what is tried again several times a second: a line per message every ten seconds, with how many were left out. */
export function sparingly(log: Logger, everyMs = 10_000): { warn(fields: object, message: string): void } {
  const said = new Map<string, { atMs: number; leftOut: number }>();
  return {
    warn(fields, message) {
      const last = said.get(message);
      if (last && Date.now() - last.atMs < everyMs) return void last.leftOut++;
      said.set(message, { atMs: Date.now(), leftOut: 0 });
      log.warn({ ...fields, leftOut: last?.leftOut || undefined }, message);
    },
  };
}
