/** Pages of operations. A workflow's id stands percent-encoded in the address; where a proxy decodes it, as plain path. */
import type { RouteRecordRaw } from 'vue-router';

export const operationPages: RouteRecordRaw[] = [
  { path: '/operations', component: () => import('./list.vue'), meta: { help: 'operating' } },
  { path: '/operations/system', component: () => import('./system.vue'), meta: { help: 'operating' } },
  { path: '/operations/:workflowId(.+)', component: () => import('./page.vue'), meta: { help: 'operating' } },
];
