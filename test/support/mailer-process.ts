/** A mailer in a process of its own, to be killed: `node --import tsx mailer-process.ts <database> <smtp>`. */
import { startMailer } from '../../activities/mail';
import { openDatabase } from '../../db/data-source';
import { createMail } from '../../gateways/mail';

const [database, smtp] = process.argv.slice(2) as [string, string];
void openDatabase(database, 4, 'mailer-to-kill').then(({ pool }) =>
  startMailer({ pool, mail: createMail({ url: smtp, from: 'reeve@example.org' }), publicUrl: 'https://reeve.example.org', secretKey: 'k'.repeat(32), leaseMs: 1_500, answerMs: 1_500, pollMs: 50 }),
);
