/** Pages of target lists. */
import type { RouteRecordRaw } from 'vue-router';

export const targetListPages: RouteRecordRaw[] = [
  { path: '/target-lists', component: () => import('./list.vue'), meta: { help: 'target-lists' } },
  { path: '/target-lists/new', component: () => import('./new.vue'), meta: { help: 'target-lists' } },
  { path: '/target-lists/:id(\\d+)/:section(lines|problems|revisions|edit)?', component: () => import('./page.vue'), meta: { help: 'target-lists' } },
  { path: '/target-lists/:id(\\d+)/:section(revisions)/:revision(\\d+)', component: () => import('./page.vue'), meta: { help: 'target-lists' } },
];
