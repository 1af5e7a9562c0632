/** A workflow with a careless import, for bundle.test.ts: it bundles without complaint. */
import { roles } from '../../policies/actor';
import { nouns } from '../../policies';

export async function careless(): Promise<number> {
  return roles.length + nouns.length;
}
