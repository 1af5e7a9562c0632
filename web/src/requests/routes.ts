/** Pages of account requests. Their words come along with them. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'answering-requests' };

export const requestPages: RouteRecordRaw[] = [
  { path: '/requests', component: () => withWords('requests', import('./list.vue')), meta },
  { path: '/requests/statistics', component: () => withWords('requests', import('./statistics.vue')), meta },
  { path: '/requests/:id(\\d+)/:section(timeline)?', component: () => withWords('requests', import('./page.vue')), meta },
];
