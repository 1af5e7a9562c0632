/**
 * `reeve`: every process and every tool of this house by one name. Wiring only. A command's file is loaded when it is
 * asked for, so that `reeve worker` does not wait for what only `reeve deliver` needs.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { exitCodeOf, explain } from './fault';

interface Entry {
  summary: string;
  load: () => { command: Command };
}

const processes: Record<string, Entry> = {
  api: { summary: 'Serve the API and the web pages.', load: () => require('./commands/api') },
  worker: { summary: 'Run workflows, activities and the dispatcher.', load: () => require('./commands/worker') },
  migrate: { summary: 'Bring the database to the present schema.', load: () => require('./commands/migrate') },
  'sandbox-wiki': { summary: 'Serve a small wiki to try things on.', load: () => require('./commands/sandbox-wiki') },
  inbox: { summary: 'Take mails to anybody, and show them.', load: () => require('./commands/inbox') },
};
const house: Record<string, Entry> = {
  seed: { summary: 'Fill an empty database with the demo community.', load: () => require('./commands/seed') },
  users: { summary: 'Make accounts.', load: () => require('./commands/users') },
  keys: { summary: 'Make, list and revoke API keys.', load: () => require('./commands/keys') },
  config: { summary: 'Print every key of the configuration with its meaning.', load: () => require('./commands/config') },
  doctor: { summary: 'Say which parts can be reached.', load: () => require('./commands/doctor') },
  restart: { summary: 'End a part of what runs here; its supervisor brings it back.', load: () => require('./commands/restart') },
  deploy: { summary: 'Builds of the workflows: which there are, and which gets the work.', load: () => require('./commands/deploy') },
  mails: { summary: 'What went out by mail; settle what is in doubt.', load: () => require('./commands/mails') },
  audit: { summary: 'Verify the audit log.', load: () => require('./commands/audit') },
};
const throughApi: Record<string, Entry> = {
  deliver: { summary: 'Send one message to every page that a file lists.', load: () => require('./commands/deliver') },
  deliveries: { summary: 'What is sent and what waits; approve, pause, resume, cancel.', load: () => require('./commands/deliveries') },
  wikis: { summary: 'The wikis that messages go to.', load: () => require('./commands/wikis') },
  events: { summary: 'What organizers invite to.', load: () => require('./commands/events') },
  requests: { summary: 'Who asks for an account; answer them.', load: () => require('./commands/requests') },
  queues: { summary: 'Where account requests wait.', load: () => require('./commands/queues') },
  forms: { summary: 'How the public form for accounts reads.', load: () => require('./commands/forms') },
  bans: { summary: 'Who is kept out of the account desk.', load: () => require('./commands/bans') },
  comments: { summary: 'Comments that hold an address; decide about them.', load: () => require('./commands/comments') },
  templates: { summary: 'What requesters are answered with.', load: () => require('./commands/templates') },
  audits: { summary: 'Compare what wikis log with what Reeve recorded.', load: () => require('./commands/audits') },
  privacy: { summary: 'What is held of one person: export it, erase it.', load: () => require('./commands/privacy') },
  memberships: { summary: 'Who holds which role.', load: () => require('./commands/memberships') },
  ops: { summary: 'What waits for an operator: retry, skip, abort.', load: () => require('./commands/ops') },
  log: { summary: 'Read the audit log.', load: () => require('./commands/log') },
};

const groups: [string, Record<string, Entry>][] = [
  ['Processes:', processes],
  ['The house, with the database at hand:', house],
  ['Through the API:', throughApi],
];

/** @returns the exit code: 0 done, 1 failed, 2 used wrongly. */
export async function main(argv: string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) if (!stream.listeners('error').includes(unheard)) stream.on('error', unheard);
  try {
    await run(argv);
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
    return exitCodeOf(error);
  }
}

/** Whoever read it has gone, as `head` does when it has enough: what is being done goes on. */
function unheard(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

async function run(argv: string[]): Promise<void> {
  const asked = argv[0] === 'help' ? argv[1] : argv[0];
  const program = new Command('reeve')
    .description('Runs an online community\'s long processes: nothing done twice, nothing lost, nothing hidden.')
    .version(version, '--version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .showHelpAfterError('Try `reeve --help`.')
    .addHelpText('after', `
Environment:
  REEVE_URL, REEVE_API_KEY   where the API is and who asks; else what REEVE_HOME's run.json names
  REEVE_HOME                 folder of everything that Reeve keeps (default .reeve)
  NO_COLOR                   no colours
  \`reeve config\` prints every other key with its meaning.

Exit codes: 0 done, 1 failed, 2 used wrongly.`);
  for (const [heading, entries] of groups) {
    program.commandsGroup(heading);
    for (const [name, { summary, load }] of Object.entries(entries)) {
      if (name === asked) program.addCommand(load().command);
      else program.command(name).description(summary);
    }
  }
  strict(program);
  await program.parseAsync(argv, { from: 'user' });
}

/** commander's exits become exceptions everywhere, so that one place decides the exit code; and an option belongs to the command that it follows. */
function strict(command: Command): void {
  command.exitOverride().enablePositionalOptions();
  command.commands.forEach(strict);
}
