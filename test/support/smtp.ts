/** An SMTP server that does at each stage what a test asks of it, and knows which mails it has taken. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

type Stage = 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'text';
/** A reply; or nothing at all; or the end of the line. `take-…`: the mail is kept first. */
export type Act = `${number} ${string}` | 'hang' | 'cut' | 'take-hang' | 'take-cut' | 'half-cut';

export interface TestSmtp {
  url: string;
  /** What stands is done every time; a stage that is not named goes well. */
  acts: Partial<Record<Stage, Act>>;
  /** Complete mails, as they came. */
  taken: { from: string; to: string[]; raw: string }[];
  counts: Record<Stage, number>;
  /** The commands' first words. */
  heard: string[];
  close(): Promise<void>;
}

const well: Record<Stage, Act> = { greeting: '220 test', ehlo: '250 test', mail: '250 ok', rcpt: '250 ok', data: '354 go on', text: '250 taken' };

export async function startSmtp(port = 0): Promise<TestSmtp> {
  const sockets = new Set<Socket>();
  const smtp: TestSmtp = { url: '', acts: {}, taken: [], heard: [], counts: { greeting: 0, ehlo: 0, mail: 0, rcpt: 0, data: 0, text: 0 }, close: async () => {} };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let envelope = { from: '', to: [] as string[] };
    let text: string | undefined;
    let rest = '';
    const act = (stage: Stage, keep?: () => void): boolean => {
      smtp.counts[stage]++;
      const what = smtp.acts[stage] ?? well[stage];
      if (keep && (what.startsWith('2') || what.startsWith('take'))) keep();
      if (what.endsWith('cut')) socket.destroy();
      else if (!what.endsWith('hang')) socket.write(`${what}\r\n`);
      return /^[23]/.test(what);
    };
    act('greeting');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      if (text !== undefined && smtp.acts.text === 'half-cut') return socket.destroy();
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (text === undefined) smtp.heard.push(line.split(' ')[0]!);
        if (text !== undefined) {
          if (line !== '.') text += `${line.replace(/^\./, '')}\r\n`;
          else {
            const mail = { ...envelope, raw: text };
            text = undefined;
            act('text', () => smtp.taken.push(mail));
          }
        } else if (/^EHLO/i.test(line)) act('ehlo');
        else if (/^MAIL FROM:/i.test(line)) {
          if (act('mail')) envelope = { from: /<(.*)>/.exec(line)![1]!, to: [] };
        } else if (/^RCPT TO:/i.test(line)) {
          if (act('rcpt')) envelope.to.push(/<(.*)>/.exec(line)![1]!);
        } else if (/^DATA/i.test(line)) {
          if (act('data')) text = '';
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
        else socket.write('502 no\r\n');
      }
    });
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
  smtp.url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  smtp.close = () =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  return smtp;
}
