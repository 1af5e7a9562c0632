/** The help: every page in every complete language, with the same parts; each link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { pagesIn } from '../../api/pages/help';
import { languages, wordsIn } from '../../api/pages/language';
import { testApi } from '../support/api';

const folder = join(__dirname, '../../docs/using');
const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
const others = [...languages.keys()].filter((language) => language !== 'en');
const every = others.flatMap((language) => files.map((file) => ({ language, file })));

/** What a translation has in common with the page: its build, its code and its links, in the order of the text. */
function parts(path: string) {
  const text = readFileSync(path, 'utf8');
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([whole, part]) => part ?? whole);
  return {
    headings: all(/^#+(?= )/gm), code: all(/`[^`]+`/g), links: all(/\]\(([^)]*)\)/g), emphases: all(/\*\*?(?=\S)/g).length,
    items: all(/^(?:-|\d+\.)(?= )/gm), paragraphs: text.split(/\n\n+/).length, rows: all(/^\|.*\|$/gm).map((row) => row.replace(/\\\||`[^`]*`/g, '').split('|').length),
  };
}

describe('the help', () => {
  const test = testApi();
  const get = (path: string, language: string) => request(test.app).get(path).set('Accept-Language', language);

  it.each(every)('says in $language all of $file: the same parts, code samples and links', ({ language, file }) => {
    expect(parts(join(folder, language, file))).toEqual(parts(join(folder, file)));
  });

  it.each(others)('has no page in %s that is gone in English', (language) => {
    expect(readdirSync(join(folder, language)).filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  });

  it('is shown in the language of who reads', async () => {
    const [arabic, english] = await Promise.all(['ar', 'en'].map((language) => get('/help/sending', language)));
    expect(arabic!.text).toContain('<h1 id="إرسال-رسالة">إرسال رسالة</h1>');
    expect(arabic!.text).toMatch(/<article>/); // nothing to mark: the page is Arabic as a whole
    expect(english!.text).toContain('<h1 id="sending-a-message">Sending a message</h1>');
    expect((await get('/help', 'ar')).text).not.toContain('lang="en" dir');
  });

  it('falls back to English, marked as such, where a page is not translated', async () => {
    const pages = await pagesIn({ ...wordsIn('en'), language: 'fr' });
    expect(pages.map(({ name, language }) => ({ name, language }))).toEqual((await pagesIn(wordsIn('en'))).map(({ name }) => ({ name, language: 'en' })));
  });

  it.each([...languages.keys()])('leads nowhere that is not there, in %s', async (language) => {
    const pages = ['/help', ...files.map((file) => `/help/${file.replace('.md', '')}`)];
    const texts = new Map(await Promise.all(pages.map(async (path) => [path, (await get(path, language)).text] as const)));
    const links = [...texts].flatMap(([from, text]) => [...text.matchAll(/href="(\/help[^"]*)"/g)].map(([, to]) => ({ from, to: to! })));
    const there = ({ to }: { to: string }): boolean => {
      const [path, anchor] = to.split('#');
      return texts.has(path!) && (!anchor || texts.get(path!)!.includes(`id="${decodeURIComponent(anchor)}"`));
    };
    expect(links.filter((link) => !there(link))).toEqual([]);
    expect(links.length).toBeGreaterThan(files.length * 2);
  });
});
