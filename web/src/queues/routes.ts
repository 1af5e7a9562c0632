/** Pages of queues. Requests know what those are called that Reeve itself sends some to. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const both = <T>(page: Promise<T>): Promise<T> => withWords('queues', withWords('requests', page));
const meta = { help: 'queues-and-forms' };

export const queuePages: RouteRecordRaw[] = [
  { path: '/queues', component: () => both(import('./list.vue')), meta },
  { path: '/queues/new', component: () => both(import('./new.vue')), meta },
  { path: '/queues/:id(\\d+)', component: () => both(import('./page.vue')), meta },
  { path: '/queues/:id(\\d+)/edit', component: () => both(import('./edit.vue')), meta },
];
