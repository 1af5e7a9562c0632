/** Pages of API keys. */
import type { RouteRecordRaw } from 'vue-router';

export const keyPages: RouteRecordRaw[] = [
  { path: '/keys', component: () => import('./list.vue'), meta: { help: 'administering' } },
  { path: '/keys/new', component: () => import('./new.vue'), meta: { help: 'administering' } },
  { path: '/keys/:id(\\d+)', component: () => import('./page.vue'), meta: { help: 'administering' } },
];
