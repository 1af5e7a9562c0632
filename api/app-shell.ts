/**
 * The front end's one document, for every address that is a page of the app, and its hashed files. Language, direction,
 * theme and text size are filled in, so that nothing jumps or flashes when the script takes over. Built from web/ (scripts/supply/front-end.mjs).
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import { ReeveError } from '../config/errors';
import type { User } from '../db/entities/user';
import { askingOf, type Api } from './context';
import { showError } from './pages/error-page';
import { askedLanguage, isRightToLeft } from './pages/language';

const dist = join(__dirname, '../web/dist');
const YEAR_S = 31_536_000;
/** First part of a page's path. What the app does not know below it, it says itself. */
const AREAS = ['home', 'me', 'notifications', 'events', 'requests', 'queues', 'forms', 'bans', 'comments', 'templates', 'deliveries', 'target-lists', 'operations', 'log', 'audits', 'users', 'memberships', 'roles', 'permissions', 'wikis', 'settings', 'privacy', 'keys', 'signed-in'];

const headers = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"], connectSrc: ["'self'"], frameSrc: ["'self'"], formAction: ["'self'"],
    baseUri: ["'none'"], frameAncestors: ["'none'"], requireTrustedTypesFor: ["'script'"], trustedTypes: ['vue'],
  },
});

export function appShell({ kernel }: Pick<Api, 'kernel'>): Router {
  const router = Router();
  router.use('/app', express.static(dist, { index: false, redirect: false, setHeaders: (res, path) => res.setHeader('Cache-Control', path.includes('/assets/') ? `public, max-age=${YEAR_S}, immutable` : 'no-cache') }));
  router.get(AREAS.flatMap((area) => [`/${area}`, `/${area}/*rest`]), headers as RequestHandler, async (req, res) => {
    const { person } = askingOf(req);
    if (!person) return res.redirect(303, `/sign-in?next=${encodeURIComponent(req.originalUrl)}`);
    res.setHeader('Cache-Control', 'no-store').type('html').send(documentFor(req, person.language, await looksOf(kernel, person.id)));
  });
  router.use(showError);
  return router;
}

type Looks = Pick<User, 'theme' | 'textSize'>;
const looksOf = async ({ pool }: Api['kernel'], userId: number): Promise<Looks> => (await pool.query<Looks>('select theme, text_size as "textSize" from "user" where id = $1', [userId])).rows[0]!;
/** Where the dark stylesheet counts; the script goes on with the same (web/src/shell/me.ts). */
const DARK = { auto: 'screen and (prefers-color-scheme: dark)', light: 'not all', dark: 'screen' };

let template: { text: string; madeAtMs: number } | undefined;

/** @throws ReeveError unavailable while nobody has built it */
function documentFor(req: Request, own: string, { theme, textSize }: Looks): string {
  const file = join(dist, 'index.html');
  const madeAtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (madeAtMs === undefined) throw new ReeveError('unavailable', 'The front end is not built yet: npm run build.');
  if (template?.madeAtMs !== madeAtMs) template = { text: readFileSync(file, 'utf8'), madeAtMs };
  const lang = askedLanguage(req.query.uselang) ?? own;
  return template.text
    .replace('<html lang="en" dir="ltr" data-theme="auto" data-text-size="medium"', `<html lang="${lang}" dir="${isRightToLeft(lang) ? 'rtl' : 'ltr'}" data-theme="${theme}" data-text-size="${textSize}"`)
    .replace(`media="${DARK.auto}"`, `media="${DARK[theme]}"`);
}
