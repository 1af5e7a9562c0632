/** What the sandbox wiki's linter finds: as Parsoid names it, but far less. */
const obsolete = /<(big|center|font|strike|tt)\b/i;

export function lint(wikitext: string): { type: string }[] {
  const count = (pattern: RegExp): number => wikitext.match(pattern)?.length ?? 0;
  return [
    ...(obsolete.test(wikitext) ? [{ type: 'obsolete-tag' }] : []),
    ...(count(/<(div|span|b|i)\b[^>/]*>/gi) > count(/<\/(div|span|b|i)>/gi) ? [{ type: 'missing-end-tag' }] : []),
  ];
}
