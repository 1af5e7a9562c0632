/** Audits of what happened outside: accounts that were made on a wiki, held against those that Reeve made. */
import { z } from 'zod';
import { ReeveError } from '../../config/errors';
import { may } from '../../policies';
import type { Api, Caller } from '../context';
import { auditCreations, auditLimits, type AuditPage, type Finding } from '../creation-audit';
import { csvLine, sendCsv } from '../csv';
import { cursor, limit, line, shown } from '../fields';
import { stillAsking } from '../middleware/authenticate';
import { periodFields } from '../period';
import { route, type Route } from '../route';
import { needScope } from '../verbs';
import { wikiOf } from './wikis';

const auditQuery = z.strictObject({
  limit: limit(), cursor: cursor(),
  ...periodFields(auditLimits),
  wiki: line(259).optional().describe('Host of a wiki, or an alias; left out: all of them.'),
});
const csvQuery = auditQuery.omit({ limit: true, cursor: true }).strict();

const findingSchema = z.object({
  kind: z.enum(['outside', 'unseen', 'unread']).describe('`outside`: the wiki\'s log has it, and it did not come through Reeve; `unseen`: Reeve has made it, and the wiki\'s log does not show it; `unread`: the wiki did not give its log before `at`, and nothing of that was compared.'),
  wiki: z.string(), at: z.string(), account: z.string().nullable().describe('Of `outside`; null where it is hidden on the wiki.'), by: z.string().nullable().describe('The wiki\'s account that made it.'),
  logId: z.int().nullable(), logUrl: z.string().nullable().describe('The entry of the wiki\'s log.'), request: z.int().nullable().describe('Of `unseen`: the request that it was made for.'), code: z.string().nullable().describe('Of `unread`: why.'),
});
const auditSchema = z.object({
  from: z.string(), to: z.string(), items: z.array(findingSchema),
  compared: z.array(z.object({
    wiki: z.string(), creators: z.array(z.string()).describe('The accounts whose entries were read.'), from: z.string(), to: z.string(),
    logged: z.int().describe('Accounts that the wiki\'s log says they made.'), recorded: z.int().describe('Accounts that Reeve has recorded.'),
  })).describe('What this answer has looked at. A period is clean once there is no `next`.'),
  next: z.string().optional().describe('There is more to compare.'),
});

export async function readCreationAudit(api: Api, caller: Caller, { wiki, ...query }: z.output<typeof auditQuery>): Promise<AuditPage> {
  needScope(caller, 'audit', 'readCreations');
  const verdict = may(caller.actor, 'readCreations', 'audit', {});
  if (!verdict.allowed) throw new ReeveError(verdict.code, verdict.reason);
  return auditCreations(api, { ...query, wikiId: wiki === undefined ? undefined : (await wikiOf(api, wiki, '?wiki')).id });
}

const present = ({ atMs, ...finding }: Finding) => ({ ...finding, at: shown(atMs)! });

export const auditRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/audits/account-creations',
    summary: 'Accounts that the wikis\' logs of new users and Reeve\'s own ledger do not agree on. Compares as it is asked; go on while there is `next`, also where nothing was found.',
    query: auditQuery,
    answer: { schema: auditSchema },
    async handle({ api, caller, query }) {
      const { fromMs, untilMs, findings, compared, next } = await readCreationAudit(api, caller, query);
      return {
        body: {
          from: shown(fromMs), to: shown(untilMs), items: findings.map(present),
          compared: compared.map(({ wiki, creators, fromMs, untilMs, logged, recorded }) => ({ wiki, creators, from: shown(fromMs)!, to: shown(untilMs)!, logged, recorded })), ...(next && { next }),
        },
        next,
      };
    },
  }),
  route({
    method: 'get',
    path: '/api/audits/account-creations.csv',
    summary: 'The same, all of it, as CSV. A wiki that falls silent in between cuts it off.',
    query: csvQuery,
    answer: { type: 'text/csv' },
    async handle({ api, caller, query, req, res }) {
      const ask = (who: Caller, cursor?: string): Promise<AuditPage> => readCreationAudit(api, who, { ...query, limit: CSV_PIECE, cursor });
      const first = await ask(caller); // a problem while it can still be one
      async function* pieces(): AsyncGenerator<string> {
        for (let page = first; ; page = await ask(await stillAsking(api, req, caller), page.next)) {
          yield page.findings.map(({ kind, wiki, atMs, account, by, logId, request, code }) => csvLine([kind, wiki, shown(atMs), account, by, logId, request, code])).join('');
          if (!page.next) return;
        }
      }
      await sendCsv(res, 'account-creations', ['kind', 'wiki', 'at', 'account', 'by', 'log id', 'request', 'code'], pieces());
    },
  }),
];

const CSV_PIECE = 1_000;
