/** What is put on a page, and what a page must be to take it. Pure; called by activities/lane.ts. */
import type { Delivery } from '../db/entities/delivery';
import type { Wiki } from '../db/entities/wiki';
import type { DeliveryText } from '../db/queries/delivery-texts';
import type { Append } from '../gateways/mediawiki';
import type { WikiPage } from '../gateways/mediawiki-pages';

export interface Message {
  marker: string;
  tags: string[];
  /** What a page in this language gets: in one that its readers know, marked as such where it is another. */
  in(language: string): Words;
  /** Language → those that stand in for it, as the wiki says: asked where there is more than one to choose from (activities/pages.ts). */
  fallbacks: Map<string, string[]>;
  languages: number;
}
export interface Words {
  text: string;
  subject: string;
  /** Of its text; null where nobody knows. */
  language: string | null;
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
export function compose(delivery: Pick<Delivery, 'subject' | 'body' | 'marker'>, wiki: Wiki, links: { sender: string; origin: string; lists: string[] }, texts: DeliveryText[] = []): Message {
  const footer = wiki.footer.trim() && `\n${wiki.footer.trim()}`;
  const about = [`Sent by ${links.sender} from ${links.origin}`, ...links.lists.map((list) => `list ${list}`), delivery.marker];
  const comment = about.join(' · ').replaceAll(/--+|[<>]/g, ' '); // nothing in it may close it
  const fallbacks = new Map<string, string[]>();
  const made = new Map<string, Words>();
  const words = (language: string): Words => {
    const chosen = choose(texts, language, fallbacks.get(language));
    const subject = chosen?.subject || delivery.subject.trim();
    const heading = chosen?.subject ? wrapped(subject, chosen, language, 'span') : wrapped(subject, texts[0], language, 'span');
    return { text: `== ${heading} ==\n\n${bodyOf(delivery, texts, chosen, language)}${footer}\n<!-- ${comment} -->\n`, subject, language: chosen?.language ?? null };
  };
  return {
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
function bodyOf(delivery: Pick<Delivery, 'body'>, [source]: DeliveryText[], chosen: DeliveryText | undefined, language: string): string {
  const [page, typed] = [chosen?.body ?? '', delivery.body.trim()];
  if (!page || !typed || chosen === source) return wrapped([page, typed].filter(Boolean).join('\n\n'), page ? chosen : source, language, 'div');
  return `${wrapped(page, chosen, language, 'div')}\n\n${wrapped(typed, source, language, 'div')}`;
}

/** Says in which language a text is and which way it is written, where its surroundings are in another. */
function wrapped(text: string, of: DeliveryText | undefined, language: string, tag: 'div' | 'span'): string {
  if (!of || !language || of.language === language) return text;
  return tag === 'span' ? `<span lang="${of.htmlLanguage}" dir="${of.dir}">${text}</span>` : `<div lang="${of.htmlLanguage}" dir="${of.dir}" class="mw-content-${of.dir}">\n${text}\n</div>`;
}

/** How one copy is recognised among the bot's contributions, wherever the page was moved since. */
export const markerOf = (message: Message, target: number): string => `${message.marker}/${target.toString(36)}`;

/** The append for one page as the wiki described it. */
export function appendTo(page: WikiPage, message: Message, target: number): Append {
  const notice = page.redirect ? `''Sent to [[:${page.redirect.from}]], which leads here.''\n` : '';
  const words = message.in(page.language);
  const text = notice ? words.text.replace('==\n\n', () => `==\n\n${notice}`) : words.text;
  const subject = words.subject.length > 200 ? `${words.subject.slice(0, 200)}…` : words.subject;
  return {
    title: page.title,
    text: page.exists && page.bytes > 0 ? `\n\n${text}` : text,
    ...(page.exists ? { baseRevisionId: page.revisionId! } : { createOnly: true }),
    summary: `/* ${words.subject.replaceAll('*/', '')} */ ${subject} (${markerOf(message, target)})`,
    tags: message.tags,
    bot: page.namespace === USER_TALK, // elsewhere people watch recent changes for it
  };
}

/** Why a page gets no message, in the order that the sender is told: place, opt-out, account, protection, kind of page. */
export function refusalOf(page: WikiPage, wiki: Wiki): Refusal | null {
  if (page.problem === 'invalid') return { outcome: 'failed', code: 'invalidtitle' };
  if (page.problem === 'circular' || page.problem === 'redirect-elsewhere') return { outcome: 'skipped', code: page.problem };
  if (page.problem || !takesMessages(page, wiki)) return { outcome: 'skipped', code: 'badns' };
  if (page.optedOut) return { outcome: 'skipped', code: 'optout' };
  if (page.user && (!page.user.exists || page.user.anonymous || page.user.temporary)) return { outcome: 'skipped', code: 'nouser' };
  if (page.editProtection && page.editProtection !== 'autoconfirmed') return { outcome: 'failed', code: 'protectedpage' };
  if (page.contentModel !== 'wikitext') return { outcome: 'failed', code: 'contentmodel' };
  return null;
}

const takesMessages = (page: WikiPage, wiki: Wiki): boolean =>
  page.namespace % 2 === 1 || wiki.allowedNamespaces.includes(page.namespace) || wiki.allowedPages.includes(page.title);
