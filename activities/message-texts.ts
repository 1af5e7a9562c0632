/**
 * What a delivery's message is, read from its wiki: which language the sender writes in, and of a page its text, or the
 * sections that the delivery names, in each language that it is translated into. Handed to the API by bin/api.ts, which
 * pins the answer when the delivery is submitted: nothing is read of a page afterwards.
 */
import { ReeveError, fieldError } from '../config/errors';
import type { DeliveryText, MessageSource, MessageTexts, ReadTexts } from '../db/queries/delivery-texts';
import type { MediaWiki } from '../gateways/mediawiki';
import { WikiError } from '../gateways/mediawiki-error';
import type { PageText } from '../gateways/mediawiki-lists';
import { sectionNames, takeSection } from './page-text';
import type { OpenWikiById } from './wikis';

/** A page in a hundred languages is a few requests; a person waits for them. */
const WITHIN_MS = 15_000;
/** Only for the language that a typed message is in: not worth a wait. */
const LANGUAGE_MS = 3_000;

/**
 * Of a typed message its language alone, and nothing where the wiki does not say.
 * @throws ReeveError naming the field: there is no such page or section, or the wiki does not give it.
 */
export const createTexts =
  (openWiki: OpenWikiById): ReadTexts =>
  async (of) => {
    const { gateway } = await openWiki(of.wikiId);
    if (of.page === null) return { texts: await typed(gateway).catch(() => []), incomplete: [] };
    try {
      return await fromPage(gateway, of, of.page);
    } catch (error) {
      if (!(error instanceof WikiError)) throw error;
      if (error.code === 'invalidtitle') throw noPage(of.page);
      if (error.kind === 'refused') throw fieldError('/page', 'delivery.bad-page', `The wiki does not give this page: ${error.code}.`);
      throw new ReeveError('unavailable', `The wiki did not give the page: ${error.code}.`, { errors: [{ pointer: '/page', code: error.reason, detail: 'The wiki did not give it.' }] });
    }
  };

async function typed(gateway: MediaWiki): Promise<DeliveryText[]> {
  const { language, dir } = await gateway.siteInfo(AbortSignal.timeout(LANGUAGE_MS));
  return [{ language, htmlLanguage: language, dir, source: true, title: null, revisionId: null, subject: '', body: '' }];
}

async function fromPage(gateway: MediaWiki, of: MessageSource, asked: string): Promise<MessageTexts> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const page = await gateway.text(asked, signal);
  if (!page) throw noPage(asked);
  if (page.contentModel !== 'wikitext') throw fieldError('/page', 'delivery.bad-page', `This page holds ${page.contentModel}, not wikitext.`);
  const translations = await gateway.translations(page, signal);
  const known = await gateway.languages([page.language, ...translations.map(({ language }) => language)], signal);
  // A page that is to be translated has one in its own language, without the marks of translating.
  const source = translations.find(({ language }) => language === page.language) ?? page;
  const texts: DeliveryText[] = [];
  const incomplete: string[] = [];
  for (const one of [source, ...translations.filter((other) => other !== source)]) {
    const parts = partsOf(one, of, one === source);
    const { htmlCode = one.language, dir = 'ltr' } = known.get(one.language) ?? {};
    if (parts) texts.push({ language: one.language, htmlLanguage: htmlCode, dir, source: one === source, title: one.title, revisionId: one.revisionId, ...parts });
    else incomplete.push(one.language);
  }
  return { texts, incomplete };
}

/** Null for a translation that lacks a section. @throws ReeveError where the page itself does. */
function partsOf({ text }: PageText, { subjectSection, bodySection }: MessageSource, source: boolean): { subject: string; body: string } | null {
  const subject = subjectSection === null ? '' : takeSection(text, { section: subjectSection });
  const body = bodySection === null ? takeSection(text, { without: subjectSection }) : takeSection(text, { section: bodySection });
  const empty = subjectSection !== null && subject === '';
  if (source && empty) throw fieldError('/subjectSection', 'delivery.no-subject', 'This section is empty.');
  if (subject !== null && body !== null && !empty) return { subject: subject.split('\n').map((one) => one.trim()).filter(Boolean).join(' '), body };
  if (!source) return null;
  const names = sectionNames(text).slice(0, 20);
  const there = names.length ? ` There are ${names.join(', ')}.` : ' It has none: a section stands between <section begin=name/> and <section end=name/>.';
  throw fieldError(subject === null ? '/subjectSection' : '/bodySection', 'delivery.no-section', `The page has no section of this name.${there}`);
}

const noPage = (title: string): ReeveError => fieldError('/page', 'delivery.no-page', `The wiki has no page ${title} that can be read.`);
