/**
 * Writes what can be read off the house itself: docs/map.md, docs/permissions.md, docs/states/<noun>.md and
 * db/schema.sql. Run by `npm run docs`; a test fails while a committed file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Warning } from '../db/queries/preview';
import { allPermissions, type Permissions } from '../db/permissions';
import { nouns } from '../policies';
import helpAr from '../web/i18n/help/ar.json';
import helpEn from '../web/i18n/help/en.json';
import sharedAr from '../web/i18n/shared/ar.json';
import sharedEn from '../web/i18n/shared/en.json';
import { freshSchema } from './schema';
import { addressOf, kebab, places, root, type NounPlaces, type Transition } from './walk';

const NOTE = '<!-- Written by `npm run docs` from the code; a test fails while it differs. -->';

/** Path from the root → text. */
export function documents(): Map<string, string> {
  const all = places();
  return new Map([
    ['docs/map.md', mapDocument(all)],
    ['docs/permissions.md', permissionsDocument()],
    ...helpFolders.flatMap(([language, folder]) => [helpWith(`${folder}/outcomes.md`, outcomesTable(language)), helpWith(`${folder}/warnings.md`, warningsTable(language))]),
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

type HelpLanguage = 'en' | 'ar';
const helpFolders: [HelpLanguage, string][] = [['en', 'docs/using'], ['ar', 'docs/using/ar']];

/** A page of the help, with the table that would rot if it were written by hand. */
const helpWith = (path: string, rows: string): [path: string, content: string] =>
  [path, readFileSync(join(root, path), 'utf8').replace(/(<!-- table: .*-->\n)[\s\S]*?(<!-- end -->)/, (_, open: string, close: string) => `${open}\n${rows}\n\n${close}`)];

/** The words of a language's tables. That each warning has some is checked by their type. */
const wordsOf: Record<HelpLanguage, { codes: object; own: Record<`warning.${Warning['code']}.${'means' | 'act'}` | `help.table.${'code' | 'means' | 'act'}`, string> }> = {
  en: { codes: sharedEn, own: helpEn },
  ar: { codes: sharedAr, own: helpAr },
};

function outcomesTable(language: HelpLanguage): string {
  const { codes, own } = wordsOf[language];
  const rows = Object.entries(sharedEn).filter(([key]) => key.startsWith('code.') && key !== 'code.none').map(([key]) => row(`\`${key.slice('code.'.length)}\``, codes[key as never]));
  return table([own['help.table.code'], own['help.table.means']], rows);
}

function warningsTable(language: HelpLanguage): string {
  const { own } = wordsOf[language];
  const codes = Object.keys(helpEn).flatMap((key) => /^warning\.(.+)\.means$/.exec(key)?.[1] ?? []) as Warning['code'][];
  return table([own['help.table.code'], own['help.table.means'], own['help.table.act']], codes.map((code) => row(`\`${code}\``, own[`warning.${code}.means`], own[`warning.${code}.act`])));
}

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
