/** Builds the front end into web/dist: `npm run build`, and by itself at `npm start` and `npm test` when a source has changed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';
import { countries } from './countries.mts';
import { diagrams } from './diagrams.mts';

/** What every list is made of at first: one file, so that a page is few requests (npm run bench -- web). What the account desk and events need have a file of their own besides. */
const BLOCKS = /\/web\/src\/(shared\/(list-page|copy|schema-form|schema-fields|act-dialog|acts|problem|state-chip|chips|cells|live|instant|things|verbs)|(?!(?:bans|comments|events|forms|keys|memberships|queues|requests|templates)\/)[\w-]+\/(verbs|wikis|hosts|formats|codes))\.(vue|ts)/;
/** What stands around every page, with the libraries; the entry itself is in it, so that it is one file, too. */
const SHELL = /\/node_modules\/(@vue|vue|vue-router|@tanstack|banana-i18n|@wikimedia)\/|\/web\/(?:index\.html$|src\/(main\.ts|shell\/(?!not-found)|shared\/(base\.css|announce|api|clock|data|empty|fields|focus|keys|loading|page|wide|words)))/;
/** The icon, in the document itself. */
const icon = (): Plugin => ({ name: 'icon', transformIndexHtml: (html) => html.replace('/assets/reeve.svg', `data:image/svg+xml,${encodeURIComponent(readFileSync(join(here, '../api/pages/assets/reeve.svg'), 'utf8'))}`) });

const here = dirname(fileURLToPath(import.meta.url));
const i18n = join(here, 'i18n');
/** Parts whose texts only the server shows. */
const SERVER_ONLY = new Set(['mails', 'public', 'help']);
/** Parts whose texts stand on pages of their own area only, and come with them: nobody else has to fetch them. */
const APART = ['audits', 'events', 'log', 'privacy', 'queues', 'requests', 'settings'];

/** `virtual:words`: a lazy chunk per language, all parts of web/i18n in one; and one more for each part that stands apart. */
function words(): Plugin {
  const together = () => readdirSync(i18n, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !SERVER_ONLY.has(entry.name) && !APART.includes(entry.name)).map(({ name }) => name);
  const languages = (parts: string[]) => [...new Set(parts.flatMap((part) => readdirSync(join(i18n, part))))].filter((file) => file !== 'qqq.json').map((file) => file.replace('.json', ''));
  const chunks = (parts: string[], under = '') => `{ ${languages(parts).map((tag) => `${JSON.stringify(tag)}: () => import('virtual:words/${tag}${under}')`).join(', ')} }`;
  return {
    name: 'words',
    resolveId: (id) => (id.startsWith('virtual:words') ? `\0${id}` : undefined),
    load(id) {
      if (id === '\0virtual:words') return `export default ${chunks(together())};\nexport const apart = { ${APART.map((part) => `${JSON.stringify(part)}: ${chunks([part], `/${part}`)}`).join(', ')} };`;
      if (!id.startsWith('\0virtual:words/')) return undefined;
      const [tag, alone] = id.slice('\0virtual:words/'.length).split('/') as [string, string?];
      const texts: Record<string, string> = {};
      for (const part of alone === undefined ? together() : [alone]) {
        const file = join(i18n, part, `${tag}.json`);
        if (!existsSync(file)) continue; // nobody has translated this part yet
        this.addWatchFile(file);
        const { '@metadata': _, ...own } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
        for (const [key, text] of Object.entries(own)) {
          if (key in texts) throw new Error(`web/i18n/${part}/${tag}.json: another part has the key ${key}, too.`);
          texts[key] = text;
        }
      }
      return `export default ${JSON.stringify(texts)};`;
    },
  };
}

/** The dark theme overrides the light one: its link stands last. */
const darkLast = (): Plugin => ({
  name: 'dark-last',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => {
      const link = /<link id="dark"[^>]*>/.exec(html)?.[0];
      return link ? html.replace(link, '').replace('</head>', `${link}\n  </head>`) : html;
    },
  },
});

export default defineConfig({
  root: here,
  base: '/app/',
  publicDir: false,
  plugins: [vue(), words(), darkLast(), icon(), countries(join(here, '../config/countries.ts')), diagrams(join(here, '../machines'))],
  define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    license: { fileName: 'LICENSES.md' },
    target: 'es2022',
    assetsInlineLimit: 0,
    rollupOptions: { output: { manualChunks: (id) => (BLOCKS.test(id) ? 'blocks' : SHELL.test(id) ? 'shell' : undefined) } },
  },
});
