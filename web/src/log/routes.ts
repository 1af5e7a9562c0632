/** The page of the audit log. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

export const logPages: RouteRecordRaw[] = [{ path: '/log', component: () => withWords('log', import('./list.vue')), meta: { help: 'auditing' } }];
