/** The cookies of one wiki session, as a header line. MediaWiki sets short-lived ones with nearly every edit. */

export class Cookies {
  private readonly jar = new Map<string, { value: string; untilMs: number }>();
  private line: string | undefined = '';
  private lineUntilMs = Infinity;

  /** Reads Set-Cookie (undici gives one line as a string); the wiki is one host, so path and domain need no thought. */
  take(lines: string | string[]): void {
    for (const text of [lines].flat()) {
      const [pair = '', ...attributes] = text.split(';');
      const cut = pair.indexOf('=');
      if (cut < 1) continue;
      const untilMs = expiry(attributes);
      const name = pair.slice(0, cut).trim();
      if (untilMs <= Date.now()) this.jar.delete(name);
      else this.jar.set(name, { value: pair.slice(cut + 1).trim(), untilMs });
      this.line = undefined;
    }
  }

  header(): string {
    if (this.line === undefined || this.lineUntilMs <= Date.now()) {
      this.lineUntilMs = Infinity;
      const pairs: string[] = [];
      for (const [name, { value, untilMs }] of this.jar) {
        if (untilMs <= Date.now()) {
          this.jar.delete(name);
          continue;
        }
        pairs.push(`${name}=${value}`);
        this.lineUntilMs = Math.min(this.lineUntilMs, untilMs);
      }
      this.line = pairs.join('; ');
    }
    return this.line;
  }
}

function expiry(attributes: string[]): number {
  let untilMs = Infinity;
  for (const attribute of attributes) {
    const [name = '', value = ''] = attribute.split('=', 2).map((part) => part.trim());
    if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) return Date.now() + Number(value) * 1000;
    if (/^expires$/i.test(name) && Number.isFinite(Date.parse(value))) untilMs = Date.parse(value);
  }
  return untilMs;
}
