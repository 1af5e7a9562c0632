/** What `reeve ops` does with the database at hand: reconcile with Temporal. */
import { readKeys } from '../config';
import { reconcile, type Reconciled } from '../dispatch/reconcile';
import { createTemporal } from '../gateways/temporal';
import { withKernel } from './house';
import { runConfig } from './run-file';

export async function reconcileNow(): Promise<Reconciled> {
  const config = readKeys(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE', 'TEMPORAL_API_KEY', 'TEMPORAL_TLS'], runConfig());
  const temporal = createTemporal(config, 'cli');
  try {
    return await withKernel((kernel) => reconcile(kernel, temporal));
  } finally {
    await temporal.close();
  }
}
