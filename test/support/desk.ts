/** An account desk: an open event with two organizers, another's event, the account team, and a clock that the test moves. */
import { apply, applyDue } from '../../db/apply';
import { standingClock } from '../../db/clock';
import type { Event } from '../../db/entities/event';
import type { Request } from '../../db/entities/request';
import { system, type Actor, type Role } from '../../policies/actor';
import { testApi, type Script, type TestApi } from './api';
import { makeEvent, makeOpenRequest, onWall } from './house';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** A morning on which the event is open, from eight o'clock to noon. */
export const MORNING_MS = Date.UTC(2031, 6, 1, 9);

const roleOf = { ada: 'organizer', bo: 'organizer', cy: 'organizer', tom: 'toolUser', tess: 'toolUser', max: 'toolAdmin', kim: 'checkuser', root: 'admin', ulla: undefined } as const satisfies Record<string, Role | undefined>;
type Name = keyof typeof roleOf;

export type Desk = Record<Name, Script> & {
  api: TestApi;
  clock: ReturnType<typeof standingClock>;
  ids: Record<Name, number>;
  /** Of Ada and Bo; and of Cy. */
  event: Event;
  other: Event;
  /** Confirmed. */
  open(values?: Partial<Request>): Promise<Request>;
  /** What came by the open event. */
  tagged(values?: Partial<Request>): Promise<Request>;
  verb(by: Script, id: number, verb: string, body?: object): ReturnType<Script['post']>;
  /** As `by` sees it. */
  see(by: Script, id: number): Promise<any>;
  /** Moves the clock on, and lets it do what is due of this request. */
  wait(id: number, ms: number): Promise<void>;
  /** The newest of theirs about a request. */
  told(by: Script): Promise<{ code: string; entity: number; reason: string | null } | undefined>;
  /** Mails to the requester. */
  mails(id: number): Promise<string[]>;
};

/** Call it at the top of a file. */
export function testDesk(): Desk {
  const desk = { api: testApi(), clock: standingClock(MORNING_MS), ids: {} } as Desk;
  const { clock, api } = desk;
  beforeAll(async () => {
    const kernel = { ...api.api.kernel, clock };
    Object.assign(api.api, { kernel });
    await api.wiki('en.example.org');
    await api.wiki('de.example.org');
    for (const [name, role] of Object.entries(roleOf) as [Name, Role | undefined][]) {
      const person = await api.person(`${name[0]!.toUpperCase()}${name.slice(1)}`, role ? [role] : []);
      desk.ids[name] = person.id;
      desk[name] = await api.script(person);
    }
    const of = (name: Name): Actor & { userId: number } => ({ kind: 'user', userId: desk.ids[name], grants: [{ role: roleOf[name]!, wikiId: null }] });
    const approved = async (...organizers: Name[]): Promise<Event> => {
      const window = [MORNING_MS - HOUR_MS, MORNING_MS + 3 * HOUR_MS].map((atMs) => onWall(atMs)) as [string, string];
      clock.atMs = MORNING_MS - DAY_MS;
      const { id } = await makeEvent(kernel, of(organizers[0]!), window, { organizerIds: organizers.map((name) => desk.ids[name]), title: `Evening of ${organizers[0]}`, archiveAfterMs: 90 * DAY_MS });
      await apply(kernel, { noun: 'event', id, verb: 'submit', actor: of(organizers[0]!) });
      const { row } = await apply(kernel, { noun: 'event', id, verb: 'approve', actor: of('max') });
      clock.atMs = MORNING_MS;
      await applyDue(kernel, 'event', id, system);
      return row;
    };
    desk.event = await approved('ada', 'bo');
    desk.other = await approved('cy');
  });
  beforeEach(() => void (clock.atMs = MORNING_MS));
  desk.open = (values) => makeOpenRequest(api.api.kernel, values);
  desk.tagged = (values) => makeOpenRequest(api.api.kernel, { eventId: desk.event.id, ...values });
  desk.verb = (by, id, verb, body = {}) => by.post(`/api/requests/${id}/${verb}`, body);
  desk.see = async (by, id) => (await by.get(`/api/requests/${id}`)).body;
  desk.wait = async (id, ms) => {
    clock.advance(ms);
    await applyDue(api.api.kernel, 'request', id, system);
  };
  desk.told = async (by) => (await by.get('/api/notices?limit=20')).body.items.find(({ noun }: { noun: string }) => noun === 'request');
  desk.mails = async (id) => (await api.sql<{ kind: string }>('select kind from mail where request_id = $1 order by id', [id])).map(({ kind }) => kind);
  return desk;
}

/** Verbs that are offered, but for those that are shown with why they are not. */
export const offered = (thing: { actions: { verb: string; unavailable?: unknown }[] }): string[] => thing.actions.filter(({ unavailable }) => !unavailable).map(({ verb }) => verb);
