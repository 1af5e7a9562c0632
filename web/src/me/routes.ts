/** The reader's own pages: what waits for them, their notices, settings, sessions. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

export const mePages: RouteRecordRaw[] = [
  { path: '/home', component: () => import('./home.vue') },
  { path: '/notifications', component: () => import('./notifications.vue') },
  { path: '/me', component: () => withWords('settings', import('./settings.vue')) },
  { path: '/me/sessions', component: () => import('./sessions.vue') },
  { path: '/signed-in', component: () => import('./signed-in.vue') },
];
