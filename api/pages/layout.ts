/** The frame of every page: landmarks, navigation, who is signed in, and where the source is. Called by the pages beside it. */
import { createHash, randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import { version } from '../../package.json';
import { holds } from '../../policies/actor';
import { askingOf } from '../context';
import { csrfToken } from '../middleware/csrf';
import { html, type Child, type Html } from './html';

export interface Frame {
  title: string;
  status?: number;
  /** The address that the navigation marks as the present one. */
  here?: string;
  /** The same page for everybody: who is signed in is not shown. */
  open?: boolean;
  /** Way back: name and address. */
  trail?: [string, string][];
  /** Seconds after which the page is read again where no script runs; the script at /assets/progress.js does better. */
  live?: number;
}

/** Inside a frame: a wiki's own styles do not come along. A frame inherits the page's policy, which knows this text by its hash. */
const FRAME_STYLE = 'body{margin:.75rem;font:1rem/1.6 sans-serif;color:#202122;background:#fff;overflow-wrap:anywhere}h1,h2{font-weight:400;border-block-end:1px solid #a2a9b1}a{color:#36c}@media(prefers-color-scheme:dark){body{color:#eaecf0;background:#101418}a{color:#88a3e8}}';

/** Foreign HTML as the `srcdoc` of a frame with `sandbox`: it runs nothing and loads nothing. */
export const framed = (foreign: string): string => `<!doctype html><meta charset="utf-8"><style>${FRAME_STYLE}</style>${foreign}`;

const pageHeaders = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'", `'sha256-${createHash('sha256').update(FRAME_STYLE).digest('base64')}'`], imgSrc: ["'self'", 'data:'], connectSrc: ["'self'"], formAction: ["'self'"],
    baseUri: ["'none'"], frameAncestors: ["'none'"], requireTrustedTypesFor: ["'script'"], trustedTypes: ["'none'"],
  },
});

export function sendPage(req: Request, res: Response, frame: Frame, main: Child): void {
  pageHeaders(req, res, () => {});
  res.status(frame.status ?? 200).setHeader('Cache-Control', 'no-store');
  res.type('html').send(document(req, frame, main).text);
}

/** Hidden fields of every form: nobody else's site sends it, and sending it twice does it once. */
export const formMarks = (req: Request): Html =>
  html`${askingOf(req).actor.kind === 'user' && html`<input type="hidden" name="_csrf" value="${csrfToken(req)}">`}<input type="hidden" name="_key" value="${randomUUID()}">`;

const document = (req: Request, frame: Frame, main: Child): Html => html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${frame.title} · Reeve</title>
<link rel="stylesheet" href="/assets/reeve.css">
<link rel="icon" href="/assets/reeve.svg" type="image/svg+xml">
${frame.live && html`<noscript><meta http-equiv="refresh" content="${frame.live}"></noscript><script src="/assets/progress.js" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="site"><div><a class="brand" href="/">Reeve</a>${navigation(req, frame)}</div></header>
<main id="main">
${frame.trail && html`<nav class="trail" aria-label="Way back"><ul>${frame.trail.map(([name, address]) => html`<li><a href="${address}">${name}</a></li>`)}</ul></nav>`}
${main}
</main>
<footer class="site"><div><p>Reeve ${version} · free software, GPL-3.0-or-later · <a href="/api/docs">API</a></p></div></footer>
</body>
</html>
`;

function navigation(req: Request, { here, open }: Frame): Html {
  if (open) return html`<nav aria-label="Areas"><ul><li><a href="/public/log"${here === '/public/log' && html` aria-current="page"`}>Messages sent</a></li></ul></nav>`;
  const { actor, person } = askingOf(req);
  if (!person) return html`<div class="account">${here !== '/sign-in' && html`<a href="/sign-in">Sign in</a>`}</div>`;
  const areas: [string, string][] = [
    ['/home', 'Home'],
    ['/deliveries/new', 'New delivery'],
    ...(holds(actor, 'operator', 'admin') ? [['/operations', 'Operations'] as [string, string]] : []),
  ];
  return html`<nav aria-label="Areas"><ul>${areas.map(([address, name]) => html`<li><a href="${address}"${address === here && html` aria-current="page"`}>${name}</a></li>`)}</ul></nav>
<div class="account"><bdi>${person.name}</bdi><form method="post" action="/sign-out">${formMarks(req)}<button class="quiet">Sign out</button></form></div>`;
}
