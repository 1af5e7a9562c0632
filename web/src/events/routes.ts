/** Pages of events. */
import type { RouteRecordRaw } from 'vue-router';

const form = () => import('./edit.vue');
const meta = { help: 'organizing' };

export const eventPages: RouteRecordRaw[] = [
  { path: '/events', component: () => import('./list.vue'), meta },
  { path: '/events/new', component: form, meta: { ...meta, form: 'event' } },
  { path: '/events/:id(\\d+)/edit', component: form, meta: { ...meta, form: 'event' } },
  { path: '/events/:id(\\d+)/:section(timeline)?', component: () => import('./page.vue'), meta },
];
