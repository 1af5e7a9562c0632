/** Pages of forms for account requests. Their words are those of queues, which use them. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'queues-and-forms' };
const form = () => withWords('queues', import('./edit.vue'));

export const formPages: RouteRecordRaw[] = [
  { path: '/forms', component: () => withWords('queues', import('./list.vue')), meta },
  { path: '/forms/new', component: form, meta: { ...meta, form: 'form' } },
  { path: '/forms/:id(\\d+)', component: () => withWords('queues', import('./page.vue')), meta },
  { path: '/forms/:id(\\d+)/edit', component: form, meta: { ...meta, form: 'form' } },
];
