/** The words of the front end and of the public pages: every key in every language that is complete, each told to translators, none unused. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Banana from 'banana-i18n';
import { errorKinds } from '../../config/errors';
import { verbsOf } from '../../db/actions';
import { notes } from '../../db/note';
import { nounTables, type KernelNoun } from '../../db/nouns';
import { allPermissions } from '../../db/permissions';

const folder = join(__dirname, '../../web/i18n');
const parts = readdirSync(folder);
const read = (part: string, tag: string): Record<string, string> => {
  const { '@metadata': _, ...texts } = JSON.parse(readFileSync(join(folder, part, `${tag}.json`), 'utf8')) as Record<string, string>;
  return texts;
};
const english = (): Record<string, string> => Object.assign({}, ...parts.map((part) => read(part, 'en')));
const COMPLETE = ['ar'];
const holes = (text: string): string[] => [...new Set(text.match(/\$[1-9]/g))].sort();

function sources(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? (entry.name === 'dist' || entry.name === 'node_modules' || entry.name === 'i18n' ? [] : sources(join(path, entry.name))) : /\.(vue|ts)$/.test(entry.name) ? [readFileSync(join(path, entry.name), 'utf8')] : []));
}

it('help of every page leads to a page of the help', () => {
  const pages = readdirSync(join(__dirname, '../../docs/using')).map((file) => file.replace('.md', ''));
  const wanted = [...new Set(sources(join(__dirname, '../../web/src')).flatMap((text) => [...text.matchAll(/help: '([^']+)'/g)].map(([, page]) => page!)))];
  expect(wanted.filter((page) => !pages.includes(page))).toEqual([]);
  expect(wanted).toContain('sending');
});

describe('the words', () => {
  it('of the app and of the public pages stand in one part each', () => {
    const homes = new Map<string, string[]>();
    for (const part of parts.filter((one) => one !== 'mails')) for (const key of Object.keys(read(part, 'en'))) homes.set(key, [...(homes.get(key) ?? []), part]);
    expect([...homes].filter(([, { length }]) => length > 1)).toEqual([]);
  });

  it.each(parts)('of the part %s are told to translators and complete in each finished language', (part) => {
    const keys = Object.keys(read(part, 'en')).sort();
    for (const tag of ['qqq', ...COMPLETE]) expect({ tag, keys: Object.keys(read(part, tag)).sort() }).toEqual({ tag, keys });
  });

  it.each(COMPLETE)('take the same values in %s as in English', (tag) => {
    for (const part of parts) {
      const theirs = read(part, tag);
      // a plural may say "one" without the figure
      for (const [key, text] of Object.entries(read(part, 'en'))) expect({ key, holes: holes(theirs[key]!) }).toEqual({ key, holes: holes(text) });
    }
  });

  it.each(['en', ...COMPLETE])('can be read by the message format in %s', (tag) => {
    for (const part of parts) {
      const banana = new Banana(tag);
      banana.load(read(part, tag), tag);
      for (const key of Object.keys(read(part, tag))) {
        const said = banana.i18n(key, '1', '2', '3', '4');
        expect({ key, said }).toEqual({ key, said: expect.not.stringMatching(/\{\{|\}\}|\$[1-9]/) });
      }
    }
  });

  it('have each state and verb of each machine, and what the log notes besides', () => {
    const texts = english();
    const missing: string[] = [];
    for (const noun of Object.keys(nounTables) as KernelNoun[]) {
      const { machine } = nounTables[noun];
      if (!machine) continue;
      for (const state of Object.keys(machine.states)) if (!(`${noun}.state.${state}` in texts)) missing.push(`${noun}.state.${state}`);
      for (const verb of verbsOf(noun)) if (!(`${noun}.${verb}` in texts || `verb.${verb}` in texts)) missing.push(`verb.${verb}`);
    }
    for (const verb of notes) if (!(`verb.${verb}` in texts)) missing.push(`verb.${verb}`);
    expect(missing).toEqual([]);
  });

  it('have each right that the page of permissions tells, and whose things it is about', () => {
    const texts = english();
    const wanted = allPermissions().flatMap(({ noun, whose, verbs }) => [[`noun.${noun}`], [`permissions.whose.${whose.toLowerCase().replace(/[^a-z]+/g, '-')}`], ...verbs.map((verb) => [`${noun}.${verb}`, `verb.${verb}`])]);
    expect(wanted.filter((keys) => !keys.some((key) => key in texts)).map(([key]) => key)).toEqual([]);
  });

  it('have each error that Reeve knows, and none besides but that it cannot be reached', () => {
    const said = Object.keys(english()).filter((key) => key.startsWith('error.')).map((key) => key.slice(6));
    expect(said.sort()).toEqual([...Object.keys(errorKinds), 'offline'].sort());
  });

  it('are all used, whole or by a prefix', () => {
    const code = [...sources(join(__dirname, '../../web')), ...sources(join(__dirname, '../../api')), ...sources(join(__dirname, '../../activities')), ...sources(join(__dirname, '../../docs'))].join('\n');
    const prefixes = [...code.matchAll(/[`'"]([a-zA-Z-]+(?:\.[a-zA-Z-]+)*\.?)(?=\$\{|[`'"])/g)].map(([, prefix]) => prefix!);
    const known = new Set(prefixes);
    // words of codes, and of what a list or a form of some noun is made of
    const named = [...code.matchAll(/(?:codeWords|\.code)\('(\w+)'|[ :]noun[=:] ?['"](\w+)['"]/g)].map(([, prefix, noun]) => prefix ?? noun!);
    const generic = new Set([...Object.keys(nounTables), ...named, 'verb', 'error', 'field', 'fact', 'cdx']);
    const unused = Object.keys(english()).filter((key) => !known.has(key) && !generic.has(key.split(/[.-]/)[0]!) && ![...known].some((prefix) => prefix.endsWith('.') && key.startsWith(prefix)) && !code.includes(key));
    expect(unused).toEqual([]);
  });
});
