/** The nouns' pages. A noun brings its own in `<noun>/routes.ts`. */
import type { RouteRecordRaw } from 'vue-router';
import { adminPages } from '../admin/routes';
import { auditPages } from '../audits/routes';
import { banPages } from '../bans/routes';
import { commentPages } from '../comments/routes';
import { deliveryPages } from '../deliveries/routes';
import { eventPages } from '../events/routes';
import { formPages } from '../forms/routes';
import { keyPages } from '../keys/routes';
import { logPages } from '../log/routes';
import { mePages } from '../me/routes';
import { membershipPages } from '../memberships/routes';
import { operationPages } from '../operations/routes';
import { queuePages } from '../queues/routes';
import { requestPages } from '../requests/routes';
import { targetListPages } from '../target-lists/routes';
import { templatePages } from '../templates/routes';
import { userPages } from '../users/routes';
import { wikiPages } from '../wikis/routes';

export const pages: RouteRecordRaw[] = [
  ...mePages,
  ...adminPages,
  ...eventPages,
  ...requestPages,
  ...queuePages,
  ...formPages,
  ...banPages,
  ...commentPages,
  ...templatePages,
  ...deliveryPages,
  ...targetListPages,
  ...operationPages,
  ...logPages,
  ...auditPages,
  ...membershipPages,
  ...keyPages,
  ...userPages,
  ...wikiPages,
];
