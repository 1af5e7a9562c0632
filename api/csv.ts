/** Answers as CSV, piece by piece at the speed of who reads. Used by routes of targets and of the log. */
import type { Response } from 'express';

export const csvLine = (values: (string | number | null)[]): string => `${values.map(csvField).join(',')}\r\n`;

/** @param pieces lines that are ready; a piece at a time is asked for. */
export async function sendCsv(res: Response, name: string, columns: string[], pieces: AsyncIterable<string>): Promise<void> {
  res.status(200).type('text/csv').setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
  res.write(csvLine(columns));
  for await (const text of pieces) {
    if (text && !res.write(text)) await drained(res);
    if (res.closed) break;
  }
  res.end();
}

/** Until the client has read on, or is gone; leaves no listener behind, however long the list. */
const drained = (res: Response): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
    if (res.closed) done();
  });

/** Spreadsheets run what begins like a formula, also behind blanks and in full width. */
function csvField(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return /[",;\t\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
const FORMULA = /^[\p{Z}\p{C}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;
