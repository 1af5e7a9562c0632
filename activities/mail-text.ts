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

/** @param publicUrl how people reach Reeve */
export function noticeMail(to: string, told: MailTold, publicUrl: string): OutgoingMail {
  const { language, messages } = messagesFor(told.language);
  const say = (key: string, ...values: string[]): string => filled(messages[key] ?? messages.other!, values);
  const settings = new URL('/me', publicUrl).href;
  const sentence = say(told.code, String(told.entity), told.noun);
  return {
    to,
    subject: sentence,
    text: [
      say('greeting', told.name), `${sentence}.`,
      [say('where', new URL(pathOf(told), publicUrl).href), say('when', timeOf(told.atMs, language, told.timeZone))].join('\n'),
      `-- \n${say('why', settings)}`,
    ].join('\n\n') + '\n',
    messageId: messageIdOf(told, publicUrl),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language, 'List-Unsubscribe': `<${settings}>`, 'X-Auto-Response-Suppress': 'All' },
  };
}

/** To somebody who asked for an account, in the language of the form. @param link path that confirms their address; its page speaks the same language */
export function requesterMail(to: string, { request, ...told }: MailTold & Pick<ClaimedMail, 'request'>, publicUrl: string, link: string): OutgoingMail {
  const { language, messages } = messagesFor(told.language);
  const { host, outcome, answer } = request!;
  const say = (key: string, ...values: string[]): string => filled(messages[key]!, values);
  if (told.code === 'request.copy') return copyMail(to, { request, ...told }, publicUrl);
  const text = told.code === 'request.confirm'
    ? [say('request.confirm.why', told.name, host), new URL(`${link}?uselang=${language}`, publicUrl).href, say('request.confirm.else')]
    : [say(told.code === 'request.note' ? 'request.note.why' : `request.answer.${outcome ?? 'not-created'}`, told.name, host), ...(answer ? [answer] : [])];
  return {
    to, subject: say(told.code, host), text: [...text, `-- \n${say('request.about', host, String(told.entity))}`].join('\n\n') + '\n', messageId: messageIdOf(told, publicUrl),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language, 'X-Auto-Response-Suppress': 'All' },
  };
}

/** To the official address of who applies for a role. @param link path that confirms it */
export function applicantMail(to: string, told: MailTold, publicUrl: string, link: string): OutgoingMail {
  const { language, messages } = messagesFor(told.language);
  const say = (key: string, ...values: string[]): string => filled(messages[key]!, values);
  return {
    to, subject: say('membership.address'), messageId: messageIdOf(told, publicUrl),
    text: [say('membership.address.why', told.name), new URL(`${link}?uselang=${language}`, publicUrl).href, say('membership.address.else')].join('\n\n') + '\n',
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language, 'X-Auto-Response-Suppress': 'All' },
  };
}

/** To somebody of the account team: what the requester was told, and not where they are to be found. */
function copyMail(to: string, { request, ...told }: Parameters<typeof requesterMail>[1], publicUrl: string): OutgoingMail {
  const { language, messages } = messagesFor(told.language);
  const { host, answer } = request!;
  const say = (key: string, ...values: string[]): string => filled(messages[key]!, values);
  return {
    to, subject: say('request.copy', String(told.entity), host), text: [say('request.copy.why', told.name, String(told.entity), host), ...(answer ? [answer] : []), say('where', new URL(pathOf(told), publicUrl).href)].join('\n\n') + '\n', messageId: messageIdOf(told, publicUrl),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language, 'X-Auto-Response-Suppress': 'All' },
  };
}

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
