/**
 * What is wrong with a delivery's fields, all at once, by the deliveries' own codes; asked on making and on changing. And
 * what is odd about its message, which `submit` wants acknowledged.
 */
import { ReeveError, fault, type FieldProblem } from '../config/errors';
import type { Delivery } from '../db/entities/delivery';
import { isEmpty } from '../db/facts/delivery';
import { readListRows } from '../db/queries/deliveries';
import type { MessageTexts } from '../db/queries/delivery-texts';
import type { Preview } from '../db/queries/preview';
import { may } from '../policies';
import type { Api, Caller } from './context';
import { needNone } from './fields';

export interface DeliveryFields {
  channel?: Delivery['channel'];
  subject?: string;
  body?: string;
  page?: string | null;
  subjectSection?: string | null;
  bodySection?: string | null;
  listIds?: number[];
  sendAtMs?: number | null;
  listsAfresh?: boolean;
}

/** What a MediaWiki page may hold where the wiki does not say otherwise. */
const MOST_BODY_BYTES = 2 * 1024 * 1024;
/** An edit summary takes 500 characters, the marker and the wiki's own words included. */
const MOST_SUBJECT = 240;

/** What says where the message stands: as it would be after a change. */
export type MessageFields = Pick<Delivery, 'subject' | 'body' | 'page' | 'subjectSection' | 'bodySection'>;

/**
 * @param whole the message's fields with those of `fields` in their place; `unscheduledAfresh`: lists read afresh at no instant.
 * @returns the fields as they are stored: line ends are LF, no white space around the subject.
 * @throws ReeveError naming each wrong field.
 */
export async function checkDelivery(api: Api, caller: Caller, { subject, body, listIds, ...rest }: DeliveryFields, wikiId: number | undefined, whole?: Partial<MessageFields> & { unscheduledAfresh?: boolean }): Promise<DeliveryFields> {
  const page = (whole?.page ?? null) !== null;
  const sound: DeliveryFields = {
    ...rest,
    ...(subject !== undefined && { subject: subject.trim() }),
    ...(body !== undefined && { body: body.replace(/\r\n?/g, '\n') }),
    ...(listIds !== undefined && { listIds: [...new Set(listIds)] }),
  };
  const wrong: FieldProblem[] = [
    ...(whole ? sourceProblems(whole) : []),
    ...(whole?.unscheduledAfresh ? [fault('/listsAfresh', 'delivery.afresh-unscheduled')] : []),
    ...(sound.subject === undefined || (page && sound.subject === '') ? [] : subjectProblems(sound.subject)),
    ...(sound.body === undefined || (page && sound.body === '') ? [] : await bodyProblems(api, sound.body, wikiId)),
    ...(sound.listIds === undefined ? [] : await listProblems(api, caller, listIds!)),
  ];
  needNone(wrong);
  return sound;
}

/**
 * Of a draft what its page says now; undefined of every other, whose texts are pinned.
 * @throws ReeveError naming the field: there is no such page or section, or it holds what no message may.
 */
export async function readMessage(api: Api, row: Delivery): Promise<MessageTexts | undefined> {
  if (row.state !== 'draft' || row.testOf !== null) return undefined;
  if (!api.texts && row.page !== null) throw new ReeveError('unavailable', 'Wikis cannot be asked here.');
  const read = await api.texts?.(row);
  if (read && row.page !== null) await checkTexts(api, row, read);
  return read;
}

async function checkTexts(api: Api, row: MessageFields & Pick<Delivery, 'wikiId'>, { texts }: MessageTexts): Promise<void> {
  const wrong: FieldProblem[] = [];
  for (const { title, subject, body } of texts) {
    const whole = [body, row.body].filter(Boolean).join('\n\n');
    const found = [
      ...(row.subjectSection === null ? [] : subjectProblems(subject)).map((one) => ({ ...one, pointer: '/subjectSection' })),
      ...(await bodyProblems(api, whole, row.wikiId)).map((one) => ({ ...one, pointer: row.bodySection === null ? '/page' : '/bodySection' })),
    ];
    wrong.push(...found.map((one) => ({ ...one, detail: `${title}: ${one.detail}` })));
  }
  needNone(wrong.slice(0, 20));
}

/** A page that is not there is told at once, where its wiki answers: else when it is submitted. */
export async function checkPage(api: Api, row: MessageFields & Pick<Delivery, 'wikiId'>): Promise<void> {
  if (row.page === null || !api.texts) return;
  try {
    await checkTexts(api, row, await api.texts(row));
  } catch (error) {
    if (!(error instanceof ReeveError) || error.code !== 'unavailable') throw error;
  }
}

/** How the message looks on the wikis, and what is odd about it. */
export const previewDelivery = async (api: Api, row: Delivery, read?: MessageTexts): Promise<Preview> =>
  (await api.preview?.(row, read)) ?? { texts: [], wikis: [], warnings: [] };

/** @throws ReeveError delivery.unacknowledged, naming each warning that the sender has not named. */
export async function needAcknowledged(api: Api, row: Delivery, acknowledged: string[], read?: MessageTexts): Promise<void> {
  const left = (await previewDelivery(api, row, read)).warnings.filter(({ code }) => !acknowledged.includes(code));
  if (left.length) throw new ReeveError('delivery.unacknowledged', undefined, { errors: left.map(({ code, detail }) => ({ pointer: '/acknowledge', code, detail })) });
}

/** Which of page, sections and typed texts go together. */
function sourceProblems({ page, subject, subjectSection, bodySection }: Partial<MessageFields>): FieldProblem[] {
  const sections = [['/subjectSection', subjectSection], ['/bodySection', bodySection]] as const;
  if ((page ?? null) === null) return sections.flatMap(([pointer, name]) => ((name ?? null) === null ? [] : [fault(pointer, 'delivery.no-section', 'A section is one of a page: name the page, too.')]));
  if (subject?.trim() && (subjectSection ?? null) !== null) return [fault('/subjectSection', 'delivery.bad-subject', 'Type a subject or take one from the page, not both.')];
  return [];
}

function subjectProblems(subject: string): FieldProblem[] {
  if (isEmpty(subject)) return [fault('/subject', 'delivery.no-subject')];
  if (subject.length > MOST_SUBJECT) return [fault('/subject', 'delivery.bad-subject', `A subject may have at most ${MOST_SUBJECT} characters.`)];
  if (/[\n\r\u2028\u2029\u0085]/.test(subject)) return [fault('/subject', 'delivery.bad-subject', 'A subject is one line: take the line break out.')];
  if (subject.includes('==') || /^=|=$/.test(subject)) return [fault('/subject', 'delivery.bad-subject', 'A subject stands between == and ==: it may hold single = signs, but neither begin nor end with one.')];
  if (/<!--|-->/.test(subject)) return [fault('/subject', 'delivery.bad-subject', 'A subject cannot hold <!-- or -->.')];
  return CONTROL.test(subject) || subject.includes('\t') ? [fault('/subject', 'delivery.bad-subject', 'A subject cannot hold control characters.')] : [];
}

async function bodyProblems(api: Api, body: string, wikiId: number | undefined): Promise<FieldProblem[]> {
  if (isEmpty(body)) return [fault('/body', 'delivery.no-body')];
  const bytes = Buffer.byteLength(body);
  if (bytes > MOST_BODY_BYTES) return [fault('/body', 'delivery.body-too-large', `It has ${bytes.toLocaleString('en')} bytes; 2,097,152 are the most.`)];
  if (/<!--|-->/.test(body)) return [fault('/body', 'delivery.bad-body')];
  if (CONTROL.test(body)) return [fault('/body', 'input.invalid', 'It holds a control character.')];
  const most = wikiId === undefined || bytes < SMALL ? undefined : await pageSize(api, wikiId).catch(() => undefined);
  return most !== undefined && bytes > most ? [fault('/body', 'delivery.body-too-large', `It has ${bytes.toLocaleString('en')} bytes; a page of this wiki may have ${most.toLocaleString('en')}.`)] : [];
}

/** A wiki that does not say within 3 seconds how large a page may be says it when the page is written. */
const pageSize = async (api: Api, wikiId: number): Promise<number | undefined> => (await (await api.wiki?.(wikiId))?.siteInfo(AbortSignal.timeout(3_000)))?.maxArticleBytes;

/** No wiki is asked about a message that fits on every page. */
const SMALL = 16_384;

async function listProblems({ kernel }: Api, { actor }: Caller, listIds: number[]): Promise<FieldProblem[]> {
  if (!listIds.length) return [fault('/listIds', 'delivery.no-list')];
  const rows = await readListRows(kernel, listIds);
  const usable = new Set(rows.filter((row) => may(actor, 'read', 'targetList', row).allowed).map(({ id }) => id));
  return listIds.flatMap((id, i) => (usable.has(id) ? [] : [fault(`/listIds/${i}`, 'delivery.unknown-list', `There is no target list ${id}.`)]));
}

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;
