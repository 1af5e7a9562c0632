/** The demo's bans: one for each thing that may follow, in every state. The demo's account requests meet two of them. */
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Ban } from '../db/entities/ban';
import type { Kernel } from '../db/kernel';
import type { Actor } from '../policies/actor';

const DAY_MS = 24 * 3_600_000;

interface Plan extends Pick<Ban, 'target' | 'pattern' | 'action' | 'reason'> {
  seenBy?: Ban['seenBy'];
  days?: number;
  lifted?: true;
}
const plans: Record<string, Plan> = {
  shops: { target: 'name', pattern: 'spades? dot com$', action: 'block', reason: 'A shop, again and again.' },
  'throw-away': { target: 'email', pattern: '@throw-away\\.example$', action: 'drop', reason: 'Addresses that last ten minutes.' },
  robot: { target: 'userAgent', pattern: '^AutoSignup/', action: 'dropQuietly', reason: 'A program that fills in forms.', seenBy: 'checkuser' },
  library: { target: 'address', pattern: '198.51.100.0/24', action: 'defer', reason: 'Somebody there uses other people\'s names: look twice.', days: 30 },
  over: { target: 'address', pattern: '2001:db8:4::/48', action: 'drop', reason: 'One night of nonsense.', days: 0 },
  lifted: { target: 'name', pattern: '^Robin', action: 'defer', reason: 'A mistake.', lifted: true },
};

/** Safe to repeat. */
export async function makeBans(kernel: Kernel, actor: (role: string) => Promise<Actor>): Promise<void> {
  for (const [plan, { seenBy = 'admin', days, lifted, ...values }] of Object.entries(plans)) {
    const by = await actor(seenBy === 'checkuser' ? 'checkuser' : 'toolAdmin');
    const { row } = await create(kernel, { noun: 'ban', commandId: `demo/ban/${plan}`, actor: by, values: { ...values, seenBy, untilMs: days === undefined ? null : Date.now() + days * DAY_MS } });
    if (lifted) await apply(kernel, { noun: 'ban', id: row.id, verb: 'lift', actor: by, commandId: `demo/ban/${plan}/lift`, reason: 'Robin is somebody else.' });
  }
}
