/** Pages of memberships: who holds which role, who applies for one. */
import type { RouteRecordRaw } from 'vue-router';

export const membershipPages: RouteRecordRaw[] = [
  { path: '/memberships', component: () => import('./list.vue'), meta: { help: 'administering' } },
  { path: '/memberships/new', component: () => import('./new.vue'), meta: { help: 'administering' } },
  { path: '/memberships/:id(\\d+)', component: () => import('./page.vue'), meta: { help: 'administering' } },
];
