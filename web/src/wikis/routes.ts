/** Pages of wikis. */
import type { RouteRecordRaw } from 'vue-router';

export const wikiPages: RouteRecordRaw[] = [
  { path: '/wikis', component: () => import('./list.vue'), meta: { help: 'administering' } },
  { path: '/wikis/new', component: () => import('./new.vue'), meta: { help: 'administering' } },
  { path: '/wikis/:id(\\d+)', component: () => import('./page.vue'), meta: { help: 'administering' } },
  { path: '/wikis/:id(\\d+)/edit', component: () => import('./edit.vue'), meta: { help: 'administering' } },
];
