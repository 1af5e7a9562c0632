/** Deliveries: senders send, others approve; everything about a send is public, a request only to those who decide. */
import { holds, wikisOf } from './actor';
import type { Policy } from './index';

const running = ['pause', 'resume', 'cancel'];
const bySystem = ['expanded', 'finish'];

export const deliveryPolicy: Policy = (allow, forbid, actor) => {
  if (actor.kind === 'system') allow(['read', 'edit', ...running, ...bySystem], 'delivery');
  if (actor.kind === 'temporal') allow(['read', ...running], 'delivery');
  allow('read', 'delivery', { state: { $in: ['approved', 'expanding', 'running', 'paused', 'finished'] } });
  allow('read', 'delivery', { state: 'cancelled', startedAtMs: { $ne: null } }); // what was cancelled before it began was no send
  const knowsApprover = actor.kind === 'system' || holds(actor, 'deliveryApprover', 'auditor', 'admin');
  if (actor.userId === null) return void (knowsApprover || forbid('read', 'delivery', undefined, ['approver']));
  const own = { senderId: actor.userId };
  allow(['new', 'read', 'edit', 'submit', 'revise', 'reschedule', 'retryFailed', 'settle', 'test', ...running], 'delivery', own);
  if (holds(actor, 'deliveryApprover', 'admin')) {
    allow(['read'], 'delivery', { state: { $ne: 'draft' } });
    allow(['approve', 'reject', ...running], 'delivery');
  }
  if (holds(actor, 'admin')) allow(['retryFailed', 'settle', 'reschedule'], 'delivery');
  if (!knowsApprover) forbid('read', 'delivery', { senderId: { $ne: actor.userId } }, ['approver']);
  forbid(['approve', 'reject'], 'delivery', own).because('Somebody else than the sender approves.', 'policy.own');

  // `send`: without anybody's approval. It is asked of { wikiId, channel } for each wiki that the lists name. A mail is
  // nobody's to take off a page again, and comes with the wiki's name: a second person reads it first.
  if (holds(actor, 'admin')) return void allow('send', 'delivery');
  const { everywhere, ids } = wikisOf(actor, 'sender');
  const all = everywhere || holds(actor, 'globalSender');
  const some = all || ids.length > 0;
  if (some) allow('send', 'delivery', { channel: 'page', ...(!all && { wikiId: { $in: ids } }) });
  // else a test would be a way around the approval
  forbid('test', 'delivery', some ? { channel: { $ne: 'page' } } : undefined).because('Only who may send it without approval may test it; the preview shows the message, too.');
};
