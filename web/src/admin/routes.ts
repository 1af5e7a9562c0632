/** What admins look at: roles, the matrix of permissions, the configuration, what is held of one person. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

export const adminPages: RouteRecordRaw[] = [
  { path: '/roles', component: () => import('./roles.vue'), meta: { help: 'administering' } },
  { path: '/permissions', component: () => import('./permissions.vue'), meta: { help: 'administering' } },
  { path: '/settings', component: () => import('./settings.vue'), meta: { help: 'administering' } },
  { path: '/privacy', component: () => withWords('privacy', import('./privacy.vue')), meta: { help: 'administering' } },
];
