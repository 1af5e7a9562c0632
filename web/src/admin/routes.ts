/** What admins look at: roles, the matrix of permissions, the configuration. */
import type { RouteRecordRaw } from 'vue-router';

export const adminPages: RouteRecordRaw[] = [
  { path: '/roles', component: () => import('./roles.vue'), meta: { help: 'administering' } },
  { path: '/permissions', component: () => import('./permissions.vue'), meta: { help: 'administering' } },
  { path: '/settings', component: () => import('./settings.vue'), meta: { help: 'administering' } },
];
