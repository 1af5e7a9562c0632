/** Runs a command to its end and keeps what it said, for the message when it fails. */
import { spawn } from 'node:child_process';

/** @throws with the last lines of its output when it fails or takes too long */
export function run(command, args, { cwd, env, uid, gid, timeoutMs = 900_000, input, signal } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, uid, gid, signal, env: { ...process.env, ...env }, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let said = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      said = `${said}${data}`.slice(-4_000);
    });
    child.stderr.on('data', (data) => (said = `${said}${data}`.slice(-4_000)));
    if (input !== undefined) child.stdin.end(input);
    const clock = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (error) => {
      clearTimeout(clock);
      reject(error);
    });
    child.once('close', (code, by) => {
      clearTimeout(clock);
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ${args[0] ?? ''} failed (${by ?? code}): ${said.trim().split('\n').slice(-8).join('\n')}`));
    });
  });
}
