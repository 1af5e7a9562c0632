/** What the door checks about queues: that nothing waits in one that is disabled. */
import { ReeveError } from '../../config/errors';
import type { Queue } from '../entities/queue';
import { isInUse } from '../queries/queues';
import type { Fact } from './index';

export const queueFacts: Record<string, Fact<Queue>> = {
  async disable({ pool }, { key }) {
    if (await isInUse(pool, key)) throw new ReeveError('queue.in-use');
    return {};
  },
};
