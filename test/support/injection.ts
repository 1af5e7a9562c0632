/**
 * Strings that try to end a header, a log line or a cell, put into every field of a mail, of a log line and of a CSV, and
 * what came out read back by other means than those that wrote it. Used by test/gateways/injection.test.ts and
 * bench/chaos/r18-injection.ts.
 */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { noticeMail, type MailTold } from '../../activities/mail-text';
import { csvLine } from '../../api/csv';
import { logs } from '../../api/middleware/logs';
import { createLogger } from '../../bin/logger';
import { compose, MailError, type OutgoingMail } from '../../gateways/mail';

const tricks = ['\r\n', '\n', '\r', '\0', '\u2028', '\u2029', '\u0085', '\u000b', '\u001b[2K', '\u202e', '\u2066', '\u200b', '\ufeff', '\ud800', '\r\n\r\n', '\r\n.\r\n', '\n.\n', '\r\nBcc: everybody@example.org', '\r\nDATA\r\n', '%0d%0a', '\\r\\n', '嘊嘍',
  '=?utf-8?q?a=0d=0aBcc:_x=40example.org?=', '=?UTF-8?B?DQpCY2M6IHhAZXhhbXBsZS5vcmc=?=', '=?', '?=', 'a@example.org, b@example.org', '<b@example.org>', 'a@example.org>,<b@example.org', '@', ' ', '\t', ',', ';', ':', '"', "'", '\\', '(', ')', '<', '>',
  '{"level":"error"}', '"},{"', '=1+1', '=cmd|\'/C calc\'!A0', '+1', '-1', '@SUM(A1)', '＝1', '\t=1', '"=1"', ',=1', ';=1', '-- ', 'From ', '--==boundary', 'Content-Type: text/html', '$1', 'ü', 'العربية', '🎉', 'x'.repeat(100), 'x'.repeat(1_100), 'word '.repeat(250), 'ü'.repeat(600), 'Subject', 'Bcc', 'example.org'];
export const hostileText: fc.Arbitrary<string> = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...tricks) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) }), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));

const mail: OutgoingMail = { to: 'reader@example.org', subject: 'Delivery 7 is finished', text: 'One.\n', messageId: '<notice.1@example.org>', headers: { 'X-A': 'a' } };
const told: MailTold = { id: 1, name: 'Reader', language: 'en', timeZone: 'UTC', noun: 'delivery', entity: 7, code: 'delivery.finish', atMs: 0, createdAtMs: 0 } as MailTold;
const NAMES = ['content-transfer-encoding', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'];

/** field → a mail with the text in it */
const mailFields: Record<string, (text: string) => OutgoingMail> = {
  'address': (text) => ({ ...mail, to: text }),
  'local part': (text) => ({ ...mail, to: `${text}@example.org` }),
  'domain': (text) => ({ ...mail, to: `a@${text}` }),
  'subject': (text) => ({ ...mail, subject: text }),
  'header': (text) => ({ ...mail, headers: { 'X-A': text } }),
  'name of a header': (text) => ({ ...mail, headers: { [text]: 'a' } }),
  'message id': (text) => ({ ...mail, messageId: `<${text}>` }),
  'body': (text) => ({ ...mail, text }),
  'name of a reader': (text) => noticeMail(mail.to, { ...told, name: text }, 'https://reeve.example.org'),
  'language of a reader': (text) => noticeMail(mail.to, { ...told, language: text }, 'https://reeve.example.org'),
  'zone of a reader': (text) => noticeMail(mail.to, { ...told, timeZone: text }, 'https://reeve.example.org'),
};

export interface Tally { put: number; refused: number; faults: string[] }
export const newTally = (): Tally => ({ put: 0, refused: 0, faults: [] });

/** Puts the text everywhere, and counts what came out as something else than one field. */
export async function inject(text: string, tally: Tally): Promise<void> {
  const fault = (where: string, what: string): void => void tally.faults.push(`${where}: ${what}: ${JSON.stringify(text)}`);
  for (const [field, made] of Object.entries(mailFields)) {
    tally.put++;
    const what = made(text);
    const raw = await compose('reeve@example.org', what).catch((error: unknown) => {
      if (!(error instanceof MailError)) fault(field, String(error));
    });
    if (raw) (await mailFaults(what, raw)).forEach((one) => fault(field, one));
    else tally.refused++;
  }
  for (const one of logFaults(text)) fault('log', one);
  for (const one of csvFaults(text)) fault('csv', one);
  tally.put += 2;
}

async function mailFaults(what: OutgoingMail, raw: Buffer): Promise<string[]> {
  const bytes = raw.toString('latin1');
  const [head = ''] = bytes.split('\r\n\r\n', 1);
  const isUtf8 = /[^\x00-\x7f]/.test(what.to); // the one field that may go out so
  const body = bytes.replace(/^To: .*\r\n/m, isUtf8 ? '' : '$&');
  const names = head.split('\r\n').filter((line) => !/^[ \t]/.test(line)).map((line) => /^([!-9;-~]+):/.exec(line)?.[1]?.toLowerCase() ?? `no header: ${line}`).sort();
  const parsed = await simpleParser(raw, { skipTextToHtml: true, skipTextLinks: true });
  const isSaid = (name: string): boolean => (name === 'subject' ? /[^\s]/.test(what.subject.replace(/\ufeff/g, 'x')) : name !== 'content-transfer-encoding' || what.text !== '');
  const wanted = [...NAMES.filter(isSaid), ...Object.keys(what.headers).filter((name) => /\S/.test(what.headers[name]!.replace(/\ufeff/g, 'x'))).map((name) => name.toLowerCase())].sort();
  const to = [parsed.to ?? []].flat().flatMap(({ value }) => value);
  const flat = (text: unknown): string => String(text).replace(/\s+/g, ' ').trim();
  const lines = (text: string): string => text.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '\ufffd').replace(/\s+$/, '');
  return [
    ...(/(?<!\r)\n|\r(?!\n)|\0|[^\x00-\x7f]/.test(body) ? ['a bare CR, LF, NUL or byte beyond ASCII'] : []),
    ...(bytes.split('\r\n').some((line) => line.length > 998) ? ['a line that is too long'] : []),
    ...(String(names) === String(wanted) ? [] : [`headers ${names.join()}`]),
    ...(to.length === 1 && !parsed.cc && !parsed.bcc ? [] : [`${to.length} readers`]),
    ...(flat(parsed.subject ?? '') === flat(what.subject) ? [] : [`subject ${parsed.subject}`]),
    ...(parsed.attachments.length || parsed.html ? ['parts'] : []),
    ...(lines(parsed.text ?? '') === lines(Buffer.from(what.text).toString()) ? [] : [`text ${JSON.stringify(parsed.text)}`]),
  ];
}

function logFaults(text: string): string[] {
  const written: string[] = [];
  const logger = createLogger('info', 'api', { write: (line) => void written.push(line) });
  const res = Object.assign(new EventEmitter(), { statusCode: 200 });
  const req = { originalUrl: `/${text}`, method: 'GET', id: text, asking: { actor: { kind: 'visitor', userId: null, grants: [] }, person: null, requestId: text } };
  logs(logger)(req as never, res as never, () => {});
  res.emit('close');
  logger.warn({ code: text, [text]: text, error: Object.assign(new Error(text), { name: text, stack: `Error: ${text}\n    at somewhere` }) }, text);
  const well = Buffer.from(text).toString();
  const read = written.map((line) => (/^[^\r\n]*\n$/.test(line) ? (JSON.parse(line) as Record<string, unknown>) : undefined));
  return read.length === 2 && read[0]?.requestId === text && read[1]?.code === text && read.every((line) => line?.part === 'api' || text === 'part') ? [] : [`${written.length} lines, ${JSON.stringify(read)}${well === text ? '' : ' (not well formed)'}`];
}

function csvFaults(text: string): string[] {
  const rows = readCsv(csvLine(['before', text, 7, text, null]) + csvLine(['next']));
  const [cells] = rows;
  const isKept = (cell: string | undefined): boolean => cell === text || cell === `'${text}`;
  return [
    ...(rows.length === 2 && cells?.length === 5 && isKept(cells[1]) && isKept(cells[3]) && cells[2] === '7' ? [] : [`rows ${JSON.stringify(rows)}`]),
    ...(cells?.some((cell) => /^[\s\0]*[=+@＝＋－＠-]/.test(cell)) ? ['a formula'] : []),
  ];
}

/** RFC 4180, by hand. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++;
        cell += text[at];
      }
      at++;
    } else while (at < text.length && !/[,\r\n]/.test(text[at]!)) cell += text[at++];
    rows.at(-1)!.push(cell);
    if (text[at] === ',') at++;
    else {
      at += text.startsWith('\r\n', at) ? 2 : 1;
      if (at < text.length) rows.push([]);
    }
  }
  return rows;
}
