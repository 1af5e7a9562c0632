/** Every route of the API: what is served, and what the OpenAPI document describes. */
import type { LogWatch } from './log-stream';
import type { ProgressWatches } from './progress';
import type { Route } from './route';
import { administrationRoutes } from './routes/administration';
import { auditRoutes } from './routes/audits';
import { banRoutes } from './routes/bans';
import { commentRoutes } from './routes/comments';
import { deliveryRoutes } from './routes/deliveries';
import { deliveryPreviewRoutes } from './routes/delivery-preview';
import { deliveryProgressRoutes } from './routes/delivery-progress';
import { deliveryTargetRoutes } from './routes/delivery-targets';
import { eventFeedRoutes } from './routes/event-feed';
import { eventRoutes } from './routes/events';
import { formRoutes } from './routes/forms';
import { homeRoutes } from './routes/home';
import { identityRoutes } from './routes/identities';
import { keyRoutes } from './routes/keys';
import { logRoutes } from './routes/log';
import { meRoutes } from './routes/me';
import { membershipRoutes } from './routes/memberships';
import { ownSessionRoutes } from './routes/own-sessions';
import { noticeRoutes } from './routes/notices';
import { operationRoutes } from './routes/operations';
import { privacyRoutes } from './routes/privacy';
import { publicLogRoutes } from './routes/public-log';
import { requestStatisticsRoutes } from './routes/request-statistics';
import { queueRoutes } from './routes/queues';
import { requestSearchRoutes } from './routes/request-search';
import { requestTemplateRoutes } from './routes/request-templates';
import { requestRoutes } from './routes/requests';
import { secondFactorRoutes } from './routes/second-factor';
import { sessionRoutes } from './routes/sessions';
import { systemRoutes } from './routes/system';
import { targetListRevisionRoutes } from './routes/target-list-revisions';
import { targetListRoutes } from './routes/target-lists';
import { templateRoutes } from './routes/templates';
import { userRoutes } from './routes/users';
import { viewRoutes } from './routes/views';
import { wikiRoutes } from './routes/wikis';
import { workflowRoutes } from './routes/workflows';

export const allRoutes = (watches: ProgressWatches, logWatch: LogWatch): Route[] => [
  ...sessionRoutes, ...meRoutes, ...ownSessionRoutes, ...eventFeedRoutes, ...identityRoutes, ...secondFactorRoutes, ...homeRoutes, ...userRoutes, ...membershipRoutes, ...keyRoutes, ...wikiRoutes, ...targetListRoutes, ...targetListRevisionRoutes,
  ...eventRoutes, ...requestStatisticsRoutes, ...requestRoutes, ...requestSearchRoutes, ...requestTemplateRoutes, ...queueRoutes, ...formRoutes, ...commentRoutes, ...banRoutes, ...templateRoutes, ...deliveryRoutes, ...deliveryPreviewRoutes, ...deliveryTargetRoutes, ...deliveryProgressRoutes(watches), ...administrationRoutes, ...noticeRoutes, ...viewRoutes, ...systemRoutes, ...operationRoutes, ...workflowRoutes, ...logRoutes(logWatch), ...auditRoutes, ...privacyRoutes, ...publicLogRoutes,
];
