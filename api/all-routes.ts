/** Every route of the API: what is served, and what the OpenAPI document describes. */
import type { Route } from './route';
import { deliveryRoutes } from './routes/deliveries';
import { meRoutes } from './routes/me';
import { sessionRoutes } from './routes/sessions';
import { targetListRoutes } from './routes/target-lists';
import { userRoutes } from './routes/users';
import { wikiRoutes } from './routes/wikis';

export const routes: Route[] = [...sessionRoutes, ...meRoutes, ...userRoutes, ...wikiRoutes, ...targetListRoutes, ...deliveryRoutes];
