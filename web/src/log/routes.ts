/** The page of the audit log. */
import type { RouteRecordRaw } from 'vue-router';

export const logPages: RouteRecordRaw[] = [{ path: '/log', component: () => import('./list.vue'), meta: { help: 'operating' } }];
