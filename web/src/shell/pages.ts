/** The nouns' pages. A noun brings its own in `<noun>/routes.ts`. */
import type { RouteRecordRaw } from 'vue-router';
import { adminPages } from '../admin/routes';
import { deliveryPages } from '../deliveries/routes';
import { keyPages } from '../keys/routes';
import { mePages } from '../me/routes';
import { membershipPages } from '../memberships/routes';
import { userPages } from '../users/routes';
import { wikiPages } from '../wikis/routes';

export const pages: RouteRecordRaw[] = [
  ...mePages,
  ...adminPages,
  ...deliveryPages,
  ...membershipPages,
  ...keyPages,
  ...userPages,
  ...wikiPages,
];
