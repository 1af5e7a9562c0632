/** The frame of every public page: landmarks, way back, languages, and where the source is. No script, no session. */
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { Request, Response } from 'express';
import { version } from '../../package.json';
import { html, type Child, type Html } from './html';
import { languages, type Words } from './language';
import { sheets } from './styles';

export interface Frame {
  /** What the page shows, as plain text. */
  title: string;
  words: Words;
  status?: number;
  /** The address that the navigation marks as the present one. */
  here?: string;
  /** Way back: name and address. */
  trail?: [name: Child, path: string][];
  /** Which page of the help is about it. */
  help?: string;
  /** Name of whoever is signed in, on a page that knows. */
  reader?: string;
  /** Seconds that anybody may keep it; none: a form, or another one for each reader. */
  keepS?: number;
}

const packed = promisify(gzip);
/** Shorter pages gain nothing. */
const WORTH_PACKING = 2_048;

export async function sendPublic(req: Request, res: Response, frame: Frame, main: Child): Promise<void> {
  const { status = 200, keepS } = frame;
  const text = Buffer.from(page(req, frame, main).text);
  res.status(status).type('html').setHeader('Cache-Control', keepS && status === 200 ? `public, max-age=${keepS}` : 'no-store');
  res.setHeader('Content-Language', frame.words.language);
  res.vary('Accept-Language').vary('Accept-Encoding').vary('Cookie');
  // A page with a form holds a secret beside what came in; packed, its length would tell of it.
  if (!keepS || text.length < WORTH_PACKING || !req.acceptsEncodings('gzip')) return void res.end(text);
  const body = await packed(text);
  res.setHeader('Content-Encoding', 'gzip').end(body);
}

/** Dark only where a screen asks for it, so that print stays light. */
const page = (req: Request, { title, words, here, trail, status, help, reader }: Frame, main: Child): Html => html`<!doctype html>
<html lang="${words.language}" dir="${words.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Reeve</title>
<link rel="stylesheet" href="${sheets().all.href}">
<link rel="stylesheet" href="${sheets().dark.href}" media="screen and (prefers-color-scheme: dark)">
<link rel="icon" href="/assets/reeve.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">${words.say('public.skip')}</a>
<header class="site"><div class="bar"><a class="brand" href="${words.link('/')}">Reeve</a>
<nav class="areas" aria-label="${words.text('public.nav.areas')}"><ul>${areas.map(([path, key]) => html`<li><a href="${words.link(path === '/help' && help ? `/help/${help}` : path)}"${path === here && html` aria-current="page"`}>${words.say(key)}</a></li>`)}</ul></nav>
<div class="tools">${reader === undefined ? html`<a href="${words.link('/sign-in')}"${here === '/sign-in' && html` aria-current="page"`}>${words.say('public.nav.sign-in')}</a>` : html`<a href="/me"><bdi>${reader}</bdi></a>`}</div></div></header>
<main id="main" tabindex="-1">
${trail && html`<nav class="trail" aria-label="${words.text('public.nav.trail')}"><ol>${trail.map(([name, path]) => html`<li><a href="${words.link(path)}">${name}</a></li>`)}</ol></nav>`}
${main}
</main>
<footer class="site"><p>${words.say('public.footer', `Reeve ${version}`, html`<a href="${words.link('/source')}">${words.say('public.nav.source')}</a>`)}</p>
<nav class="languages" aria-label="${words.text('public.nav.languages')}"><ul>${[...languages].map(([tag, name]) => html`<li><a href="${choosing(req, tag, status)}" lang="${tag}" hreflang="${tag}" rel="nofollow"${tag === words.language && html` aria-current="true"`}>${name}</a></li>`)}</ul></nav></footer>
</body>
</html>
`;

const areas: [path: string, key: string][] = [['/public/events', 'public.nav.events'], ['/request', 'public.nav.request'], ['/public/log', 'public.nav.log'], ['/help', 'public.nav.help']];

/** This address once more, in another language. Without its path, so that a page that is not there has the same bytes everywhere. */
function choosing(req: Request, language: string, status = 200): string {
  const query = new URLSearchParams(req.method === 'POST' || status === 404 ? '' : req.originalUrl.split('?')[1]);
  query.delete('uselang');
  query.set('setlang', language);
  return `?${query.toString()}`;
}
