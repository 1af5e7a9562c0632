/** /source: which version runs here, of which commit, and where everybody gets the source that belongs to it. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Router } from 'express';
import { dependencies, version } from '../../package.json';
import type { Api } from '../context';
import { table } from './codex';
import { sendPublic } from './frame';
import { html } from './html';
import { wordsFor } from './language';

const root = join(__dirname, '../..');
/** Written by the front end's build: the licences of what is in the bundle. */
const bundled = join(root, 'web/dist/LICENSES.md');
const KEEP_S = 300;

export function source({ config }: Pick<Api, 'config'>): Router {
  const router = Router();
  const checkedOut = checkout();
  const commit = config.REEVE_COMMIT ?? checkedOut;
  const archive = `reeve-${checkedOut?.slice(0, 12)}.tar.gz`;
  const where = config.REEVE_SOURCE_URL?.replaceAll('{commit}', commit ?? 'HEAD') ?? (checkedOut && `/source/${archive}`);
  const texts: Record<string, string> = { LICENSE: join(root, 'LICENSE'), 'LICENSES.md': bundled };
  let packed: Promise<{ stdout: Buffer }> | undefined;

  router.get('/source', async (req, res) => {
    const words = wordsFor(req);
    const { say } = words;
    await sendPublic(req, res, { title: words.text('public.source.title'), words, keepS: KEEP_S }, html`
<h1>${say('public.source.title')}</h1>
<p>${say('public.source.about')}</p>
<dl class="facts">
<dt>${say('public.source.version')}</dt><dd>${version}</dd>
<dt>${say('public.source.commit')}</dt><dd>${commit ? html`<code>${commit}</code>` : say('public.source.unknown')}</dd>
<dt>${say('public.source.where')}</dt><dd>${where ? html`<a href="${where}">${where.startsWith('/') ? archive : where}</a>` : say('public.source.nowhere')}</dd>
<dt>${say('public.source.licence')}</dt><dd><a href="/source/LICENSE">GPL-3.0-or-later</a></dd>
</dl>
${table(say('public.source.parts'), [{ name: say('public.source.part') }, { name: say('public.source.version') }, { name: say('public.source.licence') }], parts().map((one) => [html`<bdi>${one.name}</bdi>`, one.version, html`<bdi>${one.licence}</bdi>`]))}
${existsSync(bundled) && html`<p><a href="/source/LICENSES.md">${say('public.source.bundle')}</a></p>`}`);
  });
  router.get('/source/:file', async (req, res, next) => {
    const file = String(req.params.file);
    const text = texts[file];
    res.setHeader('Cache-Control', `public, max-age=${KEEP_S}`);
    if (text && existsSync(text)) return res.type('text/plain; charset=utf-8').end(readFileSync(text));
    if (file !== archive || where !== `/source/${archive}`) return next();
    packed ??= promisify(execFile)('git', ['archive', '--format=tar.gz', `--prefix=reeve-${version}/`, checkedOut!], { cwd: root, encoding: 'buffer', maxBuffer: MOST_BYTES });
    res.type('application/gzip').end((await packed).stdout);
  });
  return router;
}

const MOST_BYTES = 64 * 1024 * 1024;

interface Part {
  name: string;
  version: string;
  licence: string;
}
let known: Part[] | undefined;
/** What runs here beside our own code. */
const parts = (): Part[] =>
  (known ??= Object.entries(dependencies).map(([name, wanted]) => {
    const { license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { license?: string };
    return { name, version: wanted, licence: license ?? '–' };
  }));

/** The commit that is checked out here; none where there is no checkout, or no git. */
function checkout(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}
