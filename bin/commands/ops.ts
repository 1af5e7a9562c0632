/** `reeve ops`: what waits for an operator, and answering it, one or many, through the API; Temporal set right at hand. */
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { client } from '../client';
import { PlainFault, UsageError } from '../fault';
import { onTerminal, print, say, table } from '../output';
import { query, readWhole } from '../verbs';

interface Operation {
  id: number;
  workflowId: string;
  entity: string;
  wiki: string | null;
  code: string;
  attempts: number;
  counts: Record<string, number> | null;
  since: string;
}
interface Filter {
  code?: string;
  wiki?: string;
  kind?: string;
  entity?: string;
}
interface Answered {
  count: number;
  items: { id: number; workflowId: string; state?: string; problem?: { code: string; title: string } }[];
}

const NO_REASON = 'No reason given (reeve ops)';

const filtered = (command: Command): Command =>
  command
    .option('--code <code>', 'only what waits with this reason code')
    .option('--wiki <host>', 'only of this wiki')
    .option('--kind <type>', 'only of this workflow type, such as wikiDelivery')
    .option('--entity <thing>', 'only of this thing, such as delivery/12');

const list = filtered(new Command('list'))
  .description('What needs attention, oldest first.')
  .option('--json', 'print data only')
  .action(async ({ json, ...filter }: Filter & { json?: boolean }) => {
    const items: Operation[] = [];
    for await (const one of client().list<Operation>(`/operations${query({ attention: true, ...filter })}`)) items.push(one);
    print({ items }, json, () =>
      table(['workflow', 'code', 'tries', 'wiki', 'of', 'since'], items.map((one) => [one.workflowId, [one.code, ...Object.entries(one.counts ?? {}).map(([name, n]) => `${name} ${n}`)].join(', '), one.attempts, one.wiki, one.entity, one.since]), 'Nothing needs attention.'),
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
      const { code, wiki, kind, entity, all, reason = NO_REASON, yes, dryRun, json } = options;
      const filter = { code, wiki, kind, entity };
      const ways = [workflowId, Object.values(filter).some(Boolean), all].filter(Boolean).length;
      if (ways !== 1) throw new UsageError('Name one workflow, or filter by --code, --wiki, --kind or --entity, or take --all.');
      const api = client();
      const which = { ...(workflowId ? { workflowId } : { filter }), reason };
      const would = workflowId && !dryRun ? undefined : await api.post<Answered>(`/operations/${verb}?dryRun=true`, which);
      if (would) say(`${would.count} ${would.count === 1 ? 'step waits' : 'steps wait'}.`);
      if (dryRun || would?.count === 0) return print(would, json, () => would!.items.map((one) => one.workflowId).join('\n'));
      if (would && !yes) await ask(`${verb} ${would.count}?`);
      const done = await api.post<Answered>(`/operations/${verb}`, which);
      print(done, json, () => done.items.map((one) => `${one.workflowId}: ${one.problem?.title ?? one.state}`).join('\n'));
      const refused = done.items.filter((one) => one.problem).length;
      if (refused) throw new PlainFault(`${refused} of ${done.count} were not answered.`);
    });
}

const reconcile = new Command('reconcile')
  .description('Start what Temporal lacks and settle what waits in vain, now; the worker does it at start and hourly. Needs the database and Temporal.')
  .option('--json', 'print data only')
  .action(async ({ json }: { json?: boolean }) => {
    const done = await houseOps().reconcileNow();
    print(done, json, () => `${done.fired} timers fired, ${done.started} workflows started, ${done.settled} operations settled, ${done.shifted} events follow new rules of their zone.`);
  });

interface OutboxState {
  waiting: number;
  dead: number;
  lagMs: number;
  rows: { id: number; noun: string; entity: number; effect: string; code: string | null; refusals: number }[];
}

const outbox = new Command('outbox')
  .description('What has to reach Temporal still: how much, how old, and which rows are dead.')
  .option('--retry <id>', 'let a dead row be tried again', readWhole)
  .option('--drop <id>', 'give a dead row up: what it asked for never happens', readWhole)
  .option('--reason <text>', 'why, kept in the audit log')
  .option('--json', 'print data only')
  .action(async ({ retry, drop, reason = NO_REASON, json }: { retry?: number; drop?: number; reason?: string; json?: boolean }) => {
    if (retry !== undefined && drop !== undefined) throw new UsageError('Take --retry or --drop, not both.');
    const [verb, id] = retry !== undefined ? ['retry', retry] : ['drop', drop];
    const api = client();
    const { outbox: state } = await (id === undefined ? api.get<{ outbox: OutboxState }>('/operations/system') : api.post<{ outbox: OutboxState }>(`/outbox/${id}/${verb}`, { reason }));
    print(state, json, () =>
      [
        `${state.waiting} waiting${state.waiting ? `, the oldest for ${Math.round(state.lagMs / 1000)} s` : ''}; ${state.dead} dead.`,
        ...(state.rows.length ? [table(['id', 'of', 'effect', 'code', 'refusals'], state.rows.map((row) => [row.id, `${row.noun}/${row.entity}`, row.effect, row.code, row.refusals]))] : []),
      ].join('\n'),
    );
  });

export const command = new Command('ops')
  .description('What waits for an operator, and answering it.')
  .addCommand(list)
  .addCommand(act('retry', 'Try the step again.'))
  .addCommand(act('skip', 'Leave the step undone and go on, where that is sound.'))
  .addCommand(act('abort', 'Give up: what is left for that part is cancelled.'))
  .addCommand(reconcile)
  .addCommand(outbox);

/** Loaded by the one command that needs the database: the others go through the API. */
const houseOps = (): typeof import('../house-ops') => require('../house-ops');

async function ask(question: string): Promise<void> {
  if (!onTerminal(process.stderr)) throw new UsageError('Many at once are answered with --yes only.');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const said = await lines.question(`${question} [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(said.trim())) throw new PlainFault('Nothing was answered.');
}
