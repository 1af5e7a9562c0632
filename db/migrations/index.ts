/** Every migration, oldest first. */
import { House1763856000000 } from './1763856000000-house';
import { Mail1764460800000 } from './1764460800000-mail';
import { OwnSettings1764633600000 } from './1764633600000-own-settings';
import { Seal1764720000000 } from './1764720000000-seal';
import { LogPeriod1765411200000 } from './1765411200000-log-period';
import { Views1765324800000 } from './1765324800000-views';
import { Messages1765497600000 } from './1765497600000-messages';
import { Afresh1765670400000 } from './1765670400000-afresh';
import { Channels1765756800000 } from './1765756800000-channels';
import { Events1765929600000 } from './1765929600000-events';
import { AuditCheck1766016000000 } from './1766016000000-audit-check';
import { Requests1766102400000 } from './1766102400000-requests';
import { SignIn1766188800000 } from './1766188800000-sign-in';

export const migrations = [House1763856000000, Mail1764460800000, OwnSettings1764633600000, Seal1764720000000, Views1765324800000, LogPeriod1765411200000, Messages1765497600000, Afresh1765670400000, Channels1765756800000, Events1765929600000, AuditCheck1766016000000, Requests1766102400000, SignIn1766188800000];
