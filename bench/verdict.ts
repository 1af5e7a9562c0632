/** What every measurement ends with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';

const page = join(__dirname, '../docs/measurements.md');

/** Prints the figure and ends the process accordingly; of a whole run (no arguments) also writes it into docs/measurements.md. */
export function verdict(name: string, figure: string, reached: boolean): void {
  console.log(`${reached ? 'reached' : 'SHORT  '} ${name}: ${figure}`);
  if (!reached) process.exitCode = 1;
  if (process.argv.length === 2) note(name, figure, reached);
}

const HEAD = '## Figures\nEach written by its command, as it came out last.\n\n| what | figure | | command | when and where |\n|---|---|---|---|---|\n';

function note(name: string, figure: string, reached: boolean): void {
  const file = basename(process.argv[1]!, '.ts');
  const command = `npm run ${basename(dirname(process.argv[1]!))} -- ${file.split('-')[0]}`;
  const where = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.versions.node}`;
  const row = `| ${name} | ${figure.replaceAll('|', '\\|')} | ${reached ? 'reached' : '**short**'} | \`${command}\` | ${where} |\n`;
  let text = readFileSync(page, 'utf8');
  if (!text.includes(HEAD)) text = text.replace(/^# .*\n+/, (title) => `${title}${HEAD}\n`);
  const rows = text.split('\n');
  const at = rows.findIndex((line) => line.startsWith(`| ${name} | `));
  if (at >= 0) rows.splice(at, 1);
  text = rows.join('\n');
  const end = text.indexOf(HEAD) + HEAD.length;
  const table = /^(?:\|.*\n)*/.exec(text.slice(end))![0];
  const sorted = [...table.split('\n').filter(Boolean), row.trimEnd()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  writeFileSync(page, `${text.slice(0, end)}${sorted.join('\n')}\n${text.slice(end + table.length)}`);
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A seeded generator, so that a run can be had again: REEVE_SEED. */
export function randomness(): { seed: number; next(): number } {
  const seed = Number(process.env.REEVE_SEED ?? Date.now() % 100_000);
  let state = seed >>> 0;
  return {
    seed,
    next() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}
