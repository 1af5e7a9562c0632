/**
 * The audit of account creations: a wiki's log of new users, for the accounts that create through Reeve only, held against Reeve's
 * own ledger. Wiki after wiki and slice after slice, newest first, as far as one answer may take; a wiki that could not be
 * compared is a finding of its own, or an error where it alone was asked for: never an empty list. Asked by api/routes/audits.ts.
 */
import { ReeveError, fieldError } from '../config/errors';
import type { Wiki } from '../db/entities/wiki';
import { requestOfReason } from '../db/queries/accounts';
import { creatorsAt, recordedCreations, type AuditedCreator, type RecordedCreation } from '../db/queries/creation-audit';
import { sealOf } from '../db/queries/page';
import type { LoggedAccount } from '../gateways/mediawiki-accounts';
import { WikiError } from '../gateways/mediawiki-error';
import { capital } from '../gateways/mediawiki-site';
import type { Api } from './context';
import { periodOf, type PeriodLimits } from './period';

export const auditLimits: PeriodLimits = { longestDays: 93, first: { atMs: Date.UTC(2001, 0, 1), why: 'No wiki is as old as that: begin in 2001 or later.' } };
/** How long after its beginning a try may have made the account, and how far the clocks may be apart. */
const LATEST_MS = 10 * 60_000;
const DRIFT_MS = 60_000;
/** What was made just now may not stand in every replica's log yet. */
const FRESH_MS = 2 * 60_000;
/** A slice ends at the first second after so many entries of one creator; so many within one are more than it can be about. */
const SLICE = 2_000;
const MOST = 50_000;
/** Creators whose entries are read at once. */
const AT_ONCE = 8;
/** When an answer goes out with what it has, and when a wiki is given up. */
const ENOUGH_MS = 8_000;
const PATIENCE_MS = 20_000;
/** Clocks are compared by whole seconds: less than this is the noise of measuring. */
const NOISE_MS = 5_000;

export interface Finding {
  /** `outside`: the wiki's log has it and Reeve's ledger does not; `unseen`: the other way round; `unread`: the wiki did not give its log before `atMs`. */
  kind: 'outside' | 'unseen' | 'unread';
  wiki: string;
  atMs: number;
  /** Of what is `outside`: the name, null where an admin of the wiki has hidden it; who made it; its place in the wiki's log. */
  account: string | null;
  by: string | null;
  logId: number | null;
  logUrl: string | null;
  /** Of what is `unseen`. */
  request: number | null;
  /** Of what is `unread`: why, as a code. */
  code: string | null;
}
export interface Compared {
  wiki: string;
  creators: string[];
  fromMs: number;
  untilMs: number;
  /** Entries of the wiki's log, and accounts that Reeve's ledger calls made. */
  logged: number;
  recorded: number;
}
export interface AuditPage {
  fromMs: number;
  untilMs: number;
  findings: Finding[];
  compared: Compared[];
  /** There is more to compare. */
  next?: string;
}
export interface AuditQuery {
  from?: number;
  to?: number;
  wikiId?: number;
  limit: number;
  cursor?: string;
}
/** A wiki did not give its log. */
class Unread extends ReeveError {
  constructor(readonly why: string, detail: string, wiki: string) {
    super('unavailable', detail, { wiki, errors: [{ pointer: '?wiki', code: why, detail }] });
  }
}
type AuditedWiki = Pick<Wiki, 'id' | 'host' | 'apiUrl'>;
/** Where a page begins: at a wiki, at an instant of its period, and after so many findings of that slice. */
interface Place {
  wikiId: number;
  untilMs: number;
  skip: number;
}

/** @throws ReeveError input.invalid naming the field; unavailable where the one wiki that is asked for gave no log. */
export async function auditCreations(api: Api, { from, to, wikiId, limit, cursor }: AuditQuery): Promise<AuditPage> {
  const seal = sealOf('creation-audit', [from, to, wikiId]);
  const opened = cursor === undefined ? undefined : openPlace(cursor, seal);
  const { fromMs, untilMs, nowMs } = await periodOf(api.kernel, { from, to: opened?.periodEndMs ?? to }, auditLimits);
  let place = opened ? { ...opened.place, untilMs: Math.max(fromMs + 1, Math.min(opened.place.untilMs, untilMs)) } : { wikiId: 0, untilMs, skip: 0 };
  const page: AuditPage = { fromMs, untilMs, findings: [], compared: [] };
  const begun = performance.now();
  const goOn = (): AuditPage => ({ ...page, next: closePlace(place, untilMs, seal) });
  for (let wiki = await wikiFrom(api, place.wikiId, wikiId); wiki; ) {
    if (place.wikiId !== wiki.id) place = { wikiId: wiki.id, untilMs, skip: 0 };
    if (page.findings.length >= limit || performance.now() - begun > ENOUGH_MS) return goOn();
    const slice = await compareSlice(api, wiki, { fromMs, untilMs: place.untilMs, periodEndMs: untilMs, nowMs }).catch((error: unknown) => {
      if (!(error instanceof Unread) || wikiId !== undefined) throw error;
      return error;
    });
    if (slice instanceof Unread) { // the others do not wait for it
      page.findings.push({ kind: 'unread', wiki: wiki.host, atMs: place.untilMs, account: null, by: null, logId: null, logUrl: null, request: null, code: slice.why });
      wiki = await wikiFrom(api, wiki.id + 1);
      continue;
    }
    const left = slice.findings.slice(place.skip);
    const room = limit - page.findings.length;
    page.findings.push(...left.slice(0, room));
    page.compared.push(slice.compared);
    if (left.length > room) {
      place = { ...place, skip: place.skip + room };
      return goOn();
    }
    place = { wikiId: wiki.id, untilMs: slice.compared.fromMs, skip: 0 };
    if (place.untilMs > fromMs) continue;
    wiki = wikiId === undefined ? await wikiFrom(api, wiki.id + 1) : undefined;
  }
  return page;
}

/** The next wiki by its number, or the only one that is asked for. */
async function wikiFrom({ kernel }: Api, firstId: number, only?: number): Promise<AuditedWiki | undefined> {
  const { rows } = await kernel.pool.query<AuditedWiki>(
    'select id, host, api_url as "apiUrl" from wiki where id >= $1 and ($2::int is null or id = $2) order by id limit 1', [firstId, only ?? null]);
  return rows[0];
}

/** The newest part of a period that one reading of the log allows; the whole of it where that is short. */
async function compareSlice(api: Api, wiki: AuditedWiki, { fromMs, untilMs, periodEndMs, nowMs }: { fromMs: number; untilMs: number; periodEndMs: number; nowMs: number }): Promise<{ findings: Finding[]; compared: Compared }> {
  if (!api.wiki) throw new ReeveError('unavailable', 'Wikis cannot be asked here.');
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const creators = await creatorsAt(api.kernel, wiki.id, fromMs, periodEndMs); // the same of every slice
  try {
    const gateway = await api.wiki(wiki.id);
    const { clockOffsetMs } = await gateway.whoAmI(signal);
    const apart = nowMs - Date.now() - clockOffsetMs;
    const shiftMs = Math.abs(apart) < NOISE_MS ? 0 : Math.round(apart / 1_000) * 1_000; // from the wiki's clock to ours
    let reached = fromMs;
    const read = async ({ name: by, ...held }: AuditedCreator): Promise<LoggedAccount[]> => {
      const entries: LoggedAccount[] = [];
      let count = 0;
      // Both ends are read beyond: what began in the slice may have been logged after it, and what was logged in it begun before.
      for await (const piece of gateway.loggedAccounts({ by, fromMs: fromMs - DRIFT_MS - shiftMs, toMs: untilMs + LATEST_MS - shiftMs, signal })) {
        entries.push(...piece.map((entry) => ({ ...entry, atMs: entry.atMs + shiftMs })).filter(({ atMs }) => atMs >= held.fromMs && atMs < held.untilMs + LATEST_MS));
        count += piece.length;
        const lowest = piece.at(-1)?.atMs;
        if (lowest === undefined || count < SLICE) continue;
        const cut = lowest + shiftMs + LATEST_MS;
        if (cut < untilMs - LATEST_MS) {
          reached = Math.max(reached, cut);
          break;
        }
        if (count > MOST) throw new WikiError('busy', 'too-many-entries');
      }
      return entries;
    };
    let entries: LoggedAccount[] = [];
    for (let at = 0; at < creators.length; at += AT_ONCE) entries = entries.concat(...(await Promise.all(creators.slice(at, at + AT_ONCE).map(read))));
    const recorded = await recordedCreations(api.kernel, wiki.id, reached - LATEST_MS, untilMs + LATEST_MS);
    const inside = (atMs: number): boolean => atMs >= reached && atMs < untilMs;
    const { outside, unseen } = compare(entries, recorded);
    const findings = [
      ...outside.filter(({ atMs }) => inside(atMs)).map(({ name, by, atMs, logId }): Finding => ({ kind: 'outside', wiki: wiki.host, atMs, account: name, by, logId, logUrl: logUrlOf(wiki, logId), request: null, code: null })),
      ...unseen.filter(({ createdAtMs }) => inside(createdAtMs) && createdAtMs < nowMs - FRESH_MS).map(({ requestId, creator, createdAtMs }): Finding => ({ kind: 'unseen', wiki: wiki.host, atMs: createdAtMs, account: null, by: creator, logId: null, logUrl: null, request: requestId, code: null })),
    ].sort((a, b) => b.atMs - a.atMs || (b.logId ?? 0) - (a.logId ?? 0) || (b.request ?? 0) - (a.request ?? 0));
    const compared = {
      wiki: wiki.host, creators: creators.map(({ name }) => name), fromMs: reached, untilMs,
      logged: entries.filter(({ atMs }) => inside(atMs)).length, recorded: recorded.filter(({ createdAtMs }) => createdAtMs !== null && inside(createdAtMs)).length,
    };
    return { findings, compared };
  } catch (error) {
    if (!(error instanceof WikiError)) throw error;
    const detail = `${wiki.host} did not give its log of new users (${error.code}): nothing of it was compared before ${new Date(untilMs).toISOString()}.`;
    throw new Unread(error.reason, detail, wiki.host);
  }
}

type Made = RecordedCreation & { createdAtMs: number };

/**
 * Pairs what the wiki logged with what Reeve recorded: by name, then (a renamed account) by the request that the reason
 * names, then (a hidden one) by the time alone. A reason that anybody could write pairs with nothing but a try of that time.
 * @param entries instants by our clock
 */
export function compare(entries: LoggedAccount[], recorded: RecordedCreation[]): { outside: LoggedAccount[]; unseen: Made[] } {
  const free = new Set(recorded);
  const byName = grouped(recorded, ({ name }) => asWiki(name));
  const byRequest = grouped(recorded, ({ requestId }) => requestId);
  const ways: ((entry: LoggedAccount) => Iterable<RecordedCreation>)[] = [
    ({ name }) => (name === null ? [] : (byName.get(asWiki(name)) ?? [])),
    ({ reason }) => byRequest.get(requestOfReason(reason) ?? 0) ?? [],
    ({ name }) => (name === null ? free : []),
  ];
  let outside = entries;
  for (const way of ways) {
    outside = outside.filter((entry) => {
      for (const one of way(entry)) if (free.has(one) && fits(entry, one)) return !free.delete(one);
      return true;
    });
  }
  return { outside, unseen: [...free].filter((one): one is Made => one.createdAtMs !== null) };
}

function grouped<K, V>(all: V[], keyOf: (one: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const fits = ({ by, atMs }: LoggedAccount, { creator, beganAtMs }: RecordedCreation): boolean =>
  (creator === null || asWiki(creator) === asWiki(by)) && beganAtMs.some((began) => atMs >= began - DRIFT_MS && atMs <= began + LATEST_MS);

const asWiki = (name: string): string => capital(name.normalize('NFC').replaceAll('_', ' ').trim());

const logUrlOf = ({ apiUrl }: AuditedWiki, logId: number): string => new URL(`index.php?title=Special:Log&logid=${logId}`, apiUrl).href;

/** The end of the period goes along: left out it was the instant of the first question. */
const closePlace = ({ wikiId, untilMs, skip }: Place, periodEndMs: number, seal: string): string => Buffer.from([wikiId, untilMs, skip, periodEndMs, seal].join('.')).toString('base64url');

function openPlace(cursor: string, seal: string): { place: Place; periodEndMs: number } {
  const [, wikiId, untilMs, skip, periodEndMs, own] = /^(\d{1,9})\.(\d{1,15})\.(\d{1,7})\.(\d{1,15})\.([\w-]+)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (wikiId === undefined || own !== seal) throw fieldError('?cursor', 'input.invalid', 'This cursor does not belong to this list and its filters: start again without one.');
  return { place: { wikiId: Number(wikiId), untilMs: Number(untilMs), skip: Number(skip) }, periodEndMs: Number(periodEndMs) };
}
