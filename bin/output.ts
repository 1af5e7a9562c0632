/** How commands speak: data on stdout, talk on stderr, so that a pipe gets data only. Colours and bars on a terminal only. */
import Table from 'cli-table3';
import { cliEnvironment } from '../config';

/** Data: as one JSON document, or as text made by `render`. */
export function print(data: unknown, json: boolean | undefined, render: () => string): void {
  const text = json ? JSON.stringify(data, null, 2) : render();
  if (text) process.stdout.write(`${text}\n`);
}

/** Talk: what happens, for the person at the terminal. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export const onTerminal = (stream: NodeJS.WriteStream = process.stdout): boolean => Boolean(stream.isTTY);

const coloured = (stream: NodeJS.WriteStream): boolean => onTerminal(stream) && !cliEnvironment().noColor;
export const bold = (text: string, stream = process.stdout): string => (coloured(stream) ? `\u001b[1m${text}\u001b[22m` : text);
export const red = (text: string, stream = process.stdout): string => (coloured(stream) ? `\u001b[31m${text}\u001b[39m` : text);

/** Columns under headings; no frame, so that it can be cut and searched. */
export function table(head: string[], rows: (string | number | null | undefined)[][], empty = 'Nothing.'): string {
  if (!rows.length) return empty;
  const out = new Table({
    head: head.map((title) => bold(title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(frame.map((name) => [name, ''])),
  });
  out.push(...rows.map((row) => row.map((cell) => String(cell ?? '–'))));
  return out.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

/** A thing's fields, one a line. */
export const facts = (pairs: [string, string | number | null | undefined][]): string => {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${bold(name.padEnd(width))}  ${value ?? '–'}`).join('\n');
};

const frame = [
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle',
] as const;
