/**
 * Everything that Temporal holds of every workflow, as text, and every private value that Postgres holds: so that a test
 * can look for the second in the first.
 */
import { Connection } from '@temporalio/client';
import { snake } from '../../db/columns';
import type { Kernel } from '../../db/kernel';
import { nounTables } from '../../db/nouns';

export interface History {
  workflowId: string;
  /** Every text in it: inputs, results, signals, failures, memos, search attributes, summaries, identities, heartbeats. */
  text: string;
}
export interface PrivateValue {
  /** `<table>.<column>` */
  where: string;
  value: string;
}

export async function historiesOf({ temporal, namespace }: { temporal: string; namespace: string }): Promise<History[]> {
  const connection = await Connection.connect({ address: temporal });
  const { workflowService } = connection;
  try {
    const found: History[] = [];
    let page: Uint8Array | undefined;
    do {
      const { executions, nextPageToken } = await workflowService.listWorkflowExecutions({ namespace, nextPageToken: page });
      for (const info of executions) {
        const execution = { workflowId: info.execution!.workflowId!, runId: info.execution!.runId! };
        const texts = textsOf([info, await workflowService.describeWorkflowExecution({ namespace, execution })]);
        let more: Uint8Array | undefined;
        do {
          const events = await workflowService.getWorkflowExecutionHistory({ namespace, execution, nextPageToken: more });
          texts.push(...textsOf(events.history));
          more = events.nextPageToken;
        } while (more?.length);
        found.push({ workflowId: execution.workflowId, text: texts.join('\n') });
      }
      page = nextPageToken;
    } while (page?.length);
    return found;
  } finally {
    await connection.close();
  }
}

/** What no entity file can list, because these tables are no nouns. */
const beside: Record<string, string[]> = {
  target: ['page', 'asked'], target_list_revision: ['source'], target_list_page: ['page'], target_list_problem: ['text'], delivery_wiki: ['trouble_detail'], request_comment: ['text'], audit_reason: ['text'],
};

export async function privateValues({ pool }: Kernel): Promise<PrivateValue[]> {
  const columns = [...Object.values(nounTables).map((noun) => [noun.table, noun.private] as const), ...Object.entries(beside)];
  const found: PrivateValue[] = [];
  for (const [table, names] of columns)
    for (const column of names.map(snake)) {
      const { rows } = await pool.query<{ value: unknown }>(`select distinct on (${column}::text) ${column} as value from "${table}" where ${column} is not null`);
      for (const { value } of rows)
        for (const form of Buffer.isBuffer(value) ? [value.toString('hex'), value.toString('base64')] : textsIn(value)) if (form) found.push({ where: `${table}.${column}`, value: form });
    }
  return found;
}

/** Which private values stand in which histories, as they are or as JSON writes them. */
export function leaks(histories: History[], values: PrivateValue[]): string[] {
  const found: string[] = [];
  for (const { workflowId, text } of histories)
    for (const { where, value } of values)
      if (text.includes(value) || text.includes(JSON.stringify(value).slice(1, -1))) found.push(`${where} in ${workflowId}: ${value}`);
  return found;
}

/** Every string, and every run of bytes as text, anywhere in it. */
function textsOf(thing: unknown, into: string[] = []): string[] {
  if (typeof thing === 'string') into.push(thing);
  else if (thing instanceof Uint8Array) into.push(Buffer.from(thing).toString());
  else if (Array.isArray(thing)) for (const part of thing) textsOf(part, into);
  else if (typeof thing === 'object' && thing !== null) for (const [key, part] of Object.entries(thing)) textsOf(part, into).push(key);
  return into;
}

/** Of a text, a list of texts, or what is written as JSON. */
const textsIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []);
