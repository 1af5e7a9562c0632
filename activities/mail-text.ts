/**
 * A notice as a plain text mail, in the reader's language and zone. The sentences are data (web/i18n/mails, one file a
 * language). Nothing stands in it that the reader might have lost the right to see: what happened, to which number, when.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimedMail } from '../db/queries/mails';
import type { OutgoingMail } from '../gateways/mail';

export type MailTold = Omit<ClaimedMail, 'email' | 'fence' | 'attempts' | 'appOnly' | 'request' | 'membership'>;

type Messages = Record<string, string>;
const folder = join(__dirname, '../web/i18n/mails');

type Say = (key: string, ...values: string[]) => string;
interface Letter {
  subject: string;
  /** With a blank line between them. */
  parts: string[];
  headers?: Record<string, string>;
}

/** What all mails have alike. A sentence that nobody has written is the one for whatever else happens. */
function mail(to: string, told: MailTold, publicUrl: string, write: (say: Say, language: string) => Letter): OutgoingMail {
  const { language, messages } = messagesFor(told.language);
  const { subject, parts, headers } = write((key, ...values) => filled(messages[key] ?? messages.other!, values), language);
  return {
    to, subject, text: parts.join('\n\n') + '\n', messageId: messageIdOf(told, publicUrl),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language, ...headers, 'X-Auto-Response-Suppress': 'All' },
  };
}

/** @param publicUrl how people reach Reeve */
export function noticeMail(to: string, told: MailTold, publicUrl: string): OutgoingMail {
  const settings = new URL('/me', publicUrl).href;
  return mail(to, told, publicUrl, (say, language) => {
    const sentence = say(told.code, String(told.entity), told.noun);
    return {
      subject: sentence, headers: { 'List-Unsubscribe': `<${settings}>` },
      parts: [
        say('greeting', told.name), `${sentence}.`,
        [say('where', new URL(pathOf(told), publicUrl).href), say('when', timeOf(told.atMs, language, told.timeZone))].join('\n'),
        `-- \n${say('why', settings)}`,
      ],
    };
  });
}

/** To somebody who asked for an account, in the language of the form; or a copy of what they were told. @param link path that confirms their address; its page speaks the same language */
export function requesterMail(to: string, { request, ...told }: MailTold & Pick<ClaimedMail, 'request'>, publicUrl: string, link: string): OutgoingMail {
  const { host, outcome, answer } = request!;
  const said = answer ? [answer] : [];
  return mail(to, told, publicUrl, (say, language) => {
    // To somebody of the account team: not where the requester is to be found.
    if (told.code === 'request.copy')
      return { subject: say('request.copy', String(told.entity), host), parts: [say('request.copy.why', told.name, String(told.entity), host), ...said, say('where', new URL(pathOf(told), publicUrl).href)] };
    const text = told.code === 'request.confirm'
      ? [say('request.confirm.why', told.name, host), linkIn(link, language, publicUrl), say('request.confirm.else')]
      : [say(told.code === 'request.note' ? 'request.note.why' : `request.answer.${outcome ?? 'not-created'}`, told.name, host), ...said];
    return { subject: say(told.code, host), parts: [...text, `-- \n${say('request.about', host, String(told.entity))}`] };
  });
}

/** To the official address of who applies for a role. @param link path that confirms it */
export const applicantMail = (to: string, told: MailTold, publicUrl: string, link: string): OutgoingMail =>
  mail(to, told, publicUrl, (say, language) => ({ subject: say('membership.address'), parts: [say('membership.address.why', told.name), linkIn(link, language, publicUrl), say('membership.address.else')] }));

const linkIn = (path: string, language: string, publicUrl: string): string => new URL(`${path}?uselang=${language}`, publicUrl).href;

const filled = (message: string, values: string[]): string => message.replace(/\$([1-9])/g, (whole, n) => values[Number(n) - 1]?.replace(TURNS, ' ') ?? whole);

/** The same for every try of this row, and no other row's: also not one of the database that was here before. */
export const messageIdOf = ({ id, createdAtMs }: Pick<MailTold, 'id' | 'createdAtMs'>, publicUrl: string): string => `<notice.${id}.${createdAtMs.toString(36)}@${new URL(publicUrl).hostname.replace(/[[\]]/g, '')}>`;

/** Where it has its page (web/src/shared/things.ts); what an operation's number names, the API finds by it. */
const PAGES: Record<string, string> = { delivery: '/deliveries', event: '/events', membership: '/memberships', request: '/requests', queue: '/queues', form: '/forms', ban: '/bans', template: '/templates', operation: '/operations' };
/** What would begin a line of its own in a sentence, or turn the rest of it round. */
const TURNS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

const pathOf = ({ noun, entity }: MailTold): string => (PAGES[noun] ? `${PAGES[noun]}/${entity}` : '/');

function timeOf(atMs: number, language: string, timeZone: string): string {
  const form = { year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' } as const;
  try {
    return new Intl.DateTimeFormat(language, { ...form, timeZone }).format(atMs);
  } catch {
    return new Intl.DateTimeFormat(language, { ...form, timeZone: 'UTC' }).format(atMs); // a zone that this machine's data lack
  }
}

/** pt-BR, then pt, then English; a sentence that a language lacks is English. */
function messagesFor(wanted: string): { language: string; messages: Messages } {
  const known = languages();
  for (let tag = wanted.toLowerCase(); tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    const messages = known.get(tag);
    if (messages) return { language: tag === wanted.toLowerCase() ? wanted : tag, messages: { ...known.get('en')!, ...messages } };
  }
  return { language: 'en', messages: known.get('en')! };
}

let loaded: Map<string, Messages> | undefined;
const languages = (): Map<string, Messages> =>
  (loaded ??= new Map(readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'qqq.json').map((file) => [file.slice(0, -5).toLowerCase(), JSON.parse(readFileSync(join(folder, file), 'utf8')) as Messages])));
