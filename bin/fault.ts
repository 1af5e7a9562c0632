/** What a failed command says, and its exit code. Called by bin/reeve.ts; commands just throw. */
import { CommanderError } from 'commander';
import { ConfigError } from '../config';
import { ReeveError, type FieldProblem } from '../config/errors';

/** Used wrongly: exit code 2. */
export class UsageError extends Error {}

/** A fault that its message tells whole: no stack. */
export class PlainFault extends Error {}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  if (!(error instanceof CommanderError)) return 1;
  return error.exitCode === 0 ? 0 : 2; // whatever commander refuses is wrong use
}

export function explain(error: unknown): string {
  const { body, requestId } = error as { body?: object; requestId?: string | null }; // bin/client.ts, which most commands never load
  if (error instanceof PlainFault && body) return problem({ title: error.message, ...body, requestId });
  if (error instanceof UsageError || error instanceof PlainFault || error instanceof ConfigError) return error.message;
  if (error instanceof ReeveError) return problem({ title: error.message, errors: error.more.errors });
  const { code, errors, stack, message } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] };
  const refused = [code, ...(errors ?? []).map((inner) => inner.code)].find((name) => name === 'ECONNREFUSED' || name === 'ENOTFOUND' || name === 'ETIMEDOUT');
  if (refused) return `Nothing answers there (${refused}). Is it running? \`reeve doctor\` looks at every part.`;
  return stack ?? message ?? String(error);
}

/** A problem as the API answers it: the title, each field with what would be right, the request id. */
export function problem({ title, detail, errors, requestId }: { title: string; detail?: string; errors?: FieldProblem[]; requestId?: string | null }): string {
  const lines = [title];
  if (errors?.length) for (const { pointer, detail: what } of errors) lines.push(`  ${pointer.replace(/^[/?]/, '') || 'body'}: ${what}`);
  else if (detail && detail !== title) lines.push(detail);
  const odd = errors?.filter(({ pointer }) => pointer === '/acknowledge').map(({ code }) => code) ?? [];
  if (odd.length) lines.push(`When that is meant so: reeve deliveries submit <its number> --acknowledge ${[...new Set(odd)].join(',')}`);
  if (requestId) lines.push(`Request ${requestId}`);
  return lines.join('\n');
}
