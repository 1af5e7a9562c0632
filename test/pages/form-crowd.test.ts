import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startMailer } from '../../activities/mail';
import { createMail } from '../../gateways/mail';
import { testApi } from '../support/api';
import { eventually } from '../support/eventually';
import { addressOf, askAll } from '../support/form-crowd';
import { startSmtp } from '../support/smtp';
import { openEvent } from './requests';

describe('two thousand people at the form of one event', () => {
  const test = testApi({ REEVE_TRUST_PROXY: '1' });

  it('are all taken, none twice, and each gets one mail', async () => {
    const people = 2_000;
    await test.wiki('en.example.org');
    test.api.wiki = async () => ({ account: async (name: string) => ({ name, fate: 'free' as const }) }) as never;
    const event = await openEvent(test, 'A crowd');
    const server = createServer(test.app).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const smtp = await startSmtp();
    const mailer = startMailer({ pool: test.api.kernel.pool, mail: createMail({ url: smtp.url, from: 'reeve@example.org' }), publicUrl: 'http://reeve.example.org', secretKey: test.api.config.REEVE_SECRET_KEY, width: 10, pollMs: 20 });
    try {
      const ends = await askAll({ base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: `/e/${event.uuid}`, key: event.key, people, width: 250 });
      expect(ends).toEqual({ [`303 /e/${event.uuid}/sent`]: people });
      expect(await test.sql('select count(*)::int as n, count(distinct name)::int as names, count(*) filter (where event_id = $1)::int as tagged from request', [event.id])).toEqual([{ n: people, names: people, tagged: people }]);
      await eventually(async () => expect(await test.sql(`select outcome, count(*)::int as n from mail where kind = 'confirm' group by 1`)).toEqual([{ outcome: 'sent', n: people }]), 120_000);
      const got = smtp.taken.flatMap(({ to }) => to).sort();
      expect(got).toEqual(Array.from({ length: people }, (_, n) => addressOf(n)).sort());
    } finally {
      await mailer.stop();
      await smtp.close();
      server.closeAllConnections();
      server.close();
    }
  }, 300_000);
});
