/** The nouns' pages. A noun brings its own in `<noun>/routes.ts`. */
import type { RouteRecordRaw } from 'vue-router';
import { deliveryPages } from '../deliveries/routes';

export const pages: RouteRecordRaw[] = [...deliveryPages];
