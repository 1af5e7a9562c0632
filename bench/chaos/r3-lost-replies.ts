/**
 * R3: the wiki takes the edit and its reply is cut, for one in ten; a user archives one in a hundred of the messages
 * before anybody can try again. No page may have two copies, none may have none.
 *   npm run chaos -- r3 [targets]
 */
import { startPlatform } from '../../test/support/platform';
import { copies, newWiki, send, untilFinished } from '../sends';
import { verdict } from '../verdict';

async function main(): Promise<void> {
  const targets = Number(process.argv[2] ?? 5_000);
  const platform = await startPlatform();
  try {
    await platform.control('POST', 'faults', { fault: 'cut-after', probability: 0.1, archive: 0.1 });
    const wiki = await newWiki(platform);
    const { delivery } = await send(platform, wiki, targets);
    const end = await untilFinished(platform, delivery, 600_000);
    const marks = await copies(platform, delivery);
    const { faults } = await platform.control('GET', 'stats');
    console.log(`${JSON.stringify(end)} · ${JSON.stringify(marks)} · ${JSON.stringify(faults)}`);
    verdict('R3', `${marks.exactlyOne} of ${targets} pages got exactly one message, ${marks.more} two or more; ${faults['cut-after']} replies cut`,
      marks.exactlyOne === targets && marks.more === 0 && end.sent === targets);
  } finally {
    await platform.stop();
  }
}

void main();
