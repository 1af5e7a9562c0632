/** `reeve mails`: what went out by mail and what did not, and a person's word about what is in doubt. Straight in the database. */
import { Command, Option } from 'commander';
import { listMails, settleByHand } from '../../db/queries/mails';
import { PlainFault, UsageError } from '../fault';
import { withKernel } from '../house';
import { print, say, table } from '../output';

type Outcome = 'pending' | 'attempting' | 'sent' | 'failed' | 'unknown' | 'cancelled';

const list = new Command('list')
  .description('Mails by outcome, newest first: ids and codes, no addresses.')
  .addOption(new Option('--outcome <outcomes...>', 'which').choices(['pending', 'attempting', 'sent', 'failed', 'unknown', 'cancelled']).default(['failed', 'unknown']))
  .option('--json', 'print data only')
  .action(async ({ outcome, json }: { outcome: Outcome[]; json?: boolean }) => {
    const items = await withKernel((kernel) => listMails(kernel.pool, outcome));
    print({ items }, json, () => table(['id', 'outcome', 'code', 'tries', 'user', 'tells', 'of'], items.map((mail) => [mail.id, mail.outcome, mail.code ?? '', mail.attempts, mail.userId, mail.notice, mail.entity])));
  });

const settle = new Command('settle')
  .description('Say what became of mails that failed or are in doubt; pending sends them again.')
  .argument('<ids...>', 'as `reeve mails list` shows them')
  .addOption(new Option('--as <outcome>', 'what became of them').choices(['sent', 'failed', 'pending']).makeOptionMandatory())
  .action(async (ids: string[], { as }: { as: 'sent' | 'failed' | 'pending' }) => {
    const wrong = ids.find((id) => !/^[1-9]\d{0,8}$/.test(id));
    if (wrong !== undefined) throw new UsageError(`${wrong} is no mail's id.`);
    const left = await withKernel(async (kernel) => {
      const done = await Promise.all(ids.map((id) => settleByHand(kernel.pool, Number(id), as)));
      return ids.filter((_, i) => !done[i]);
    });
    say(`${ids.length - left.length} settled as ${as}.`);
    if (left.length) throw new PlainFault(`Neither failed nor in doubt: ${left.join(', ')}.`);
  });

export const command = new Command('mails').description('What went out by mail, and what did not.').addCommand(list).addCommand(settle);
