/** Pages of queues. Their words are those of account requests, which wait in them. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'queues-and-forms' };

export const queuePages: RouteRecordRaw[] = [
  { path: '/queues', component: () => withWords('requests', import('./list.vue')), meta },
  { path: '/queues/new', component: () => withWords('requests', import('./new.vue')), meta },
  { path: '/queues/:id(\\d+)', component: () => withWords('requests', import('./page.vue')), meta },
  { path: '/queues/:id(\\d+)/edit', component: () => withWords('requests', import('./edit.vue')), meta },
];
