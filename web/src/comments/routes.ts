/** Pages of comments in which an address was found. Their words are those of account requests, beside which they stand. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'answering-requests' };

export const commentPages: RouteRecordRaw[] = [
  { path: '/comments', component: () => withWords('requests', import('./list.vue')), meta },
  { path: '/comments/:id(\\d+)', component: () => withWords('requests', import('./page.vue')), meta },
  { path: '/comments/:id(\\d+)/edit', component: () => withWords('requests', import('./edit.vue')), meta },
];
