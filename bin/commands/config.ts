/** `reeve config`: every key with its meaning and value; `reeve config check` fails when one is wrong. */
import { Command } from 'commander';
import { describeKeys, type KeyReport } from '../../config';
import { PlainFault } from '../fault';
import { bold, print, red } from '../output';
import { runConfig } from '../run-file';

const check = new Command('check')
  .description('Say which keys are missing or wrong, all at once; exit 1 when there are any.')
  .option('--json', 'print data only')
  .action(({ json }: { json?: boolean }) => {
    const faults = describeKeys(runConfig()).flatMap(({ key, fault }) => (fault ? [{ key, fault }] : []));
    print({ faults }, json, () => (faults.length ? '' : 'Every key is right.'));
    if (faults.length) throw new PlainFault(`${faults.length} key${faults.length === 1 ? ' is' : 's are'} wrong:\n${faults.map(({ fault }) => `  ${fault}`).join('\n')}`);
  });

export const command = new Command('config')
  .description('Print every key of the configuration with its meaning and value. Secrets are masked; NAME_FILE may hold the path of a secret.')
  .option('--json', 'print data only')
  .action(({ json }: { json?: boolean }) => {
    const items = describeKeys(runConfig());
    print({ items }, json, () => items.map(paragraph).join('\n'));
  })
  .addCommand(check);

const paragraph = ({ key, meaning, value, from, fault }: KeyReport): string =>
  `${bold(key)} = ${fault ? red('(missing or wrong)') : (value ?? '(none)')}  [${from}]\n    ${fault ?? meaning}`;
