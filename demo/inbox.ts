/**
 * The inbox: a mail server that takes every mail to whomever, delivers none, and shows them: a page, and as JSON under
 * `GET /messages` (`?to=` an address, `/messages/<id>` one with its source). Started by `reeve inbox`, by `npm start` and
 * by tests; loopback only. A mail that was answered for is in the file, also after kill -9. Not a place to keep mail in.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface InboxOptions {
  /** Of the page; 0, the default, takes a free one. */
  port?: number;
  smtpPort?: number;
  dataFile?: string;
}
export interface Inbox {
  url: string;
  smtp: string;
  close(): Promise<void>;
}
export interface Message {
  id: number;
  at: string;
  /** The envelope's: what the mail itself says stands in `headers`. */
  from: string;
  to: string[];
  subject: string;
  text: string;
  headers: Record<string, string>;
}
interface Kept extends Message {
  raw: string;
}

/** Older ones go. */
const MOST = 1_000;
const LARGEST = 10 * 1024 * 1024;

export async function startInbox({ port = 0, smtpPort = 0, dataFile }: InboxOptions = {}): Promise<Inbox> {
  const kept = readKept(dataFile);
  let last = kept.at(-1)?.id ?? 0;
  const mails = new SMTPServer({
    banner: 'Reeve inbox', authOptional: true, allowInsecureAuth: true, disabledCommands: ['STARTTLS'], disableReverseLookup: true, size: LARGEST, logger: false, closeTimeout: 500,
    onAuth: ({ username }, _session, done) => done(null, { user: username ?? 'anybody' }),
    onData(stream, { envelope }, done) {
      const take = async (): Promise<void> => {
        const source = await buffer(stream);
        if (stream.sizeExceeded) throw Object.assign(new Error('Too large'), { responseCode: 552 });
        const read = await reading(source);
        const mail = { id: ++last, at: new Date().toISOString(), from: envelope.mailFrom ? envelope.mailFrom.address : '', to: envelope.rcptTo.map(({ address }) => address), ...read, raw: source.toString('latin1') };
        if (dataFile) appendFileSync(dataFile, `${JSON.stringify(mail)}\n`, { mode: 0o600 });
        kept.push(mail);
        if (kept.length > MOST) kept.shift();
      };
      take().then(() => done(), done);
    },
  });
  mails.on('error', () => {}); // a caller that hangs up
  const pages = createServer((request, response) => answer(kept, new URL(request.url ?? '/', 'http://inbox'), request.method ?? 'GET', response));
  const [page, smtp] = await Promise.all([listening(pages, port), listening(mails.server, smtpPort)]);
  return {
    url: `http://127.0.0.1:${page}`,
    smtp: `smtp://127.0.0.1:${smtp}`,
    async close() {
      pages.closeAllConnections();
      await Promise.all([new Promise((done) => pages.close(done)), new Promise<void>((done) => mails.close(done))]);
    },
  };
}

function listening(server: import('node:net').Server, port: number): Promise<number> {
  return new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port)));
}

async function reading(source: Buffer): Promise<Pick<Message, 'subject' | 'text' | 'headers'>> {
  try {
    const { subject = '', text = '', headerLines } = await simpleParser(source, { skipImageLinks: true, skipTextToHtml: true });
    return { subject, text, headers: Object.fromEntries(headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).replace(/\r?\n\s*/g, ' ').trim()])) };
  } catch {
    return { subject: '(cannot be read)', text: source.toString('latin1'), headers: {} };
  }
}

function answer(kept: Kept[], { pathname, searchParams }: URL, method: string, response: ServerResponse): void {
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
    response.end(method === 'HEAD' ? undefined : text);
  };
  const [, one] = /^\/messages\/(\d+)$/.exec(pathname) ?? [];
  const to = searchParams.get('to')?.toLowerCase();
  const found = one ? kept.filter(({ id }) => id === Number(one)) : kept.filter((mail) => to === undefined || mail.to.some((address) => address.toLowerCase() === to)).reverse();
  if (!['GET', 'HEAD'].includes(method)) send(405, 'text/plain', 'GET / or GET /messages\n');
  else if (one) send(found.length ? 200 : 404, 'application/json', JSON.stringify(found[0] ?? { error: 'no such mail' }));
  else if (pathname === '/messages') send(200, 'application/json', JSON.stringify({ items: found.map(({ raw: _, ...mail }) => mail) }));
  else if (pathname === '/') send(200, 'text/html', view(found));
  else send(404, 'text/plain', 'GET / or GET /messages\n');
}

const view = (mails: Kept[]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Inbox</title>`
  + `<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere}summary{cursor:pointer}article{border-top:1px solid #a2a9b1;padding:.5rem 0}</style>`
  + `<h1>Inbox</h1><p>What Reeve and its wikis sent, newest first. Nothing leaves this machine. <a href="/messages">As JSON</a></p>`
  + (mails.map(({ id, at, from, to, subject, text }) =>
    `<article id="m${id}"><details><summary><b>${escape(subject)}</b><br>to ${escape(to.join(', '))} · ${escape(at.slice(0, 19).replace('T', ' '))} UTC</summary><p>From ${escape(from)} · <a href="/messages/${id}">source</a></p><pre>${escape(text)}</pre></details></article>`).join('')
    || '<p>No mail yet.</p>') + '</html>';

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A last line that a crash cut off was never answered for. */
function readKept(file: string | undefined): Kept[] {
  if (!file || !existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const kept = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).slice(-MOST);
  writeFileSync(file, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  return kept.map((line) => JSON.parse(line) as Kept);
}
