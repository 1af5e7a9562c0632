/** What is put on a page, and what a page must be to take it. Pure; called by activities/lane.ts. */
import type { Delivery } from '../db/entities/delivery';
import type { Wiki } from '../db/entities/wiki';
import type { Append } from '../gateways/mediawiki';
import type { WikiPage } from '../gateways/mediawiki-pages';

export interface Message {
  /** The same for every page. */
  text: string;
  marker: string;
  subject: string;
  tags: string[];
}
export interface Refusal {
  outcome: 'skipped' | 'failed';
  code: string;
}

const USER_TALK = 3;

/** @param links what the closing comment names: sender, origin wiki and the lists at their revisions. */
export function compose(delivery: Delivery, wiki: Wiki, links: { sender: string; origin: string; lists: string[] }): Message {
  const footer = wiki.footer.trim() && `\n${wiki.footer.trim()}`;
  const about = [`Sent by ${links.sender} from ${links.origin}`, ...links.lists.map((list) => `list ${list}`), delivery.marker];
  const comment = about.join(' · ').replaceAll(/--+|[<>]/g, ' '); // nothing in it may close it
  return {
    text: `== ${delivery.subject.trim()} ==\n\n${delivery.body.trim()}${footer}\n<!-- ${comment} -->\n`,
    marker: delivery.marker,
    subject: delivery.subject.trim(),
    tags: wiki.changeTag ? [wiki.changeTag] : [],
  };
}

/** How one copy is recognised among the bot's contributions, wherever the page was moved since. */
export const markerOf = (message: Message, target: number): string => `${message.marker}/${target.toString(36)}`;

/** The append for one page as the wiki described it. */
export function appendTo(page: WikiPage, message: Message, target: number): Append {
  const notice = page.redirect ? `''Sent to [[:${page.redirect.from}]], which leads here.''\n` : '';
  const text = notice ? message.text.replace('==\n\n', () => `==\n\n${notice}`) : message.text;
  const subject = message.subject.length > 200 ? `${message.subject.slice(0, 200)}…` : message.subject;
  return {
    title: page.title,
    text: page.exists && page.bytes > 0 ? `\n\n${text}` : text,
    ...(page.exists ? { baseRevisionId: page.revisionId! } : { createOnly: true }),
    summary: `/* ${message.subject.replaceAll('*/', '')} */ ${subject} (${markerOf(message, target)})`,
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
