/** Pages of accounts. */
import type { RouteRecordRaw } from 'vue-router';

export const userPages: RouteRecordRaw[] = [
  { path: '/users', component: () => import('./list.vue'), meta: { help: 'administering' } },
  { path: '/users/new', component: () => import('./new.vue'), meta: { help: 'administering' } },
  { path: '/users/:id(\\d+)', component: () => import('./page.vue'), meta: { help: 'administering' } },
  { path: '/users/:id(\\d+)/edit', component: () => import('./edit.vue'), meta: { help: 'administering' } },
];
