/** Languages as a wiki knows them: how each is written, and what its readers read instead. Called by gateways/mediawiki.ts. */
import { badReply } from './mediawiki-error';
import { answersTo, encode, type Session } from './mediawiki-session';

export interface Language {
  /** As HTML writes it: MediaWiki's `sr-ec` is `sr-Cyrl` there. */
  htmlCode: string;
  dir: 'ltr' | 'rtl';
  /** Codes of the languages that stand in for it, nearest first. */
  fallbacks: string[];
}
/** By MediaWiki's own code. */
export type Languages = ReadonlyMap<string, Language>;

/** How many the wiki takes in one request, whatever the account's rights. */
const AT_ONCE = 50;

/** Asks about each code once: the wiki reads a file for every language, and all of them take it minutes. */
export class LanguageBook {
  private readonly known = new Map<string, Language | null>();

  constructor(private readonly session: Session) {}

  /** Those of these codes that the wiki knows. @throws WikiError */
  async find(codes: Iterable<string>, signal?: AbortSignal): Promise<Languages> {
    const asked = [...new Set(codes)];
    const left = asked.filter((code) => !this.known.has(code) && CODE.test(code));
    for (let at = 0; at < left.length; at += AT_ONCE) await this.ask(left.slice(at, at + AT_ONCE), signal);
    return new Map(asked.flatMap((code) => ((language) => (language ? [[code, language] as const] : []))(this.known.get(code))));
  }

  private async ask(codes: string[], signal?: AbortSignal): Promise<void> {
    // The wiki breaks off after some seconds and goes on when asked.
    for await (const { query } of answersTo(this.session, `action=query&meta=languageinfo&liprop=bcp47%7Cdir%7Cfallbacks&licode=${codes.map(encode).join('%7C')}`, signal)) {
      if (!query?.languageinfo) throw badReply();
      for (const [code, { bcp47, dir, fallbacks }] of Object.entries<Record<string, any>>(query.languageinfo))
        this.known.set(code, { htmlCode: /^[A-Za-z0-9-]{1,40}$/.test(bcp47) ? String(bcp47) : code, dir: dir === 'rtl' ? 'rtl' : 'ltr', fallbacks: Array.isArray(fallbacks) ? fallbacks.map(String) : [] });
    }
    for (const code of codes) if (!this.known.has(code)) this.known.set(code, null);
  }
}

/** What can be a code at all; it also goes into wikitext. */
export const CODE = /^[a-z]{2}[a-z0-9-]{0,30}$/;
