/**
 * What comes from a client or a wiki of any speed, kept in a nameless file until it is whole: no transaction waits for the
 * network, memory stays flat, and nothing is left on disk whatever happens to this process.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReeveError } from '../config/errors';

export interface Spooled {
  bytes: number;
  /** SHA-256 of the whole, base64url. */
  hash: string;
  /** The text from its beginning; what is no UTF-8 becomes U+FFFD. May be read once. */
  text(): AsyncGenerator<string>;
  close(): Promise<void>;
}

/** @throws ReeveError input.too-large */
export async function spool(from: AsyncIterable<Buffer>, maxBytes: number): Promise<Spooled> {
  const file = await namelessFile();
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of from) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new ReeveError('input.too-large', `A list may have at most ${maxBytes.toLocaleString('en')} bytes.`);
      hash.update(chunk);
      await file.appendFile(chunk);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { bytes, hash: hash.digest('base64url'), text: () => textOf(file, bytes), close: () => file.close() };
}

/** Opened and unlinked at once: it lives as long as its handle. */
async function namelessFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-upload-'));
  try {
    return await open(join(folder, 'body'), 'w+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* textOf(file: FileHandle, bytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  const buffer = Buffer.alloc(262_144);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    yield decoder.decode(buffer.subarray(0, bytesRead), { stream: at < bytes });
  }
}
