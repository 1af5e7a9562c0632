/** `reeve inbox`: the mail server of the demo, a process of its own (demo/inbox.ts). */
import { Command } from 'commander';
import { startInbox } from '../../demo/inbox';
import { say } from '../output';
import { readPort } from '../verbs';

export const command = new Command('inbox')
  .description('Take mails to anybody, deliver none, and show them: a page, and GET /messages.')
  .option('--port <n>', 'port of the page on loopback (default: a free one)', readPort, 0)
  .option('--smtp-port <n>', 'port of the mail server on loopback (default: a free one)', readPort, 0)
  .option('--data <file>', 'keep mails there (default: in memory)')
  .action(async ({ port, smtpPort, data }: { port: number; smtpPort: number; data?: string }) => {
    const inbox = await startInbox({ port, smtpPort, dataFile: data });
    say(`Inbox: ${inbox.url} (SMTP ${inbox.smtp})`);
    await new Promise<void>((done) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
    });
    await inbox.close();
  });
