/** Pages of events. Their words come along with them. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const form = () => withWords('events', import('./edit.vue'));
const meta = { help: 'organizing' };

export const eventPages: RouteRecordRaw[] = [
  { path: '/events', component: () => withWords('events', import('./list.vue')), meta },
  { path: '/events/new', component: form, meta: { ...meta, form: 'event' } },
  { path: '/events/:id(\\d+)/edit', component: form, meta: { ...meta, form: 'event' } },
  { path: '/events/:id(\\d+)/:section(timeline)?', component: () => withWords('events', import('./page.vue')), meta },
];
