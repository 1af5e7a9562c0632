/** The demo's queues besides those that every house has: one with business hours, one out of use. */
import { randomUUID } from 'node:crypto';
import { apply } from '../db/apply';
import { create } from '../db/create';
import type { Queue } from '../db/entities/queue';
import type { Kernel } from '../db/kernel';
import type { Actor } from '../policies/actor';

interface Plan extends Pick<Queue, 'priority' | 'timeZone' | 'hours' | 'holidays'> {
  names: Record<string, string>;
  disabled?: true;
}
const plans: Record<string, Plan> = {
  'second-look': { names: { en: 'Second look', ar: 'نظرة ثانية' }, priority: 5, timeZone: 'Europe/Berlin', hours: ['Mo-Fr 09:00-17:00', 'Sa 10:00-14:00'], holidays: ['2027-12-24', '2027-12-31'] },
  'spring-campaign': { names: { en: 'Campaign of last spring' }, priority: 0, timeZone: 'UTC', hours: [], holidays: [], disabled: true },
};

/** Safe to repeat. */
export async function makeQueues(kernel: Kernel, actor: (role: string) => Promise<Actor>): Promise<void> {
  const by = await actor('toolAdmin');
  for (const [key, { names, disabled, ...values }] of Object.entries(plans)) {
    const { row } = await create(kernel, { noun: 'queue', commandId: `demo/queue/${key}`, actor: by, values: { key, uuid: randomUUID(), languages: Object.keys(names), names: Object.values(names), ...values } });
    if (disabled) await apply(kernel, { noun: 'queue', id: row.id, verb: 'disable', actor: by, commandId: `demo/queue/${key}/disable` });
  }
}
