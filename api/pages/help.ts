/** /help and /help/:page: docs/using/*.md as pages, each with an address that the app's pages link as their Help. No raw HTML of theirs comes through. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { ReeveError } from '../../config/errors';
import { sendPublic } from './frame';
import { html, Html } from './html';
import { wordsFor, type Words } from './language';

interface HelpPage {
  name: string;
  title: string;
  html: Html;
}

const folder = join(__dirname, '../../docs/using');
const KEEP_S = 300;
/** The order of the contents. What is not named here comes last. */
const ORDER = ['sending', 'target-lists', 'warnings', 'outcomes', 'approving', 'operating', 'administering', 'public'];

export const showHelp: RequestHandler = async (req, res) => {
  const words = wordsFor(req);
  const { say, link } = words;
  await sendPublic(req, res, { title: words.text('public.nav.help'), words, here: '/help', keepS: KEEP_S }, html`
<h1>${say('public.nav.help')}</h1>
${inEnglish(words)}
<ul class="contents" lang="en" dir="ltr">${(await pages()).map(({ name, title }) => html`<li><a href="${link(`/help/${name}`)}">${title}</a></li>`)}</ul>
<p>${say('public.help.api', html`<a href="/api/docs/">OpenAPI</a>`)}</p>`);
};

export const showHelpPage: RequestHandler = async (req, res) => {
  const page = (await pages()).find(({ name }) => name === req.params.page);
  if (!page) throw new ReeveError('not-found');
  const words = wordsFor(req);
  await sendPublic(req, res, { title: `${page.title} · ${words.text('public.nav.help')}`, words, here: '/help', trail: [[words.say('public.nav.help'), '/help']], keepS: KEEP_S }, html`
${inEnglish(words)}<article lang="en" dir="ltr">${linked(page.html, words)}</article>`);
};

/** Its pages are written in English so far. */
const inEnglish = ({ language, say }: Words): Html | false => language !== 'en' && html`<p class="subtle">${say('public.help.english')}</p>`;

/** Links between the pages keep the language that was asked for. */
const linked = (page: Html, { link }: Words): Html => new Html(page.text.replace(/href="(\/[^"]*)"/g, (_, path: string) => html`href="${link(path)}"`.text));

let known: Promise<HelpPage[]> | undefined;
const pages = (): Promise<HelpPage[]> => (known ??= Promise.all(readdirSync(folder).filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3)).sort((a, b) => placeOf(a) - placeOf(b)).map(read)));
const placeOf = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

async function read(name: string): Promise<HelpPage> {
  const text = readFileSync(join(folder, `${name}.md`), 'utf8').replace(/^<!--.*-->\n/gm, ''); // notes for who writes them
  return { name, title: /^# (.+)$/m.exec(text)![1]!, html: new Html((await markdown()).render(text)) };
}

/** @returns a renderer that escapes HTML, gives headings an address, and leads from file to page. */
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
  rules.table_open = () => '<div class="cdx-table"><div class="cdx-table__table-wrapper" tabindex="0" role="group" aria-label="Table"><table class="cdx-table__table plain">';
  rules.table_close = () => '</table></div></div>';
  return renderer;
}

/** As GitHub makes them. */
const slug = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
