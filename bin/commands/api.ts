/** `reeve api`: the HTTP process. */
import { Command } from 'commander';
import { runApi } from '../api';

export const command = new Command('api')
  .description('Serve the API and the web pages until a signal comes. Needs environment variables only: see `reeve config`.')
  .action(() => runApi());
