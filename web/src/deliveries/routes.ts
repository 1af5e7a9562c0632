/** Pages of deliveries. */
import type { RouteRecordRaw } from 'vue-router';

export const deliveryPages: RouteRecordRaw[] = [
  { path: '/deliveries', component: () => import('./list.vue'), meta: { help: 'deliveries' } },
  { path: '/deliveries/:id(\\d+)', component: () => import('./page.vue'), meta: { help: 'deliveries' } },
];
