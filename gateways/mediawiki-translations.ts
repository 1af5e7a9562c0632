/** The translations of a page: its subpages that are named by a language. Called by gateways/mediawiki.ts. */
import { WikiError } from './mediawiki-error';
import { CODE, type LanguageBook } from './mediawiki-languages';
import { CONTENT, pageText, type PageText } from './mediawiki-lists';
import { answersTo, encode, listIn, type Session } from './mediawiki-session';

/** Texts of one answer, and of all together: a message that is longer is none. */
const AT_ONCE = 20;
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Answers of up to 500 subpages: a page with more than these is no page that is translated. */
const MOST_ANSWERS = 20;

/** Each in the language that its name says. @throws WikiError `refused`, too-many-subpages or too-large. */
export async function readTranslations(session: Session, book: LanguageBook, page: PageText, signal?: AbortSignal): Promise<PageText[]> {
  const prefix = `${page.namespace === 0 ? page.title : page.title.slice(page.title.indexOf(':') + 1)}/`;
  const named = new Map<string, string>();
  let answers = 0;
  for await (const reply of answersTo(session, `action=query&list=allpages&apnamespace=${page.namespace}&apprefix=${encode(prefix)}&apfilterredir=nonredirects&aplimit=500`, signal)) {
    for (const { title } of listIn(reply, 'allpages')) if (CODE.test(languageOf(page, title))) named.set(languageOf(page, title), title);
    if (++answers === MOST_ANSWERS && reply.continue) throw new WikiError('refused', 'too-many-subpages');
  }
  const titles = [...(await book.find(named.keys(), signal)).keys()].map((code) => named.get(code)!);
  const found: PageText[] = [];
  let characters = 0;
  for (let at = 0; at < titles.length; at += AT_ONCE) {
    const form = `action=query&${CONTENT}&titles=${titles.slice(at, at + AT_ONCE).map((title) => `%1F${encode(title)}`).join('')}`;
    // Long texts come in several answers, each page's in one of them.
    for await (const reply of answersTo(session, form, signal))
      for (const raw of listIn(reply, 'pages')) {
        const text = pageText(raw);
        if (text?.contentModel !== 'wikitext') continue;
        if ((characters += text.text.length) > MOST_CHARACTERS) throw new WikiError('refused', 'too-large');
        found.push({ ...text, language: languageOf(page, text.title) });
      }
  }
  return found;
}

const languageOf = (page: PageText, title: string): string => title.slice(page.title.length + 1);
