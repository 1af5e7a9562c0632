/**
 * R14: windows of events in every time zone, many of them over a change of clocks or a leap day. Nothing runs but Postgres: no
 * worker, no Temporal, and the process' own clock is an hour off, either way. Each door is tried a month before its window,
 * around both edges to the millisecond, and thirty days after; then all that was slept through is caught up on, and the log
 * must name the edges as the instants. The edges are worked out from `Intl`, which Reeve's own reckoning is not.
 *   npm run chaos -- r14 [windows]
 */
import { apply, applyDue } from '../../db/apply';
import { standingClock } from '../../db/clock';
import { openDoor } from '../../db/queries/requests';
import { system } from '../../policies/actor';
import { makeEvent, makeUser, openHouse } from '../../test/support/house';
import { benchDatabase } from '../database';
import { randomness, verdict } from '../verdict';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const offsets = ['+05:30', '-03:30', '+14:00', '-11:00', '+00:00', '+12:45'];

/** The wall clock of a zone, to the minute, as `2028-05-17T10:00`. */
function wallClock(zone: string): (ms: number) => string {
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed) {
    const offsetMs = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * HOUR + Number(fixed[3]) * MINUTE);
    return (ms) => new Date(ms + offsetMs).toISOString().slice(0, 16);
  }
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return (ms) => format.format(ms).replace(' ', 'T');
}

/** Of a wall clock that comes twice the first time is meant. */
function firstOf(wall: (ms: number) => string, ms: number): number {
  const shown = wall(ms);
  for (let before = ms - 3 * HOUR; before < ms; before += 15 * MINUTE) if (wall(before) === shown) return before;
  return ms;
}

/** Every instant of four years at which the clocks of a zone jump, to the minute. */
function changesOf(wall: (ms: number) => string): number[] {
  const gap = (ms: number): number => Date.parse(`${wall(ms)}Z`) - ms;
  const found: number[] = [];
  for (let at = Date.UTC(2027, 0, 1); at < Date.UTC(2031, 0, 1); at += DAY) {
    if (gap(at) === gap(at + DAY)) continue;
    let [low, high] = [at, at + DAY];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (gap(middle) === gap(low)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

async function main(): Promise<void> {
  const windows = Number(process.argv[2] ?? 2_000);
  const { seed, next } = randomness();
  const clock = standingClock(Date.UTC(2026, 11, 1));
  const { appUrl } = await benchDatabase('chaos_r14');
  const house = await openHouse(appUrl, clock, 4);
  const realNow = Date.now;
  try {
    const { kernel } = house;
    const [organizer, admin] = [await makeUser(kernel, 'organizer'), await makeUser(kernel, 'toolAdmin')];
    const zones = [...Intl.supportedValuesOf('timeZone'), ...offsets].map((name) => ({ name, wall: wallClock(name) }));
    const changes = new Map(zones.map(({ name, wall }) => [name, changesOf(wall)]));
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
    let [wrong, unlike, over, leap, asked] = [0, 0, 0, 0, 0];
    for (let n = 0; n < windows; n++) {
      const { name: timeZone, wall } = pick(zones);
      const jumps = changes.get(timeZone)!;
      const around = jumps.length && next() < 0.5 ? pick(jumps) : next() < 0.2 ? Date.UTC(2028, 1, 29, 12) : Date.UTC(2027, 0, 1) + Math.floor(next() * 1_400) * DAY;
      const from = firstOf(wall, around - Math.floor(next() * 36 * 60) * MINUTE);
      const to = firstOf(wall, Math.max(from + 15 * MINUTE, around + Math.floor(next() * 36 * 60) * MINUTE));
      if (to <= from) continue;
      if (jumps.some((jump) => jump > from && jump < to)) over++;
      if (wall(from).startsWith('2028-02-29') || wall(to).startsWith('2028-02-29')) leap++;
      clock.atMs = from - 40 * DAY;
      const { id, uuid } = await makeEvent(kernel, organizer, [wall(from), wall(to)], { timeZone });
      await apply(kernel, { noun: 'event', id, verb: 'submit', actor: organizer });
      await apply(kernel, { noun: 'event', id, verb: 'approve', actor: admin });
      for (const [atMs, open] of [[from - 30 * DAY, false], [from - HOUR, false], [from - 1, false], [from, true], [Math.floor((from + to) / 2), true], [to - 1, true], [to, false], [to + HOUR, false], [to + 30 * DAY, false]] as const) {
        clock.atMs = atMs;
        Date.now = () => realNow() + (asked % 2 ? HOUR : -HOUR);
        asked++;
        if (((await openDoor(kernel, uuid)) !== null) !== open) wrong++;
      }
      await applyDue(kernel, 'event', id, system);
      const { rows } = await kernel.pool.query<{ verb: string; at_ms: number }>(`select verb, at_ms from audit where noun = 'event' and entity = $1 and verb like 'xstate.after.%' order by version limit 2`, [id]);
      if (rows.map(({ at_ms: atMs }) => atMs).join() !== [from, to].join()) unlike++;
    }
    verdict('R14', `${windows} windows in ${zones.length} zones, ${over} over a change of clocks, ${leap} at a leap day: ${wrong} of ${asked} askings answered wrongly, ${unlike} whose log names other instants; seed ${seed}`, wrong + unlike === 0);
  } finally {
    Date.now = realNow;
    await house.close();
  }
}

void main();
