/** The nouns' pages. A noun brings its own in `<noun>/routes.ts`. */
import type { RouteRecordRaw } from 'vue-router';
import { deliveryPages } from '../deliveries/routes';
import { mePages } from '../me/routes';

export const pages: RouteRecordRaw[] = [
  ...mePages,
  ...deliveryPages,
];
