/**
 * The style sheets of the public pages, made once at start: Codex' tokens, of its components only those that codex.ts
 * draws, then base.css, which is the app's, too, and public.css; dark apart. Served compressed, under their hash, for ever.
 * Called by public-router.ts and frame.ts.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Router } from 'express';

interface Sheet {
  href: string;
  text: Buffer;
  packed: Record<'br' | 'gzip', Buffer>;
}

const COMPONENTS = ['button', 'checkbox', 'field', 'info-chip', 'label', 'message', 'radio', 'select', 'table', 'text-area', 'text-input'];

let made: { all: Sheet; dark: Sheet } | undefined;
export const sheets = (): { all: Sheet; dark: Sheet } =>
  (made ??= {
    all: sheet('public', [dependency('codex-design-tokens/theme-wikimedia-ui.css'), only(dependency('codex/codex.style-bidi.css'), COMPONENTS), ...['../../web/src/shared/base.css', 'assets/public.css'].map((file) => readFileSync(join(__dirname, file), 'utf8'))].join('\n')),
    dark: sheet('dark', dependency('codex-design-tokens/theme-wikimedia-ui-mode-dark.css')),
  });

export function styles(): Router {
  const router = Router();
  for (const { href, text, packed } of Object.values(sheets()))
    router.get(href, (req, res) => {
      const encoding = req.acceptsEncodings(['br', 'gzip']) as 'br' | 'gzip' | false;
      if (encoding) res.setHeader('Content-Encoding', encoding);
      res.type('css').setHeader('Cache-Control', 'public, max-age=31536000, immutable').vary('Accept-Encoding').end(encoding ? packed[encoding] : text);
    });
  return router;
}

/** Those rules of a style sheet whose every selector names no other component than these. */
export function only(css: string, components: string[]): string {
  const kept = new RegExp(`^\\.cdx-(?:${components.join('|')})(?![a-z]|-[a-z])`);
  // Codex' other icon for notices in Arabic would stand in warnings and errors, too.
  const wanted = (selector: string): boolean => (selector.match(/\.cdx-[\w-]+/g) ?? []).every((name) => kept.test(name)) && !/icon:lang\(/.test(selector);
  const rules: string[] = [];
  for (const { head, body } of blocks(css)) {
    if (/^@(?:media|supports)/.test(head)) {
      const inner = only(body, components);
      if (inner) rules.push(`${head}{${inner}}`);
    } else if (!head.startsWith('@')) {
      const selectors = split(head).filter(wanted);
      if (selectors.length) rules.push(`${selectors.join(',')}{${body}}`);
    }
  }
  return rules.join('');
}

/** Top-level blocks: what stands before a brace, and what stands in it. Braces in quoted texts do not count. */
function* blocks(css: string): Generator<{ head: string; body: string }> {
  let [start, open, depth] = [0, 0, 0];
  for (const { 0: sign, index } of css.matchAll(/"[^"]*"|'[^']*'|\/\*[\s\S]*?\*\/|[{}]/g)) {
    if (sign === '{' && depth++ === 0) open = index;
    if (sign !== '}' || --depth !== 0) continue;
    yield { head: css.slice(start, open).trim(), body: css.slice(open + 1, index) };
    start = index + 1;
  }
}

/** At commas that stand in no brackets. */
const split = (selectors: string): string[] => selectors.split(/,(?![^(]*\))/);

const dependency = (path: string): string => {
  const [name, file] = path.split('/');
  return readFileSync(join(__dirname, `../../node_modules/@wikimedia/${name}/dist/${file}`), 'utf8');
};

function sheet(name: string, css: string): Sheet {
  const text = Buffer.from(css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '\n').trim());
  return { href: `/assets/${name}.${createHash('sha256').update(text).digest('hex').slice(0, 12)}.css`, text, packed: { br: brotliCompressSync(text), gzip: gzipSync(text, { level: 9 }) } };
}
