/** Pages of bans. Their words are those of account requests, beside which they stand. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

const meta = { help: 'keeping-out' };

export const banPages: RouteRecordRaw[] = [
  { path: '/bans', component: () => withWords('requests', import('./list.vue')), meta },
  { path: '/bans/new', component: () => withWords('requests', import('./new.vue')), meta },
  { path: '/bans/:id(\\d+)', component: () => withWords('requests', import('./page.vue')), meta },
];
