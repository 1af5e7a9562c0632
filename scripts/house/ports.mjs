/** Free ports on loopback. All stand below the range from which systems take outgoing ports, so that a client that dials a died part cannot take its port away. */
import { createServer } from 'node:net';
import { readJson, writeJson } from './files.mjs';

const HIGHEST = 32_000;
const given = new Set();

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** The wanted port, else the next free one above it; never the same twice in one process. */
export async function portFrom(wanted) {
  for (let port = wanted; port < Math.max(HIGHEST, wanted + 100); port++) {
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${wanted} on`);
}

/** Those of a start that failed: what is still free may be had again. */
export const giveBack = (ports) => Object.values(ports).forEach((port) => given.delete(port));

/** A port that was free when it was chosen may be taken a moment later: then the work, which chooses it, is done again. */
export async function onFreePorts(work, tell = () => undefined) {
  for (let tries = 3; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!error.portTaken || --tries <= 0) throw error;
      tell(`${error.message.split('\n')[0]} Another port is chosen.`);
    }
  }
}

/** Any free port, for throw-away services. */
export const anyPort = () => portFrom(20_000 + Math.floor(Math.random() * 11_000));

/**
 * Ports by name: what this home had last time, else the standard ones, else the next free ones. Remembered, so that links stay good.
 * @param named overrides of this call (the person named a port)
 * @returns {{ ports: Record<string, number>, moved: string[] }} moved: a line for each that is not the one last promised
 */
export async function rememberedPorts(file, standard, named = {}) {
  const last = readJson(file) ?? {};
  const ports = {};
  const moved = [];
  for (const [name, usual] of Object.entries(standard)) {
    const wanted = named[name] ?? last[name] ?? usual;
    ports[name] = await portFrom(wanted);
    if (ports[name] !== wanted) moved.push(`port ${wanted} (${name}) is taken: ${ports[name]} instead`);
  }
  writeJson(file, { ...last, ...ports });
  return { ports, moved };
}
