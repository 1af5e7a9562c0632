/** Tries what a wiki's configuration says: signs its bot in anew, for reading only, and tells what stands in the way of sending. */
import { z } from 'zod';
import { errorKinds, isErrorCode } from '../config/errors';
import type { Wiki } from '../db/entities/wiki';
import type { MediaWiki } from '../gateways/mediawiki';
import { WikiError } from '../gateways/mediawiki-error';
import { categoryTitle } from '../gateways/mediawiki-site';
import type { Api } from './context';

/** A person waits for it. */
const PATIENCE_MS = 3_000;
/** The order in which edits are looked for after a crash goes by the wiki's clock (gateways/mediawiki.ts allows a minute). */
const MOST_SKEW_MS = 30_000;

export const wikiTestSchema = z.object({
  ok: z.boolean().describe('Nothing stands in the way of sending.'), ms: z.int(),
  user: z.string().nullable().describe('Whom the wiki takes the bot for.'), groups: z.array(z.string()),
  rights: z.record(z.string(), z.boolean()).describe('Those that matter to a send.'),
  siteName: z.string().nullable(), version: z.string().nullable(), host: z.string().nullable().describe('As the wiki names itself.'), clockSkewMs: z.int().nullable().describe('Its clock minus ours; whole seconds.'),
  problems: z.array(z.object({ code: z.string(), detail: z.string(), stops: z.boolean().describe('Nothing can be sent before it is mended.') })),
});
type WikiTest = z.output<typeof wikiTestSchema>;
type Problem = WikiTest['problems'][number];

export async function testWiki(api: Pick<Api, 'freshWiki'>, wiki: Wiki): Promise<WikiTest> {
  const since = performance.now();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const result: WikiTest = { ok: false, ms: 0, user: null, groups: [], rights: {}, siteName: null, version: null, host: null, clockSkewMs: null, problems: [] };
  const gateway = await api.freshWiki?.(wiki.id);
  try {
    if (!gateway) throw new WikiError('busy', 'aborted');
    const { name, groups, rights, clockOffsetMs } = await gateway.whoAmI(signal);
    Object.assign(result, { user: name, groups, rights: Object.fromEntries(wanted.map((right) => [right, rights.includes(right)])), clockSkewMs: clockOffsetMs });
    const site = await gateway.siteInfo(signal);
    const { siteName, version, host, readOnly } = site;
    Object.assign(result, { siteName, version, host });
    const category = categoryTitle(site, wiki.optOutCategory);
    const noOptOut = { code: 'wiki-test.no-opt-out', detail: `It has no ${category}, neither a page of it nor anything in it: nobody is taken to want no messages.`, stops: false };
    result.problems = [...problemsOf(wiki, { rights, clockOffsetMs, host, readOnly }), ...(await isThere(gateway, category, signal) ? [] : [noOptOut])];
  } catch (error) {
    if (!(error instanceof WikiError)) throw error;
    const silent = error.code === 'aborted' ? `It did not answer within ${PATIENCE_MS / 1_000} seconds.` : undefined;
    result.problems = [{ code: error.reason, detail: silent ?? `${isErrorCode(error.reason) ? errorKinds[error.reason].title : ''} (${error.code})`, stops: true }];
  } finally {
    void gateway?.close();
  }
  return { ...result, ok: !result.problems.some(({ stops }) => stops), ms: Math.round(performance.now() - since) };
}

async function isThere(gateway: Pick<MediaWiki, 'pages' | 'members'>, category: string, signal: AbortSignal): Promise<boolean> {
  const [page] = await gateway.pages([category], { signal });
  if (page!.exists || page!.problem) return page!.exists;
  const { value } = await gateway.members(category, { atOnce: 1, signal })[Symbol.asyncIterator]().next();
  return value.length > 0;
}

const wanted = ['edit', 'createtalk', 'bot', 'apihighlimits', 'noratelimit', 'applychangetags'];

function problemsOf(wiki: Wiki, { rights, clockOffsetMs, host, readOnly }: { rights: string[]; clockOffsetMs: number; host: string; readOnly: boolean }): Problem[] {
  const has = (right: string): boolean => rights.includes(right);
  const known = [wiki.host, ...wiki.aliases];
  return [
    ...(readOnly ? [{ code: 'wiki.readonly', detail: 'It is read-only now.', stops: true }] : []),
    ...(has('edit') ? [] : [{ code: 'wiki-test.no-edit', detail: 'The bot may not edit: the grants of its password lack it, or its account is not confirmed.', stops: true }]),
    ...(has('createtalk') || has('createpage') ? [] : [{ code: 'wiki-test.no-create', detail: 'The bot may not create talk pages: users without one get nothing.', stops: false }]),
    ...(has('bot') ? [] : [{ code: 'wiki-test.no-bot', detail: 'The account is no bot: its edits fill the recent changes.', stops: false }]),
    ...(has('noratelimit') ? [] : [{ code: 'wiki-test.rate-limit', detail: 'The wiki limits how fast this account edits, perhaps to less than is set here.', stops: false }]),
    ...(wiki.changeTag === null || has('applychangetags') ? [] : [{ code: 'wiki-test.no-tag', detail: `The bot may not set the tag ${wiki.changeTag}.`, stops: false }]),
    ...(host === '' || known.includes(host.toLowerCase()) ? [] : [{ code: 'wiki-test.other-host', detail: `The wiki calls itself ${host}: lists that name it so need that as an alias.`, stops: false }]),
    ...(Math.abs(clockOffsetMs) <= MOST_SKEW_MS ? [] : [{ code: 'wiki-test.clock', detail: `Its clock is ${Math.round(Math.abs(clockOffsetMs) / 1_000)} seconds ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} ours.`, stops: false }]),
  ];
}
