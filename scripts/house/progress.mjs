/** What the person at the terminal sees while things are set up: one line per step, with its name and its time. Used by every script. */
let out = process.stdout;
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined); // a reader that left (| head) ends nothing

/** Scripts whose stdout is data (services) send their talk to stderr. */
export const talkOn = (stream) => {
  out = stream;
};

export const say = (text) => {
  out.write(`${text}\n`);
  toParent(text);
};

/** For the person only, never for a log file: what a detached supervisor says reaches the terminal through its parent. */
export const sayPrivately = (text) => {
  if (!toParent(text)) process.stdout.write(`${text}\n`);
};

function toParent(say) {
  if (!process.connected) return false;
  process.send({ say });
  return true;
}

/** Runs one step and prints how long it took; a step that takes longer than a second announces itself first. */
export async function step(name, work) {
  const since = Date.now();
  const notice = setTimeout(() => say(`  …  ${name}`), 1_000);
  try {
    const result = await work((detail) => say(`  …  ${name}: ${detail}`));
    say(`  ok ${name} (${seconds(Date.now() - since)})`);
    return result;
  } catch (error) {
    say(`  NO ${name} (${seconds(Date.now() - since)})`);
    throw error;
  } finally {
    clearTimeout(notice);
  }
}

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** A fault that a person can mend: its message is the whole story, so it is printed without a stack. */
export class PlainFault extends Error {}

/** Ends a script: a plain fault as its message, anything else with its stack. */
export function fail(error) {
  const text = `\n${error instanceof PlainFault ? error.message : (error?.stack ?? error)}`;
  process.stderr.write(`${text}\n`);
  toParent(text);
  process.exitCode = 1;
}
