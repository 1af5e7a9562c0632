/** The step of the nightly look through comments. Called by workflows/comment-scan.ts; nothing of what they say leaves Postgres. */
import { Context } from '@temporalio/activity';
import type { Kernel } from '../db/kernel';
import { scanComments } from '../db/queries/comments';
import { system } from '../policies/actor';

export type CommentActivities = ReturnType<typeof createCommentActivities>;

const AT_ONCE = 500;

export function createCommentActivities({ kernel }: { kernel: Kernel }) {
  return {
    /** Idempotent: what was looked through is not looked through again. */
    async scan(): Promise<{ scanned: number; flagged: number; more: boolean }> {
      const { scanned, flagged } = await scanComments(kernel, system, AT_ONCE, (id) => Context.current().heartbeat(id));
      return { scanned, flagged, more: scanned === AT_ONCE };
    },
  };
}
