/**
 * Writes what can be read off the house itself: docs/map.md, docs/permissions.md, docs/states/<noun>.md and
 * db/schema.sql. Run by `npm run docs`; a test fails while a committed file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Warning } from '../db/queries/preview';
import { allPermissions, type Permissions } from '../db/permissions';
import { nouns } from '../policies';
import words from '../web/i18n/public/en.json';
import { freshSchema } from './schema';
import { addressOf, kebab, places, root, type NounPlaces, type Transition } from './walk';

const NOTE = '<!-- Written by `npm run docs` from the code; a test fails while it differs. -->';

/** Path from the root → text. */
export function documents(): Map<string, string> {
  const all = places();
  return new Map([
    ['docs/map.md', mapDocument(all)],
    ['docs/permissions.md', permissionsDocument()],
    ['docs/using/outcomes.md', helpWith('docs/using/outcomes.md', outcomesTable())],
    ['docs/using/warnings.md', helpWith('docs/using/warnings.md', warningsTable())],
    ...all.filter(({ machine }) => machine).map((noun): [string, string] => [`docs/states/${kebab(noun.noun)}.md`, statesDocument(noun)]),
  ]);
}

function mapDocument(all: NounPlaces[]): string {
  const link = (file: string | null): string => (file ? `[${file.replace(/^[^/]+\//, '')}](../${file})` : '–');
  const links = (files: string[]): string => files.map(link).join('<br>') || '–';
  const rows = all.map(({ noun, machine, policy, entity, route, workflows, tests }) =>
    row(`**${noun}**`, machine ? `${link(machine)} ([states](states/${kebab(noun)}.md))` : '–', link(policy), link(entity), link(route), links(workflows), links(tests)),
  );
  return text(
    '# Map',
    NOTE,
    'For every noun the files in which its parts stand. A noun without a machine knows `new`, `read` and `edit` only.',
    table(['noun', 'machine', 'policy', 'entity', 'route', 'workflows', 'tests by its name'], rows),
  );
}

function statesDocument(place: NounPlaces): string {
  const { noun, machine, states, transitions } = place;
  const label = ({ verb, guard, byClock }: Transition): string => `${byClock ? `after ${verb}` : verb}${guard ? ` [${guard}]` : ''}`;
  const arrows = transitions.map((one) => `  ${one.state} --> ${one.target ?? one.state}: ${label(one)}`);
  const ends = states.filter((state) => !transitions.some((one) => one.state === state && one.target)).map((state) => `  ${state} --> [*]`);
  const who = ({ verb, byClock }: Transition): string => {
    const address = addressOf(place, verb);
    return byClock ? 'the clock' : address ? `\`${address}\`` : 'Reeve itself';
  };
  const rows = transitions.map((one) => row(one.state, label(one), one.target ?? '(stays)', who(one), one.effects.join(', ') || '–'));
  return text(
    `# States of a ${noun}`,
    NOTE,
    `From [${machine}](../../${machine}). What is in brackets is a guard; an effect is a name: its rows are written in the same commit (db/effects/) or it goes out (dispatch/intents.ts).`,
    ['```mermaid', 'stateDiagram-v2', `  [*] --> ${states[0]}`, ...arrows, ...ends, '```'].join('\n'),
    table(['state', 'verb', 'then', 'sent by', 'effects'], rows),
  );
}

function permissionsDocument(): string {
  const all = allPermissions();
  return text(
    '# Permissions',
    NOTE,
    'Who may do what to which thing in which state: policy and machine together, so a verb that the state does not take is not here. ' +
      'A role is shown where it may more than a user without one; what nobody is shown for, nobody may. An API key has at most its owner’s rights, cut to its scopes.',
    ...nouns.flatMap((noun) => [`## ${noun}`, ...all.filter((one) => one.noun === noun).map(permissionsOf)]),
  );
}

function permissionsOf({ noun, whose, states, verbs, rights }: Permissions): string {
  if (!rights.length) return `${whose}: nobody.`;
  const cell = (may: true | string[] | undefined): string => (may === true ? 'yes' : (may?.join(', ') ?? '–'));
  return text(
    `### ${noun}: ${whose}`,
    table([states.length ? 'who \\ verb: in which state' : 'who \\ verb', ...verbs], rights.map(({ who, may }) => row(`**${who}**`, ...verbs.map((verb) => cell(may[verb]))))),
  ).trim();
}

/** A page of the help, with the table that would rot if it were written by hand. */
const helpWith = (path: string, rows: string): string =>
  readFileSync(join(root, path), 'utf8').replace(/(<!-- table: .*-->\n)[\s\S]*?(<!-- end -->)/, (_, open: string, close: string) => `${open}\n${rows}\n\n${close}`);

const outcomesTable = (): string =>
  table(['code', 'what it means'], Object.entries(words).flatMap(([key, meaning]) => (key.startsWith('code.') && key !== 'code.none' ? [row(`\`${key.slice('code.'.length)}\``, meaning)] : [])));

const warnings: Record<Warning['code'], [meaning: string, act: string]> = {
  'no-timestamp': ['The message is not signed with a date', 'End it with `~~~~`, or with `~~~~~` for the date alone: talk pages archive by dates'],
  'unclosed-tag': ['Something is opened and not closed, or closed twice', 'Close it: else what follows on the page changes with it'],
  'language-link': ['A link to another language would go into the margin of the page', 'Write a colon before it, such as `[[:de:Page]]`'],
  'missing-template': ['A wiki does not have a template that the message uses', 'Use another one, or write out what it says'],
  'lint-error': ['The linter of a wiki finds what it calls an error', 'Mend what it names: it may look different once the wiki\'s parser changes'],
  'translation-incomplete': ['A translation of the page lacks a section that is sent, and so is not used', 'Mark the section there, too, or accept that its readers get another language'],
  'not-rendered': ['A wiki could not be asked how the message looks', 'Try again later, or look at the preview of the others'],
};
const warningsTable = (): string => table(['code', 'what it means', 'what to do'], Object.entries(warnings).map(([code, parts]) => row(`\`${code}\``, ...parts)));

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;
const table = (heads: string[], rows: string[]): string => [row(...heads), row(...heads.map(() => '---')), ...rows].join('\n');
const text = (...blocks: string[]): string => `${blocks.join('\n\n')}\n`;

async function main(): Promise<void> {
  const all = documents();
  all.set('db/schema.sql', await freshSchema());
  for (const [path, content] of all) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  process.stdout.write(`${[...all.keys()].join('\n')}\n`);
}

if (require.main === module) void main();
