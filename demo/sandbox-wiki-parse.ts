/** `action=parse` of the sandbox wiki: enough of wikitext to show a message, and what the text would link and include. */
import { exists, type WikiState } from './sandbox-wiki-state';
import { languages, readTitle } from './sandbox-wiki-title';

export function parseText(wiki: WikiState, user: string, title: string, wikitext: string): Record<string, unknown> {
  const text = wikitext.replace(/<!--.*?-->/gs, '').replace(/(?<!~)~{3,5}(?!~)/g, (tildes) => signature(user, tildes.length));
  const langlinks: { lang: string; title: string }[] = [];
  const body = text.replace(/\[\[([a-z-]+):([^\]|]+)[^\]]*\]\]/g, (link, lang: string, page: string) => {
    if (!languages.has(lang)) return link;
    langlinks.push({ lang, title: page.trim() });
    return '';
  });
  const names = [...body.matchAll(/\{\{\s*([^{}|<>[\]#]+?)\s*(?:\||\}\})/g)].map(([, name]) => readTitle(name!.includes(':') ? name! : `Template:${name}`)).filter(({ invalid }) => !invalid);
  const templates = [...new Map(names.map(({ ns, full }) => [full, { ns, title: full, exists: exists(wiki.pages.get(full)) }])).values()];
  return { parse: { title, pageid: 0, text: `<div class="mw-parser-output">${body.split(/\n\s*\n/).map(block).join('\n')}</div>`, langlinks, templates } };
}

const signature = (user: string, tildes: number): string => {
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return [...(tildes < 5 ? [`[[User:${user}|${user}]]`] : []), ...(tildes > 3 ? [`${when} (UTC)`] : [])].join(' ');
};

function block(text: string): string {
  const heading = /^==\s*(.+?)\s*==\s*$/.exec(text.trim());
  if (heading) return `<h2>${inline(heading[1]!)}</h2>`;
  return text.trim() && `<p>${inline(text.trim())}</p>`;
}

const inline = (text: string): string =>
  text
    .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
    .replace(/'''(.+?)'''/g, '<b>$1</b>').replace(/''(.+?)''/g, '<i>$1</i>')
    .replace(/\[\[:?([^\]|]+)(?:\|([^\]]+))?\]\]/g, (_, page: string, words?: string) => `<a href="/wiki/${encodeURIComponent(page.trim().replaceAll(' ', '_'))}">${words ?? page}</a>`);
