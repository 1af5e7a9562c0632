/**
 * What a wiki has rendered, as a document of its own: it stands in a sandboxed frame, runs nothing and loads nothing but
 * the wiki's own pictures. Called by routes/delivery-preview.ts.
 */
import type { Delivery } from '../db/entities/delivery';
import type { Preview } from '../db/queries/preview';

/** Its frames are read within moments of the page; wikis are not asked once more for each. */
const KEPT_MS = 60_000;
const MOST = 50;

export class Previews {
  private readonly kept = new Map<string, { untilMs: number; preview: Preview }>();

  remember(row: Delivery, preview: Preview): void {
    const key = keyOf(row);
    this.kept.delete(key);
    this.kept.set(key, { untilMs: performance.now() + KEPT_MS, preview });
    while (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value!);
  }

  recall(row: Delivery): Preview | undefined {
    const found = this.kept.get(keyOf(row));
    return found && found.untilMs > performance.now() ? found.preview : undefined;
  }
}

const keyOf = ({ id, marker, version }: Delivery): string => `${id} ${marker} ${version}`;

/** The header that makes whatever stands in it harmless. `wiki`: its origin. */
export const policyOf = (wiki: string): string => `sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src ${wiki} data:; base-uri ${wiki}; form-action 'none'; frame-ancestors 'self'`;

/** Addresses in it are the wiki's. Its end tags cannot end more than the body. */
export const documentOf = (html: string, wiki: string): string =>
  `<!doctype html><html><head><meta charset="utf-8"><base href="${wiki}/"><title>Preview</title><style>:root{color-scheme:light dark}body{margin:0;padding:8px 12px;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}img,table{max-width:100%}h2{font-size:1.25rem}.mail{white-space:pre-wrap}</style></head><body>${html}</body></html>`;
