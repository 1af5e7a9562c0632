/** `reeve worker`: workflows, activities, dispatcher, sealer and reconciler in one process. */
import { Command } from 'commander';
import { runWorker } from '../worker';

export const command = new Command('worker')
  .description('Run workflows, activities and the dispatcher until a signal comes. Needs environment variables only: see `reeve config`.')
  .action(() => runWorker());
