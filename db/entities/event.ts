import { randomBytes } from 'node:crypto';
import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** What organizers invite to: between two instants, who has its link and its key asks for an account there. */
export interface Event extends KernelColumns {
  /** Random: the special URL, so that nobody comes upon it by counting. */
  uuid: string;
  /** What people at the event type beside their request. */
  key: string;
  title: string;
  /** Its page on a wiki: a title, or an address. */
  page: string | null;
  creatorId: number;
  /** The creator among them. */
  organizerIds: number[];
  /** Of db/entities/event.ts: contribution types, community types, or `other` alone; empty = not chosen yet. */
  types: string[];
  participation: (typeof participations)[number] | null;
  /** ISO 3166, where people meet; null online. */
  country: string | null;
  address: string | null;
  /** Where it is online. */
  meetingUrl: string | null;
  /** null = all, none where empty. */
  wikiIds: number[] | null;
  topics: string[];
  /** IANA name or fixed offset. */
  timeZone: string;
  startsAt: string | null;
  endsAt: string | null;
  startsAtMs: number | null;
  endsAtMs: number | null;
  approvedStartsAtMs: number | null;
  approvedEndsAtMs: number | null;
  /** How many accounts it may ask for: wanted, and approved. */
  places: number | null;
  approvedPlaces: number | null;
  chatUrl: string | null;
  /** Address of its page at a dashboard. */
  trackingTool: string | null;
  /** How its form for account requests reads; null = as the main one without a form of its own. */
  formId: number | null;
  /** Whether its contributions are collected and shown; null = wherever it qualifies. */
  tracksContributions: boolean | null;
  /** To try things out: in no directory and no figure. */
  isTest: boolean;
  disabledAtMs: number | null;
  archiveAfterMs: number;
}

/** Of these the contributions can be collected. */
export const contributionTypes = ['editing-event', 'media-upload-event', 'backlog-drive', 'contest'] as const;
export const communityTypes = ['workshop', 'training-seminar', 'meetup', 'hackathon', 'conference'] as const;
export const eventTypes = [...contributionTypes, ...communityTypes, 'other'] as const;
export const participations = ['online', 'in-person', 'hybrid'] as const;

export const eventEntity = new EntitySchema<Event>({
  name: 'event',
  columns: {
    ...kernelColumns,
    uuid: { type: 'text', unique: true },
    key: { type: 'text' },
    title: { type: 'text' },
    page: { type: 'text', nullable: true },
    creatorId: { type: 'integer' },
    organizerIds: { type: 'integer', array: true },
    types: { type: 'text', array: true, default: [] },
    participation: { type: 'text', nullable: true },
    country: { type: 'text', nullable: true },
    address: { type: 'text', nullable: true },
    meetingUrl: { type: 'text', nullable: true },
    wikiIds: { type: 'integer', array: true, nullable: true },
    topics: { type: 'text', array: true, default: [] },
    timeZone: { type: 'text' },
    startsAt: { type: 'text', nullable: true },
    endsAt: { type: 'text', nullable: true },
    startsAtMs: { type: 'bigint', nullable: true },
    endsAtMs: { type: 'bigint', nullable: true },
    approvedStartsAtMs: { type: 'bigint', nullable: true },
    approvedEndsAtMs: { type: 'bigint', nullable: true },
    places: { type: 'integer', nullable: true },
    approvedPlaces: { type: 'integer', nullable: true },
    chatUrl: { type: 'text', nullable: true },
    trackingTool: { type: 'text', nullable: true },
    tracksContributions: { type: 'boolean', nullable: true },
    formId: { type: 'integer', nullable: true },
    isTest: { type: 'boolean', default: false },
    disabledAtMs: { type: 'bigint', nullable: true },
    archiveAfterMs: { type: 'bigint' },
  },
});
/** Easy to read out at a table: no letters or digits that look like others. */
export const newEventKey = (): string => [...randomBytes(6)].map((byte) => READ_OUT[byte % READ_OUT.length]).join('');
const READ_OUT = 'abcdefghjkmnpqrstuvwxyz23456789';

export const eventPrivate: (keyof Event)[] = ['uuid', 'key', 'title', 'page', 'address', 'meetingUrl', 'topics', 'chatUrl', 'trackingTool'];
