/** `GET /api/deliveries/:id/progress`: server-sent events `snapshot`, `progress`, `changed` and `beat`, for as long as one may read. */
import { createSession } from 'better-sse';
import type { Request, Response } from 'express';
import { ReeveError } from '../../config/errors';
import type { DeliveryView } from '../../db/queries/deliveries';
import { actorId } from '../../policies/actor';
import { askingOf, type Api } from '../context';
import { whoAsks } from '../middleware/authenticate';
import { fingerprintOf, type ProgressWatches, type Tick } from '../progress';
import { route, type Route } from '../route';
import { idOf } from '../verbs';
import { presentDelivery, readDelivery, readDeliveryRow, sum, withPending } from './deliveries';

const BEAT_MS = 15_000;
const MOST_WAITING_BYTES = 1_048_576;

const presentTick = ({ state, version, wikis, perMinute, rates }: Tick) => ({
  state, version, counts: withPending(sum(wikis)), perMinute,
  wikis: wikis.map(({ host, wikiId, editsPerMinute, ...counts }) => ({ host, editsPerMinute, perMinute: rates.get(wikiId) ?? null, ...withPending(counts) })),
});

export const deliveryProgressRoutes = (watches: ProgressWatches): Route[] => [
  route({
    method: 'get',
    path: '/api/deliveries/:id/progress',
    summary: 'Server-sent events: `snapshot` (the delivery), `progress` (state, counts, wikis, perMinute), `changed` (version, state: read it again, also when something begins or ceases to need attention), and every 15 s `beat` (null), so that silence means a broken stream.',
    open: true,
    answer: { type: 'text/event-stream' },
    async handle({ api, caller, params, req, res }) {
      const deliveryId = idOf(params.id);
      const first = await readDeliveryRow(api, caller, deliveryId); // a problem while it can still be one
      if (req.method === 'HEAD') return void res.type('text/event-stream').end(); // else nothing would ever end it
      await stream(api, watches, req, res, deliveryId, first);
    },
  }),
];

async function stream(api: Api, watches: ProgressWatches, req: Request, res: Response, deliveryId: number, first: DeliveryView): Promise<void> {
  const session = await createSession(req, res, { keepAlive: null, retry: 2_000 });
  let stop = (): void => {};
  let beat: NodeJS.Timeout | undefined;
  const end = (): void => {
    stop();
    clearInterval(beat);
    res.end();
  };
  const check = async (): Promise<void> => {
    try {
      const { actor } = await whoAsks(api, req, true);
      if (actorId(actor) !== asker) return end(); // signed out: also what is public is another's to follow
      await readDelivery(api, { actor }, deliveryId);
    } catch (error) {
      if (error instanceof ReeveError) end(); // may not, any more; Postgres away is no reason
    }
  };
  let { version } = first.row;
  const asker = actorId(askingOf(req).actor);
  let counted = `${fingerprintOf(first.wikis)} null`;
  let most = MOST_WAITING_BYTES;
  let waiting = first.attention.map(({ id }) => id).join();
  stop = watches.listen(deliveryId, (tick) => {
    if (res.writableLength > most) return end(); // who does not read asks again
    const now = `${tick.fingerprint} ${tick.perMinute}`; // a rate that falls is all that a wiki in trouble shows
    if (now !== counted) session.push(presentTick(tick), 'progress');
    counted = now;
    if (tick.version === version && tick.waiting.join() === waiting) return;
    [version, waiting] = [tick.version, tick.waiting.join()];
    session.push({ version, state: tick.state }, 'changed');
    void check();
  }, end);
  beat = setInterval(() => {
    session.push(null, 'beat'); // an event of its own: browsers keep comments to themselves
    void check();
  }, BEAT_MS);
  if (res.closed) return end();
  res.once('close', end);
  session.push(presentDelivery(first, askingOf(req).actor), 'snapshot');
  most += res.writableLength; // else who is slow would get a long message again and again, and nothing else
}
