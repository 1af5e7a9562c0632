/** `reeve audits`: what happened outside of Reeve, through the API. */
import { Command, InvalidArgumentError } from 'commander';
import { client } from '../client';
import { PlainFault } from '../fault';
import { print, say, table } from '../output';
import { query } from '../verbs';

interface Finding {
  kind: string;
  wiki: string;
  at: string;
  account: string | null;
  by: string | null;
  logId: number | null;
  request: number | null;
  code: string | null;
}
interface Page {
  from: string;
  to: string;
  items: Finding[];
  compared: { wiki: string; creators: string[]; from: string; to: string; logged: number; recorded: number }[];
  next?: string;
}

const instant = (text: string): string => {
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('It must be an instant such as 2027-01-31T09:00:00Z, or a day such as 2027-01-31.');
  return new Date(atMs).toISOString();
};

const accountCreations = new Command('account-creations')
  .description('Accounts that the wikis\' logs of new users and Reeve\'s own record do not agree on: made outside of Reeve, or recorded and not to be seen.')
  .option('--from <instant>', 'beginning of the period, at most 93 days (default 30 days before its end)', instant)
  .option('--to <instant>', 'end of the period (default now)', instant)
  .option('--wiki <host>', 'one wiki only')
  .option('--json', 'print data only')
  .addHelpText('after', '\nWhere a wiki does not give its log it ends with exit code 1: nothing is called clean that was not compared.\n\nExample:\n  reeve audits account-creations --from 2027-01-01 --to 2027-02-01')
  .action(async ({ json, ...period }: { from?: string; to?: string; wiki?: string; json?: boolean }) => {
    const api = client();
    const [items, compared]: [Finding[], Page['compared']] = [[], []];
    let page: Page | undefined;
    do {
      page = await api.get<Page>(`/audits/account-creations${query({ ...period, limit: 1_000, cursor: page?.next })}`);
      items.push(...page.items);
      compared.push(...page.compared);
    } while (page.next);
    const { from, to } = page;
    print({ from, to, items, compared }, json, () =>
      table(['kind', 'wiki', 'account', 'by', 'at', 'log id', 'request', 'code'], items.map((one) => [one.kind, one.wiki, one.account, one.by, one.at, one.logId, one.request, one.code]), ''));
    const unread = items.filter(({ kind }) => kind === 'unread');
    if (unread.length) throw new PlainFault(`Not compared, because no log was given: ${unread.map(({ wiki }) => wiki).join(', ')}.`);
    if (json) return;
    const wikis = new Set(compared.map(({ wiki }) => wiki)).size;
    const [logged, recorded] = (['logged', 'recorded'] as const).map((name) => compared.reduce((all, one) => all + one[name], 0));
    say(`${from} to ${to}: ${wikis} ${wikis === 1 ? 'wiki' : 'wikis'}, ${logged} in their logs, ${recorded} recorded by Reeve, ${items.length || 'no'} ${items.length === 1 ? 'difference' : 'differences'}.`);
  });

export const command = new Command('audits').description('What happened outside of Reeve.').addCommand(accountCreations);
