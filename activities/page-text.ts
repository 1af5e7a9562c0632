/** What of a page's wikitext becomes a message: labelled sections, as transclusion would take them. Pure; called by activities/message-texts.ts. */

export type Section = { section: string } | { without: string | null };

/** One labelled section (all its parts), or all but one; null where the page has no such section. */
export function takeSection(wikitext: string, what: Section): string | null {
  const text = transcluded(wikitext);
  const found: string[] = [];
  let rest = '';
  let from = 0;
  const name = 'section' in what ? what.section : what.without;
  if (name === null) return tidy(text);
  const ends = marks(text, 'end', name);
  let next = 0;
  for (const { begin, after } of marks(text, 'begin', name)) {
    if (begin < from) continue;
    while (next < ends.length && ends[next]!.begin < after) next++;
    const end = ends[next];
    found.push(text.slice(after, end?.begin)); // one that is not closed goes on to the end, as on the wiki
    rest += text.slice(from, begin);
    from = end?.after ?? text.length;
  }
  if (!found.length) return null;
  return tidy('section' in what ? found.join('') : rest + text.slice(from));
}

/** Names of a page's sections, to be told to who named another. */
export const sectionNames = (wikitext: string): string[] => [...new Set(marks(transcluded(wikitext), 'begin').map(({ name }) => name))];

interface Mark {
  name: string;
  begin: number;
  after: number;
}

function marks(text: string, kind: 'begin' | 'end', wanted?: string): Mark[] {
  return [...text.matchAll(TAG)].flatMap(({ 0: tag, 1: which, 2: quoted, 3: single, 4: bare, index }) => {
    const name = (quoted ?? single ?? bare ?? '').trim();
    return which!.toLowerCase() === kind && (wanted === undefined || name === wanted) ? [{ name, begin: index, after: index + tag.length }] : [];
  });
}

const TAG = /<section\s+(begin|end)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>/]+))\s*\/?>/gi;

/** As a page is taken in by another: comments and what is for the page alone are left out; so are the marks of translation. */
function transcluded(wikitext: string): string {
  const text = wikitext.replace(/<!--.*?(-->|$)/gs, '');
  return (onlyIncluded(text) ?? text)
    .replace(/<noinclude>.*?(<\/noinclude>|$)/gis, '').replace(/<\/?(?:includeonly|onlyinclude)>/gi, '')
    .replace(/<languages\s*\/?>/gi, '').replace(/<\/?translate(\s[^<>]*)?>/gi, '').replace(/<\/?tvar[^<>]*>|<\/>/gi, '');
}

/** What stands between these tags, if any do. By hand: a pattern would read a page of 2 MB once per tag. */
function onlyIncluded(text: string): string | null {
  const parts: string[] = [];
  let from: number | null = null;
  for (const { 0: tag, index } of text.matchAll(/<\/?onlyinclude>/gi)) {
    if (tag[1] !== '/') from ??= index + tag.length;
    else if (from !== null) {
      parts.push(text.slice(from, index));
      from = null;
    }
  }
  return parts.length ? parts.join('') : null;
}

/** Marks of other sections mean nothing where the text goes. */
const tidy = (text: string): string => text.replace(TAG, '').replace(/\n{3,}/g, '\n\n').trim();
