/**
 * The search attributes that every workflow carries, so that Temporal's own lists can be asked: what needs attention,
 * which belong to a thing, to a wiki. Registered at start-up (gateways/temporal.ts). Ids, hosts and codes only.
 */
import { TypedSearchAttributes, defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { entityName } from './ids';

/** The noun that it serves. */
export const kindKey = defineSearchAttributeKey('ReeveKind', 'KEYWORD');
/** `<noun>/<id>` */
export const entityKey = defineSearchAttributeKey('ReeveEntity', 'KEYWORD');
/** Host of a configured wiki. */
export const wikiKey = defineSearchAttributeKey('ReeveWiki', 'KEYWORD');
/** What it does just now. */
export const stateKey = defineSearchAttributeKey('ReeveState', 'KEYWORD');
/** It waits for an operator. */
export const attentionKey = defineSearchAttributeKey('ReeveAttention', 'BOOL');

/** name → type, as Temporal is told. */
export const searchAttributes = Object.fromEntries([kindKey, entityKey, wikiKey, stateKey, attentionKey].map(({ name, type }) => [name, type]));

/** What a workflow starts with. */
export function startAttributes({ noun, id, wiki, state }: { noun: string; id?: number; wiki?: string; state: string }): TypedSearchAttributes {
  const pairs: SearchAttributePair[] = [
    { key: kindKey, value: noun },
    { key: entityKey, value: entityName(noun, id) },
    { key: stateKey, value: state },
    { key: attentionKey, value: false },
  ];
  if (wiki) pairs.push({ key: wikiKey, value: wiki });
  return new TypedSearchAttributes(pairs);
}
