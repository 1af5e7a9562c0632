/** The reader's own pages: what waits for them, their notices, settings, sessions. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'finding-your-way' };

export const mePages: RouteRecordRaw[] = [
  { path: '/home', component: () => import('./home.vue'), meta },
  { path: '/notifications', component: () => import('./notifications.vue'), meta },
  { path: '/me', component: () => withWords('settings', import('./settings.vue')), meta },
  { path: '/me/sessions', component: () => import('./sessions.vue'), meta },
  { path: '/signed-in', component: () => import('./signed-in.vue') },
];
