/** Starts the front end: who is reading, in which language, then the page that the address names. */
import '@wikimedia/codex-design-tokens/theme-wikimedia-ui.css';
import '@wikimedia/codex/dist/codex.style-bidi.css';
import './shared/base.css';
import './shared/app.css';
import { VueQueryPlugin } from '@tanstack/vue-query';
import { createApp } from 'vue';
import { Problem } from './shared/api';
import { client } from './shared/data';
import { has, loadWords, t } from './shared/words';
import App from './shell/app.vue';
import { readMe } from './shell/me';
import { makeRouter } from './shell/router';

async function start(): Promise<void> {
  const [me] = await Promise.allSettled([readMe(), loadWords()]);
  if ('reason' in me && me.reason instanceof Problem && me.reason.status === 401) {
    location.replace(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const app = createApp(App);
  app.provide('CdxI18nFunction', (key: string, ...values: (string | number)[]) => (has(key) ? t(key, ...values) : null));
  app.use(VueQueryPlugin, { queryClient: client }).use(makeRouter()).mount('#app');
}

void start();
