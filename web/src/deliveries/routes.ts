/** Pages of deliveries. */
import type { RouteRecordRaw } from 'vue-router';

const form = () => import('./edit.vue');
const meta = { help: 'sending' };

export const deliveryPages: RouteRecordRaw[] = [
  { path: '/deliveries', component: () => import('./list.vue'), meta },
  { path: '/deliveries/new', component: form, meta: { ...meta, form: 'delivery' } },
  { path: '/deliveries/:id(\\d+)/edit', component: form, meta: { ...meta, form: 'delivery' } },
  { path: '/deliveries/:id(\\d+)/:section(targets|message|timeline)?', component: () => import('./page.vue'), meta },
];
