/** Every migration, oldest first. */
import { House1763856000000 } from './1763856000000-house';
import { Mail1764460800000 } from './1764460800000-mail';
import { OwnSettings1764633600000 } from './1764633600000-own-settings';
import { Seal1764720000000 } from './1764720000000-seal';
import { Views1765324800000 } from './1765324800000-views';
import { LogPeriod1765411200000 } from './1765411200000-log-period';
import { Messages1765497600000 } from './1765497600000-messages';
import { Afresh1765670400000 } from './1765670400000-afresh';
import { Channels1765756800000 } from './1765756800000-channels';
import { Events1765929600000 } from './1765929600000-events';
import { AuditCheck1766016000000 } from './1766016000000-audit-check';
import { Requests1766102400000 } from './1766102400000-requests';
import { Sessions1766145600000 } from './1766145600000-sessions';
import { Creators1766275200000 } from './1766275200000-creators';
import { CreationSettings1766275200001 } from './1766275200001-creation-settings';
import { RequestPeriod1766275200002 } from './1766275200002-request-period';
import { Bans1766361600000 } from './1766361600000-bans';
import { Templates1766361600001 } from './1766361600001-templates';
import { Related1766361600002 } from './1766361600002-related';
import { CommentScan1766534400000 } from './1766534400000-comment-scan';
import { Copies1766534400001 } from './1766534400001-copies';
import { EventFeeds1766534400002 } from './1766534400002-event-feeds';

export const migrations = [House1763856000000, Mail1764460800000, OwnSettings1764633600000, Seal1764720000000, Views1765324800000, LogPeriod1765411200000, Messages1765497600000, Afresh1765670400000, Channels1765756800000, Events1765929600000, AuditCheck1766016000000, Requests1766102400000, Sessions1766145600000, Creators1766275200000, CreationSettings1766275200001, RequestPeriod1766275200002, Bans1766361600000, Templates1766361600001, Related1766361600002, CommentScan1766534400000, Copies1766534400001, EventFeeds1766534400002];
