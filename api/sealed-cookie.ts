/** What a browser keeps for a few minutes between two steps of signing in: sealed, so that only Reeve reads it or makes one. */
import type { Request, Response } from 'express';
import { seal, unseal } from '../gateways/secret-box';
import type { Api } from './context';

/** What is kept: the sign-ins that are on their way at wikis, one a tab, and one that lacks its second factor. */
export interface Kept {
  wiki: Begun[];
  /** The stamp of a password that was shown. */
  second: { userId: number; password?: string; next: string };
}
export interface Begun {
  wikiId: number;
  state: string;
  verifier: string;
  next: string;
  /** Who links a wiki account to their own. */
  userId?: number;
}
type What = keyof Kept;
const LASTS_S: Record<What, number> = { wiki: 900, second: 300 };

const nameOf = ({ config }: Pick<Api, 'config'>, what: What): string => `${config.REEVE_EMBEDDED ? '' : '__Host-'}reeve-${what}`;
const written = (api: Pick<Api, 'config'>, what: What, text: string, forS: number): string =>
  `${nameOf(api, what)}=${text}; Path=/; Max-Age=${forS}; HttpOnly; SameSite=Lax${api.config.REEVE_EMBEDDED ? '' : '; Secure'}`;

export function keep<W extends What>(api: Pick<Api, 'config'>, res: Response, what: W, value: Kept[W]): void {
  const text = seal(api.config.REEVE_SECRET_KEY, JSON.stringify({ what, untilMs: Date.now() + LASTS_S[what] * 1_000, value }));
  res.append('Set-Cookie', written(api, what, text, LASTS_S[what]));
}

/** null: there is none, it is too old, or it is not ours. */
export function kept<W extends What>(api: Pick<Api, 'config'>, req: Request, what: W): Kept[W] | null {
  const text = req.headers.cookie?.split(/;\s*/).find((one) => one.startsWith(`${nameOf(api, what)}=`))?.slice(nameOf(api, what).length + 1);
  if (text === undefined) return null;
  try {
    const found = JSON.parse(unseal(api.config.REEVE_SECRET_KEY, text)) as { what: What; untilMs: number; value: Kept[W] };
    return found.what === what && found.untilMs > Date.now() ? found.value : null;
  } catch {
    return null;
  }
}

export const forget = (api: Pick<Api, 'config'>, res: Response, what: What): void => void res.append('Set-Cookie', written(api, what, '', 0));
