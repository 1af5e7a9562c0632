/** What is put on a page, and what a page must be to take it. Pure; called by whatever posts or shows it (post, poster, pages, preview). */
import type { Delivery } from '../db/entities/delivery';
import type { Wiki } from '../db/entities/wiki';
import type { DeliveryText } from '../db/queries/delivery-texts';
import type { Append } from '../gateways/mediawiki';
import type { Email } from '../gateways/mediawiki-email';
import type { Board, WikiPage } from '../gateways/mediawiki-pages';
import type { Topic } from '../gateways/mediawiki-topics';

export interface Message {
  channel: Delivery['channel'];
  marker: string;
  tags: string[];
  /** What a page in this language gets: in one that its readers know, marked as such where it is another. */
  in(language: string): Words;
  /** Language → those that stand in for it, as the wiki says: asked where there is more than one to choose from (activities/pages.ts). */
  fallbacks: Map<string, string[]>;
  languages: number;
}
export interface Words {
  /** A section with its heading. */
  text: string;
  /** The same for a board, which shows the subject and who wrote it by itself. */
  topic: string;
  /** The same as plain text. */
  mail: string;
  subject: string;
  /** Of its text; null where nobody knows. */
  language: string | null;
}
export interface DescribedPage extends WikiPage {
  /** Its namespace or its title is one that takes messages. */
  takesMessages: boolean;
}
export interface Refusal {
  outcome: 'skipped' | 'failed';
  code: string;
}

const USER_TALK = 3;

/**
 * @param links what the closing comment names: sender, origin wiki and the lists at their revisions.
 * @param texts the source first; none where nobody knows in which language it was typed.
 */
export function compose(delivery: Pick<Delivery, 'channel' | 'subject' | 'body' | 'marker'>, wiki: Wiki, links: { sender: string; origin: string; lists: string[] }, texts: DeliveryText[] = []): Message {
  const footer = wiki.footer.trim() && `\n${wiki.footer.trim()}`;
  const about = [`Sent by ${links.sender} from ${links.origin}`, ...links.lists.map((list) => `list ${list}`), delivery.marker];
  const comment = about.join(' · ').replaceAll(/--+|[<>]/g, ' '); // nothing in it may close it
  const fallbacks = new Map<string, string[]>();
  const made = new Map<string, Words>();
  const words = (language: string): Words => {
    const chosen = choose(texts, language, fallbacks.get(language));
    const subject = chosen?.subject || delivery.subject.trim();
    const heading = chosen?.subject ? wrapped(subject, chosen, language, 'span') : wrapped(subject, texts[0], language, 'span');
    return {
      text: `== ${heading} ==\n\n${bodyOf(delivery, texts, chosen, language)}${footer}\n<!-- ${comment} -->\n`,
      topic: `${bodyOf(delivery, texts, chosen, language, false)}${footer}\n<!-- ${comment} -->`,
      mail: `${bodyOf(delivery, texts, chosen, '', false)}${footer}\n\n${about.join('\n')}`,
      subject, language: chosen?.language ?? null,
    };
  };
  return {
    channel: delivery.channel,
    marker: delivery.marker,
    tags: wiki.changeTag ? [wiki.changeTag] : [],
    in: (language) => made.get(language) ?? (made.set(language, words(language)), made.get(language)!),
    fallbacks,
    languages: texts.length,
  };
}

/** The page's own language, those that stand in for it, English as MediaWiki has it, and at last the sender's. */
function choose(texts: DeliveryText[], language: string, fallbacks: string[] = []): DeliveryText | undefined {
  for (const code of [language, ...fallbacks, 'en']) {
    const found = texts.find((text) => text.language === code);
    if (found) return found;
  }
  return texts[0];
}

/** The page's text, then what was typed, which is in the sender's language. */
function bodyOf(delivery: Pick<Delivery, 'body'>, [source]: DeliveryText[], chosen: DeliveryText | undefined, language: string, signed = true): string {
  let [page, typed] = [chosen?.body ?? '', delivery.body.trim()];
  if (!signed) [page, typed] = typed ? [page, withoutSignature(typed)] : [withoutSignature(page), typed];
  if (!page || !typed || chosen === source) return wrapped([page, typed].filter(Boolean).join('\n\n'), page ? chosen : source, language, 'div');
  return `${wrapped(page, chosen, language, 'div')}\n\n${wrapped(typed, source, language, 'div')}`;
}

/** Four tildes are a signature, five a date, three a name in the middle of something: those stay. */
const withoutSignature = (text: string): string => text.replace(/(?<!~)~{4}\s*$/, '').trimEnd();

/** Says in which language a text is and which way it is written, where its surroundings are in another. */
function wrapped(text: string, of: DeliveryText | undefined, language: string, tag: 'div' | 'span'): string {
  if (!of || !language || of.language === language) return text;
  return tag === 'span' ? `<span lang="${of.htmlLanguage}" dir="${of.dir}">${text}</span>` : `<div lang="${of.htmlLanguage}" dir="${of.dir}" class="mw-content-${of.dir}">\n${text}\n</div>`;
}

/** How one copy is recognised among the bot's contributions, wherever the page was moved since. */
export const markerOf = (message: Message, target: number): string => `${message.marker}/${target.toString(36)}`;

/** The append for one page as the wiki described it. */
export function appendTo(page: WikiPage, message: Message, target: number): Append {
  const notice = noticeOf(page);
  const words = message.in(page.language);
  const text = notice ? words.text.replace('==\n\n', () => `==\n\n${notice}`) : words.text;
  return {
    title: page.title,
    text: page.exists && page.bytes > 0 ? `\n\n${text}` : text,
    ...(page.exists ? { baseRevisionId: page.revisionId! } : { createOnly: true }),
    summary: `/* ${words.subject.replaceAll('*/', '')} */ ${summaryOf(words, message, target)}`,
    tags: message.tags,
    bot: page.namespace === USER_TALK, // elsewhere people watch recent changes for it
  };
}

/** The topic for one page that is a board. */
export function topicFor(page: WikiPage & { board: Board }, message: Message, target: number): Topic {
  const words = message.in(page.language);
  return { title: page.title, board: page.board, subject: words.subject, text: `${noticeOf(page)}${words.topic}`, summary: summaryOf(words, message, target) };
}

/** The mail to whose page it is. */
export function emailTo(page: WikiPage, message: Message): Email {
  const { subject, mail } = message.in(page.language);
  return { user: page.user!.name, subject, text: mail };
}

const noticeOf = ({ redirect }: WikiPage): string => (redirect ? `''Sent to [[:${redirect.from}]], which leads here.''\n` : '');

const summaryOf = ({ subject }: Words, message: Message, target: number): string =>
  `${subject.replace(/^(.{200}).+$/u, '$1…')} (${markerOf(message, target)})`;

/** Why a page gets no message, in the order that the sender is told: place, opt-out, account, protection, kind of page. */
export function refusalOf(page: DescribedPage, channel: Delivery['channel']): Refusal | null {
  if (page.problem === 'invalid') return { outcome: 'failed', code: 'invalidtitle' };
  if (page.problem === 'circular' || page.problem === 'redirect-elsewhere') return { outcome: 'skipped', code: page.problem };
  const mailed = channel === 'email';
  if (page.problem || (mailed ? !page.user : !page.takesMessages)) return { outcome: 'skipped', code: 'badns' };
  if (page.optedOut) return { outcome: 'skipped', code: 'optout' };
  if (page.user && (!page.user.exists || page.user.anonymous || page.user.temporary)) return { outcome: 'skipped', code: 'nouser' };
  if (mailed) return page.user!.emailable === false ? { outcome: 'skipped', code: 'nomail' } : null;
  if (page.editProtection && page.editProtection !== 'autoconfirmed') return { outcome: 'failed', code: 'protectedpage' };
  if (page.contentModel !== 'wikitext' && !page.board) return { outcome: 'failed', code: 'contentmodel' };
  return null;
}
