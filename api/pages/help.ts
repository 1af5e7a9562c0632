/**
 * /help and /help/:page: docs/using/*.md as pages, in the reader's language where docs/using/<language>/ has them. Each has
 * an address that the app's pages link as their Help. No raw HTML of theirs comes through.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { sendPublic } from './frame';
import { attributes, html, Html } from './html';
import { isRightToLeft, wordsFor, wordsIn, type Words } from './language';

interface HelpPage {
  name: string;
  /** What it is written in: English where nobody has translated it yet. */
  language: string;
  title: string;
  html: Html;
}

const folder = join(__dirname, '../../docs/using');
const KEEP_S = 300;
/** The order of the contents. What is not named here comes last. */
const ORDER = ['signing-in', 'finding-your-way', 'asking-for-an-account', 'sending', 'target-lists', 'warnings', 'outcomes', 'approving', 'organizing', 'answering-requests', 'queues-and-forms', 'keeping-out', 'auditing', 'operating', 'administering', 'public'];

export const showHelp: RequestHandler = async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  const all = await pagesIn(words);
  await sendPublic(req, res, { title: words.text('public.nav.help'), words, here: '/help', keepS: KEEP_S }, html`
<h1>${say('public.nav.help')}</h1>
<ul class="contents">${all.map((page) => html`<li><a href="${link(`/help/${page.name}`)}"${written(page, words)}>${page.title}</a></li>`)}</ul>
<p>${say('public.help.api', html`<a href="/api/docs/">OpenAPI</a>`)}</p>`);
};

export const showHelpPage: RequestHandler = async (req, res) => {
  const words = wordsFor(req);
  const page = (await pagesIn(words)).find(({ name }) => name === req.params.page);
  if (!page) throw new ReeveError('not-found');
  await sendPublic(req, res, { title: `${page.title} · ${words.text('public.nav.help')}`, words, here: '/help', trail: [[words.say('public.nav.help'), '/help']], keepS: KEEP_S }, html`
${page.language !== words.language && html`<p class="subtle">${words.say('public.help.english')}</p>`}<article${written(page, words)}>${linked(page.html, words)}</article>`);
};

/** Where a page is in another language than what stands around it. */
const written = ({ language }: HelpPage, words: Words): Html => attributes(language === words.language ? {} : { lang: language, dir: isRightToLeft(language) ? 'rtl' : 'ltr' });

/** Links between the pages keep the language that was asked for. */
const linked = (page: Html, { link }: Words): Html => new Html(page.text.replace(/href="(\/[^"]*)"/g, (_, path: string) => html`href="${link(path)}"`.text));

const known = new Map<string, Promise<HelpPage[]>>();
export function pagesIn(words: Words): Promise<HelpPage[]> {
  let pages = known.get(words.language);
  if (!pages) known.set(words.language, (pages = Promise.all(names().map((name) => read(name, words)))));
  return pages;
}
const names = (): string[] => readdirSync(folder).filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3)).sort((a, b) => placeOf(a) - placeOf(b));
const placeOf = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** In English beside the folders of the other languages. */
async function read(name: string, words: Words): Promise<HelpPage> {
  const translated = join(folder, words.language, `${name}.md`);
  const language = existsSync(translated) ? words.language : 'en';
  const text = readFileSync(language === 'en' ? join(folder, `${name}.md`) : translated, 'utf8').replace(/^<!--.*-->\n/gm, ''); // notes for who writes them
  return { name, language, title: /^# (.+)$/m.exec(text)![1]!, html: new Html((await markdown()).render(text, { table: wordsIn(language).text('public.help.table') })) };
}

/** @returns a renderer that escapes HTML, gives headings an address, and leads from file to page. It is told what a table is called for who hears the page. */
async function markdown() {
  const { default: MarkdownIt } = await import('markdown-it'); // only who reads the help waits for it
  const renderer = new MarkdownIt({ html: false });
  const { rules } = renderer.renderer;
  rules.heading_open = (tokens, i, options, _env, self) => {
    tokens[i]!.attrSet('id', slug(tokens[i + 1]!.content));
    return self.renderToken(tokens, i, options);
  };
  rules.link_open = (tokens, i, options, _env, self) => {
    const href = String(tokens[i]!.attrGet('href'));
    tokens[i]!.attrSet('href', href.replace(/^([\w-]+)\.md(#.*)?$/, '/help/$1$2'));
    return self.renderToken(tokens, i, options);
  };
  rules.table_open = (_tokens, _i, _options, env) => html`<div class="cdx-table"><div class="cdx-table__table-wrapper" tabindex="0" role="group" aria-label="${String(env!.table)}"><table class="cdx-table__table plain">`.text;
  rules.code_inline = (tokens, i) => html`<code dir="ltr">${tokens[i]!.content}</code>`.text; // also where the page runs from right to left
  rules.table_close = () => '</table></div></div>';
  return renderer;
}

/** As GitHub makes them. */
const slug = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
