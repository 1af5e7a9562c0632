/** A payload codec for tests: whatever crosses into Temporal goes through it, and private text makes it throw. */
import type { Payload, PayloadCodec } from '@temporalio/common';

/** @param forbidden besides mail addresses, which are never let through. */
export function tripwire(forbidden: string[] = []): PayloadCodec {
  const look = async (payloads: Payload[]): Promise<Payload[]> => {
    for (const { data } of payloads) {
      const text = data ? Buffer.from(data).toString() : '';
      const found = [...forbidden, '@'].find((word) => text.includes(word));
      if (found) throw new Error(`private text crosses into Temporal: ${text}`);
    }
    return payloads;
  };
  return { encode: look, decode: async (payloads) => payloads };
}
