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
          for (const verb of verbsAsked(noun).filter((name) => name !== 'read'))
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
        const owner: Actor = { kind: 'user', userId: actor.userId, grants: actor.grants };
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

  test('let a tool admin look after organizers and tool users only', () => {
    for (const role of roles) {
      const lookedAfter = (['organizer', 'toolUser'] as Role[]).includes(role);
      expect(may(person(1, 'toolAdmin'), 'approve', 'membership', { userId: 2, role, state: 'applied' }).allowed).toBe(lookedAfter);
    }
  });
});
