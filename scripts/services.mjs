/**
 * Throw-away services for somebody who runs tests by hand.
 *   node scripts/services.mjs [names] -- npx jest test/db     runs the command with them and ends with its exit code
 *   node scripts/services.mjs [--json] [names]                prints the environment and stays until it is stopped
 * Names: postgres redis temporal timeSkipping mediawiki chromium schemathesis; without any: all.
 */
import { spawn } from 'node:child_process';
import { fail, PlainFault, talkOn } from './house/progress.mjs';
import { prepare } from './supply/dependencies.mjs';
import { serviceNames, throwAwayServices } from './throw-away.mjs';

talkOn(process.stderr);

async function main() {
  const dash = process.argv.indexOf('--');
  const command = dash < 0 ? [] : process.argv.slice(dash + 1);
  const words = process.argv.slice(2, dash < 0 ? undefined : dash);
  const names = words.filter((word) => word !== '--json');
  const unknown = names.find((name) => !serviceNames.includes(name));
  if (unknown) throw new PlainFault(`There is no service "${unknown}". There are: ${serviceNames.join(' ')}.`);
  await prepare();
  const starting = throwAwayServices(names.length ? names : undefined);
  let ending;
  const stop = () => (ending ??= starting.then((services) => services.stop(), () => undefined));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void stop().then(() => process.exit(130)));
  const { env } = await starting;
  if (ending) return;
  if (command.length) {
    const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, ...env } });
    process.exitCode = await new Promise((resolve) => child.once('error', () => resolve(127)).once('exit', (code) => resolve(code ?? 1)));
    await stop();
    return;
  }
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  process.stdout.write(words.includes('--json') ? `${JSON.stringify(env)}\n` : `${lines.join('\n')}\n`);
  setInterval(() => undefined, 60_000); // stays until a signal
}

main().catch(fail);
