/** Pages of audits. Their words come along with them. */
import type { RouteRecordRaw } from 'vue-router';
import { withWords } from '../shared/words';

export const auditPages: RouteRecordRaw[] = [{ path: '/audits/account-creations', component: () => withWords('audits', import('./account-creations.vue')), meta: { help: 'auditing' } }];
