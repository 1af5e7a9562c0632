/**
 * Hands one mail to the SMTP server, and says afterwards what became of it: nothing is ever guessed. What decides is the
 * instant before the text is given away (`handOver`): before it the server cannot have taken the mail, after it only the
 * server's own answer tells whether it has. Called by activities/mail.ts; one conversation a mail.
 */
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

export interface OutgoingMail {
  to: string;
  subject: string;
  text: string;
  /** With its angle brackets; the same in every try. */
  messageId: string;
  headers: Record<string, string>;
}
export interface MailOptions {
  /** `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte. */
  url: string;
  from: string;
  /** Longest wait for all that comes before the text, and for the answer to it, milliseconds. */
  envelopeMs?: number;
  answerMs?: number;
}
export interface MailGateway {
  /**
   * @param handOver called when nothing but the text is missing; the mail is given away only when it comes back well.
   * @param signal gives up, but for what has been given away: that is waited for.
   * @throws MailError, or what `handOver` threw.
   */
  send(mail: OutgoingMail, handOver: () => Promise<void>, signal?: AbortSignal): Promise<void>;
}

/**
 * `trouble`: the server cannot be used now, whatever the mail; `deferred`: not this mail now; `refused`: not this mail
 * ever; `unknown`: it may have it. `code` has no text of the server's, which likes to repeat addresses.
 */
export class MailError extends Error {
  override readonly name = 'MailError';
  constructor(readonly fate: 'trouble' | 'deferred' | 'refused' | 'unknown', readonly code: string) {
    super(code);
  }
}

export function createMail({ url, from, envelopeMs = 45_000, answerMs = 600_000 }: MailOptions): MailGateway {
  const server = serverOf(url);
  return {
    async send(mail, handOver, signal) {
      const raw = await compose(from, mail);
      const connection = new SMTPConnection({ ...server.options, connectionTimeout: envelopeMs, greetingTimeout: envelopeMs, dnsTimeout: envelopeMs, socketTimeout: answerMs });
      let givenAway = false;
      let over = false;
      let sent = false;
      let ownFault: unknown;
      let giveUp = (_code: string): void => {};
      const deadline = new Deadline(() => giveUp('ETIMEDOUT'), () => (givenAway ? answerMs : envelopeMs));
      const text = Readable.from((async function* () {
        await handOver().catch((error: unknown) => {
          throw (ownFault = error);
        });
        if (over) throw new Error('too late'); // the server, or whoever waits, has gone on without it
        givenAway = true;
        deadline.refresh();
        yield raw;
      })());
      text.on('error', () => {}); // the connection reports it; it may be gone by then
      const aborted = (): void => void (givenAway || giveUp('EABORTED'));
      signal?.addEventListener('abort', aborted);
      try {
        await new Promise<void>((done, fail) => {
          giveUp = (code) => fail(Object.assign(new Error(code), { code }));
          if (signal?.aborted) return giveUp('EABORTED');
          connection.on('error', fail);
          connection.once('end', () => giveUp('ECONNECTION'));
          const step = (next: () => void) => (error?: Error | null) => (error ? fail(error) : next());
          const send = (): void => connection.send({ from, to: [mail.to] }, text, step(() => (givenAway ? done() : giveUp('EPROTOCOL'))));
          connection.connect(step(() => (server.auth ? connection.login(server.auth, step(send)) : send())));
        });
        sent = true;
      } catch (error) {
        throw ownFault ?? judge(error as SmtpError, givenAway);
      } finally {
        over = true;
        deadline.end();
        signal?.removeEventListener('abort', aborted);
        if (sent) connection.quit(); // a courtesy: the mail is theirs
        connection.close();
        text.destroy();
      }
    },
  };
}

/** Whether the server answers and lets us in; sends nothing. @throws MailError */
export async function reachMail(url: string, timeoutMs: number): Promise<void> {
  const { options, auth } = serverOf(url);
  const connection = new SMTPConnection({ ...options, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs });
  try {
    await new Promise<void>((done, fail) => {
      const step = (next: () => void) => (error?: Error | null) => (error ? fail(error) : next());
      connection.on('error', fail);
      connection.connect(step(() => (auth ? connection.login(auth, step(done)) : done())));
    });
    connection.quit();
  } catch (error) {
    throw judge(error as SmtpError, false);
  } finally {
    connection.close();
  }
}

/** A timer that can be set anew, to another length. */
class Deadline {
  private timer?: NodeJS.Timeout;
  constructor(private readonly act: () => void, private readonly ms: () => number) {
    this.refresh();
  }
  refresh(): void {
    this.end();
    this.timer = setTimeout(this.act, this.ms());
  }
  end(): void {
    clearTimeout(this.timer);
  }
}

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
  command?: string;
}

/** Answers about sign-in and TLS are about us, not about the mail. */
const ABOUT_US = new Set([454, 530, 534, 535, 538]);

function judge({ code, responseCode, command }: SmtpError, givenAway: boolean): MailError {
  const reply = responseCode && responseCode >= 400 && responseCode < 600 ? responseCode : undefined;
  const said = reply ? `smtp.${reply}` : `smtp.${(code ?? 'broken').toLowerCase()}`;
  if (givenAway) return new MailError(!reply ? 'unknown' : reply < 500 ? 'deferred' : 'refused', said);
  if ((code === 'EENVELOPE' || code === 'EMESSAGE') && !reply) return new MailError('refused', `smtp.${code.toLowerCase()}`);
  if (!reply || reply === 421 || ABOUT_US.has(reply) || !['MAIL FROM', 'RCPT TO', 'DATA'].includes(command ?? '')) return new MailError('trouble', said);
  return new MailError(reply < 500 ? 'deferred' : 'refused', said);
}

/** The bytes. Called by the gateway, and by what proves it. @throws MailError mail.bad-field where a header would hold what ends it, now or once it is decoded. */
export async function compose(from: string, { to, subject, text, messageId, headers }: OutgoingMail): Promise<Buffer> {
  const names = Object.keys(headers);
  const fields = [from, to, subject, messageId, ...Object.values(headers)];
  const isBad = fields.some((field) => ENDS_IT.test(field)) || names.some((name) => !/^[A-Za-z][A-Za-z0-9-]{0,75}$/.test(name) || OURS.test(name))
    || ![from, to].every(isAddress) || !/^<[\x21-\x3b=\x3f-\x7e]{1,250}>$/.test(messageId);
  if (isBad) throw new MailError('refused', 'mail.bad-field');
  const lines = text.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '\ufffd'); // servers disagree where a line with a bare CR ends
  return new MailComposer({ from: { name: 'Reeve', address: from }, to: { name: '', address: to }, subject, text: lines, messageId, headers, newline: 'windows', disableFileAccess: true, disableUrlAccess: true }).compile().build();
}

/** Controls and separators of lines; what looks like an encoded word, which readers would decode to anything; a word that no line can hold. */
const ENDS_IT = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?|\S{900}/u;
/** What says who writes to whom, and what the text is, comes from nobody else. */
const OURS = /^(?:from|to|cc|bcc|sender|reply-to|subject|date|message-id|mime-version|content-(?:type|transfer-encoding|disposition)|received|return-path|resent-.*)$/i;

/** One address: what a server may take to be several, or to end it, is none. A local part beyond ASCII needs a server with SMTPUTF8. */
function isAddress(address: string): boolean {
  const [, domain] = /^[\w.!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]{1,64}@([\p{L}\p{M}\p{N}.-]{1,253})$/u.exec(address) ?? [];
  return domain !== undefined && domainToASCII(domain) !== '' && Buffer.byteLength(address) <= 254;
}

function serverOf(address: string) {
  const url = new URL(address);
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const auth = url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : undefined;
  const isNear = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  // A password never crosses a network in the clear; without one TLS is used where it is offered.
  return { auth, options: { host, port: Number(url.port) || (secure ? 465 : auth ? 587 : 25), secure, requireTLS: !secure && auth !== undefined && !isNear } };
}
