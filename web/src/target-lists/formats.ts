/** The formats of target lists, in the order in which they are offered. */
export const formats = ['lines', 'csv', 'wikitext', 'json', 'category'] as const;
export type Format = (typeof formats)[number];

/** Where its pages come from: the API's fields. */
export const sourcesOf: Record<Format, ('file' | 'content' | 'page' | 'category')[]> = {
  lines: ['file', 'content'], csv: ['file', 'content'], wikitext: ['page', 'content'], json: ['page', 'content'], category: ['category'],
};
