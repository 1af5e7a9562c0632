import { EntitySchema } from 'typeorm';
import { kernelColumns, type KernelColumns } from './kernel';

/** A wiki that messages go to. Its host is no secret; its bot's password is encrypted (gateways/secret-box.ts). */
export interface Wiki extends KernelColumns {
  host: string;
  apiUrl: string;
  botUser: string;
  botPassword: string;
  editsPerMinute: number;
  /** Edits in flight at once, over all deliveries and workers. */
  inFlight: number;
  /** Namespaces besides user talk and talk pages that take messages. */
  allowedNamespaces: number[];
  allowedPages: string[];
  optOutCategory: string;
  aliases: string[];
  changeTag: string | null;
  /** Wikitext under every message. */
  footer: string;
  /** Since when making accounts is paused here, by the bot and as the organizer; null = it is not. */
  botCreationsPausedAtMs: number | null;
  organizerCreationsPausedAtMs: number | null;
  /** Wikitext of the talk page of who got an account; empty = none is made. */
  welcome: string;
  /** As the wiki knows Reeve where people sign in by it; null = nobody does. The secret is encrypted as the bot's password is. */
  oauthClientId: string | null;
  oauthClientSecret: string | null;
}
/** By which account of the wiki accounts are made. */
export const creationModes = ['bot', 'organizer'] as const;
export type CreationMode = (typeof creationModes)[number];
export const wikiEntity = new EntitySchema<Wiki>({
  name: 'wiki',
  columns: {
    ...kernelColumns,
    host: { type: 'text', unique: true },
    apiUrl: { type: 'text' },
    botUser: { type: 'text' },
    botPassword: { type: 'text' },
    editsPerMinute: { type: 'integer', default: 40 },
    inFlight: { type: 'integer', default: 1 },
    allowedNamespaces: { type: 'integer', array: true },
    allowedPages: { type: 'text', array: true },
    optOutCategory: { type: 'text' },
    aliases: { type: 'text', array: true },
    changeTag: { type: 'text', nullable: true },
    footer: { type: 'text', default: '' },
    botCreationsPausedAtMs: { type: 'bigint', nullable: true },
    organizerCreationsPausedAtMs: { type: 'bigint', nullable: true },
    welcome: { type: 'text', default: '' },
    oauthClientId: { type: 'text', nullable: true },
    oauthClientSecret: { type: 'text', nullable: true },
  },
});
export const wikiPrivate: (keyof Wiki)[] = ['botUser', 'botPassword', 'footer', 'welcome', 'oauthClientId', 'oauthClientSecret'];
