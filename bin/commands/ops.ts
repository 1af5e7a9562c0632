/** `reeve ops`: what waits for an operator, and answering it, one or many; through the API. */
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { client, type Client } from '../client';
import { PlainFault, UsageError } from '../fault';
import { onTerminal, print, say, table } from '../output';
import { query } from '../verbs';

interface Operation {
  id: number;
  workflowId: string;
  kind: string;
  entity: string;
  wiki: string | null;
  code: string;
  attempts: number;
  since?: string;
  createdAt?: string;
  skippable?: boolean;
}
interface Filter {
  code?: string;
  wiki?: string;
  kind?: string;
}

const filtered = (command: Command): Command =>
  command
    .option('--code <code>', 'only what waits with this reason code')
    .option('--wiki <host>', 'only of this wiki')
    .option('--kind <type>', 'only of this workflow type, such as wikiDelivery');

const list = filtered(new Command('list'))
  .description('What needs attention, oldest first.')
  .option('--json', 'print data only')
  .action(async ({ json, ...filter }: Filter & { json?: boolean }) => {
    const items = await waiting(client(), filter);
    print({ items }, json, () =>
      table(['workflow', 'code', 'tries', 'wiki', 'of', 'since'], items.map((one) => [one.workflowId, one.code, one.attempts, one.wiki, one.entity, one.since ?? one.createdAt]), 'Nothing needs attention.'),
    );
  });

function act(verb: 'retry' | 'skip' | 'abort', summary: string): Command {
  return filtered(new Command(verb))
    .description(summary)
    .argument('[workflowId]', 'one workflow; without it, all that the filters match')
    .option('--all', 'everything that waits')
    .option('--reason <text>', 'why, kept in the audit log')
    .option('--yes', 'do not ask before many')
    .option('--dry-run', 'say what would be answered, and answer nothing')
    .option('--json', 'print data only')
    .addHelpText('after', `\nExamples:\n  reeve ops ${verb} delivery/12/en.wikipedia.org --reason "The bot's password is new"\n  reeve ops ${verb} --code wiki.readonly --wiki en.wikipedia.org --yes`)
    .action(async (workflowId: string | undefined, options: Filter & { all?: boolean; reason?: string; yes?: boolean; dryRun?: boolean; json?: boolean }) => {
      const { code, wiki, kind, all, reason, yes, dryRun, json } = options;
      const some = code ?? wiki ?? kind;
      if ([workflowId, some, all].filter(Boolean).length !== 1) throw new UsageError('Name one workflow, or filter by --code, --wiki, --kind, or take --all.');
      const api = client();
      const ids = workflowId ? [workflowId] : [...new Set((await waiting(api, { code, wiki, kind })).map((one) => one.workflowId))];
      if (!workflowId) say(`${ids.length} ${ids.length === 1 ? 'workflow waits' : 'workflows wait'}.`);
      if (dryRun) return print({ items: ids }, json, () => ids.join('\n'));
      if (!workflowId && ids.length && !yes) await ask(`${verb} ${ids.length}?`);
      const results = await inFours(ids, (id) => answer(api, verb, id, reason));
      print({ items: results }, json, () => results.map((one) => `${one.workflowId}: ${one.error ?? one.state}`).join('\n'));
      if (results.some((one) => one.error)) throw new PlainFault(`${results.filter((one) => one.error).length} of ${ids.length} were not answered.`);
    });
}

const reconcile = new Command('reconcile')
  .description('Start what Temporal lacks: timers and workflows that the database knows of.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const done = await client().post('/operations/reconcile');
    print(done, json, () => Object.entries(done ?? {}).map(([name, value]) => `${name}: ${String(value)}`).join('\n') || 'Asked.');
  });

const outbox = new Command('outbox')
  .description('What has to reach Temporal still: how much, how old, and which rows are dead.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const state = await client().get('/operations/outbox');
    print(state, json, () => Object.entries(state).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join('\n'));
  });

export const command = new Command('ops')
  .description('What waits for an operator, and answering it.')
  .addCommand(list)
  .addCommand(act('retry', 'Try the step again.'))
  .addCommand(act('skip', 'Leave the step undone and go on, where that is sound.'))
  .addCommand(act('abort', 'Give up: what is left for that part is cancelled.'))
  .addCommand(reconcile)
  .addCommand(outbox);

async function waiting(api: Client, { code, wiki, kind }: Filter): Promise<Operation[]> {
  const items: Operation[] = [];
  for await (const one of api.list<Operation>(`/operations${query({ attention: true, code, wiki, kind })}`))
    if ((!code || one.code === code) && (!wiki || one.wiki === wiki) && (!kind || one.kind === kind)) items.push(one);
  return items;
}

async function answer(api: Client, verb: string, workflowId: string, reason?: string): Promise<{ workflowId: string; state?: string; error?: string }> {
  try {
    const { state } = await api.post<{ state: string }>(`/operations/${encodeURIComponent(workflowId)}/${verb}`, reason ? { reason } : {});
    return { workflowId, state };
  } catch (error) {
    return { workflowId, error: (error as Error).message };
  }
}

async function inFours<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return results;
}

async function ask(question: string): Promise<void> {
  if (!onTerminal(process.stderr)) throw new UsageError('Many at once are answered with --yes only.');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const said = await lines.question(`${question} [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(said.trim())) throw new PlainFault('Nothing was answered.');
}
