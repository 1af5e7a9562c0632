/** Official downloads: where they cannot be reached, nobody should wait for them. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from './run.mjs';

/** The limit is for the first byte. */
const FIRST_BYTE_LIMIT_MS = 5_000;

/** Fetches a .tar.gz and unpacks it into the folder. @throws in words when it cannot be reached */
export async function unpackDownload(address, folder) {
  const reply = await reach(address);
  const archive = `${folder}.tar.gz`;
  await pipeline(Readable.fromWeb(reply.body), createWriteStream(archive));
  await run('tar', ['-xzf', archive, '-C', folder]);
  await run('rm', [archive]);
}

async function reach(address) {
  const abort = new AbortController();
  const clock = setTimeout(() => abort.abort(), FIRST_BYTE_LIMIT_MS);
  try {
    const reply = await fetch(address, { signal: abort.signal });
    if (!reply.ok) throw new Error(`it answered ${reply.status}`);
    return reply;
  } catch (error) {
    throw new Error(`the official download cannot be reached (${error.cause?.code ?? error.message})`, { cause: error });
  } finally {
    clearTimeout(clock);
  }
}
