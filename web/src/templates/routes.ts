/** Pages of templates. Their words are those of account requests, which they answer. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'answering-requests' };

export const templatePages: RouteRecordRaw[] = [
  { path: '/templates', component: () => withWords('requests', import('./list.vue')), meta },
  { path: '/templates/new', component: () => withWords('requests', import('./new.vue')), meta },
  { path: '/templates/:id(\\d+)', component: () => withWords('requests', import('./page.vue')), meta },
  { path: '/templates/:id(\\d+)/edit', component: () => withWords('requests', import('./edit.vue')), meta },
];
