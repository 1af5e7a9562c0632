/** What every route works with: built once by whoever starts the API (bin/api.ts, tests), and who is asking, per request. */
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config';
import type { Delivery } from '../db/entities/delivery';
import type { Kernel } from '../db/kernel';
import type { MessageTexts, ReadTexts } from '../db/queries/delivery-texts';
import type { Preview } from '../db/queries/preview';
import type { Build } from '../gateways/builds';
import type { MediaWiki } from '../gateways/mediawiki';
import type { Poller } from '../gateways/temporal';
import { visitor, type Actor } from '../policies/actor';

export interface Api {
  kernel: Kernel;
  config: Config;
  /** Independent nodes; rate limits take the first that answers, and none lets everybody through. */
  redis: Redis[];
  /** Whether Temporal answers, at most a second or two after being asked. */
  temporal(): Promise<boolean>;
  /** Who asks Temporal for work. Fails where Temporal does not answer in time. */
  pollers?(timeoutMs: number): Promise<Poller[]>;
  /** Builds of the workflows. Fails in the same case. */
  builds?(timeoutMs: number): Promise<Build[]>;
  /** How a delivery's message would look, and what is odd about it. */
  preview?(delivery: Delivery, read?: MessageTexts): Promise<Preview>;
  /** What a message is that stands on a page, and in which language one is that was typed. */
  texts?: ReadTexts;
  /** A wiki, for reading. */
  wiki?(wikiId: number): Promise<Pick<MediaWiki, 'whoAmI' | 'siteInfo' | 'pages' | 'text' | 'members' | 'account' | 'loggedAccounts'>>;
  /** The wiki on a session of its own, to try its configuration; to be closed. */
  freshWiki?(wikiId: number): Promise<Pick<MediaWiki, 'whoAmI' | 'siteInfo' | 'pages' | 'members' | 'close'>>;
  logger: Logger;
}

/** Who asks, and the command that the asking is: every function behind a route takes one. */
export interface Caller {
  actor: Actor;
  /** Unique for ever: from the Idempotency-Key and the actor. */
  commandId?: string;
  /** Of method, path and validated input: the same key with another input is a mistake. */
  inputHash?: string;
  requestId?: string;
  /** The version that If-Match names. */
  ifMatch?: number;
  dryRun?: boolean;
}

/** A signed-in person's own settings, read with their rights. */
export interface Person {
  id: number;
  name: string;
  language: string;
  timeZone: string;
}

/** What the middleware found out about a request. */
export interface Asking {
  actor: Actor;
  person: Person | null;
  requestId: string;
  /** They hold a role that does not count before it is recorded that they are identified. */
  unidentified?: boolean;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** Its own, or one that was given to it: stands in logs, audit and answers. */
    id: string;
    asking?: Asking;
    /** For what an operator must know of a request that failed. */
    log?: { error(fields: object, message: string): void };
  }
}

export const askingOf = (req: Request): Asking => req.asking ?? { actor: visitor, person: null, requestId: String(req.id ?? '') };
