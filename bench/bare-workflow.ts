/** The least that a Temporal workflow can do: one activity. What p14-approve.ts compares with. */
import { proxyActivities } from '@temporalio/workflow';

const { write } = proxyActivities<{ write(id: string): Promise<void> }>({ startToCloseTimeout: '10 seconds' });

export const bare = (id: string): Promise<void> => write(id);
