import fc from 'fast-check';
import { may, nouns } from '../../policies';
import { roles, visitor, type Actor, type Role } from '../../policies/actor';
import { plain, someActor, someRows } from '../support/arbitraries';
import { person } from '../support/kernel';
import { rowsOf, verbsAsked, walkMatrix } from './matrix';

describe('the policies', () => {
  test.each(nouns)('of %s say what the page of roles says, for every actor, verb, state, owner and field', (noun) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { asked, allowed, differences } = walkMatrix(noun, seed, 400);
    expect({ seed, differences: differences.slice(0, 3) }).toEqual({ seed, differences: [] });
    expect(asked).toBeGreaterThan(4_000); // the control: both answers occur
    expect(allowed).toBeGreaterThan(30); // of the audit only reading is ever allowed, to two roles
    expect(allowed).toBeLessThan(asked * 0.9);
  });

  test.each(nouns)('of %s give a visitor and somebody without any role nothing but reading, or what is their own', (noun) => {
    fc.assert(
      fc.property(rowsOf(noun), (drawn) => {
        for (const row of plain(drawn))
          for (const verb of verbsAsked(noun).filter((name) => name !== 'read' && `${noun}:${name}` !== 'request:new')) // anybody may ask for an account
            for (const actor of [visitor, person(99)]) expect(may(actor, verb, noun, row).allowed).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('give no key a right that its owner does not have', () => {
    fc.assert(
      fc.property(someActor, fc.constantFrom(...nouns.filter((noun) => noun !== 'audit')).chain((noun) => someRows(noun).map((rows) => ({ noun, rows }))), (drawn, drawnThings) => {
        const [actor, { noun, rows }] = plain([drawn, drawnThings] as const);
        if (actor.kind !== 'key') return;
        const owner: Actor = { ...actor, kind: 'user' };
        for (const row of rows) for (const verb of verbsAsked(noun)) if (may(actor, verb, noun, row).allowed) expect(may(owner, verb, noun, row).allowed).toBe(true);
      }),
    );
  });

  test('let nobody decide what is their own, whatever roles they hold', () => {
    const everything = person(1, ...roles);
    for (const verb of ['approve', 'reject']) expect(may(everything, verb, 'delivery', { senderId: 1, state: 'requested' })).toEqual({ allowed: false, code: 'policy.own', reason: 'Somebody else than the sender approves.' });
    for (const verb of ['approve', 'decline', 'suspend', 'reinstate', 'end', 'changeRole'])
      expect(may(everything, verb, 'membership', { userId: 1, role: 'admin', state: 'active' })).toEqual({ allowed: false, code: 'policy.own', reason: 'Nobody decides what is their own.' });
  });

  test('show what was never sent to its sender and to those who decide, also after it was cancelled', () => {
    const cancelled = { senderId: 1, state: 'cancelled', startedAtMs: null };
    expect([visitor, person(2), person(1)].map((actor) => may(actor, 'read', 'delivery', cancelled).allowed)).toEqual([false, false, true]);
    expect(may(visitor, 'read', 'delivery', { ...cancelled, startedAtMs: 1 }).allowed).toBe(true);
  });

  describe('of account requests', () => {
    const organizer: Actor = { ...person(1, 'organizer'), events: [7] };
    const own = { eventId: 7, queue: 'event', state: 'open', escalatedAtMs: null, holderId: null, confirmedAtMs: 1 };
    const verbs = (actor: Actor, row: object) => verbsAsked('request').filter((verb) => verb !== 'new' && may(actor, verb, 'request', row).allowed);

    test('let organizers handle what came by their own events, and nothing else', () => {
      expect(verbs(organizer, own)).toEqual(['read', 'escalate', 'close', 'create', 'comment', 'reserve']);
      for (const other of [{ ...own, eventId: 8 }, { ...own, eventId: null, queue: 'default' }, { ...own, state: 'unconfirmed' }, { ...own, state: 'expired' }]) expect(verbs(organizer, other)).toEqual([]);
      expect(verbs({ ...organizer, events: [] }, own)).toEqual([]); // disabled, or over for too long
    });

    test('leave organizers a trace of what the account team has', () => {
      for (const taken of [{ ...own, escalatedAtMs: 1 }, { ...own, queue: 'default' }, { ...own, queue: 'events' }]) {
        expect(verbs(organizer, taken)).toEqual(['read']);
        const read = ['id', 'state', 'eventId', 'queue', 'escalatedAtMs', 'name', 'comment', 'answer', 'holderId', 'email'].filter((field) => may(organizer, 'read', 'request', taken, field).allowed);
        expect(read).toEqual(['id', 'state', 'eventId', 'queue', 'escalatedAtMs']);
      }
    });

    test('say to whom it is theirs to look that somebody else has it', () => {
      for (const actor of [organizer, person(1, 'toolUser'), person(1, 'toolAdmin')]) expect(may(actor, 'close', 'request', { ...own, state: 'reserved', holderId: 2 })).toMatchObject({ allowed: false, code: 'request.held' });
    });

    test('show nobody by reading where a person is to be found, and by reveal to few', () => {
      for (const role of roles) for (const field of ['email', 'ip', 'forwarded', 'userAgent']) expect(may(person(1, role), 'read', 'request', { ...own, holderId: 1 }, field).allowed).toBe(false);
      const revealing = (row: object) => roles.filter((role) => may({ ...person(1, role), events: [7] }, 'reveal', 'request', row).allowed);
      expect(revealing(own)).toEqual(['toolAdmin', 'checkuser']);
      expect(revealing({ ...own, state: 'reserved', holderId: 1 })).toEqual(['toolUser', 'toolAdmin', 'checkuser']);
      expect(may(person(1, 'admin', 'checkuser'), 'reveal', 'request', own).allowed).toBe(true);
    });

    test('keep what it says from everybody until its address is confirmed', () => {
      for (const field of ['name', 'comment', 'language']) expect(may(person(1, ...roles), 'read', 'request', { ...own, state: 'unconfirmed', confirmedAtMs: null }, field).allowed).toBe(false);
    });
  });

  test('let a tool admin look after organizers and tool users only', () => {
    for (const role of roles) {
      const lookedAfter = (['organizer', 'toolUser'] as Role[]).includes(role);
      expect(may(person(1, 'toolAdmin'), 'approve', 'membership', { userId: 2, role, state: 'applied' }).allowed).toBe(lookedAfter);
    }
  });
});
