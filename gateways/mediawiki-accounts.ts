/** Whether an account is there, and whether the wiki would let it be made. Called by gateways/mediawiki.ts. */
import { safeCode } from './mediawiki-error';
import { encode, type Session } from './mediawiki-session';

export interface AccountName {
  /** As the wiki writes it. */
  name: string;
  /** `taken`: it is there; `free`: it may be made; `invalid`: no account can have such a name; `refused`: the wiki lets nobody take it. */
  fate: 'taken' | 'free' | 'invalid' | 'refused';
  /** Of `refused`: the wiki's code, such as `titleblacklist-forbidden-new-account` or `antispoof-name-illegal`. */
  code?: string;
}

/** One request; the wiki's own checks (title blacklist, similar names) are in its answer. @throws WikiError */
export async function askAccount(session: Session, name: string, signal?: AbortSignal): Promise<AccountName> {
  const { query } = await session.call(`action=query&list=users&ususers=${encode(name)}&usprop=cancreate`, { signal });
  const found = (query?.users as Record<string, any>[] | undefined)?.[0] ?? {};
  const as = String(found.name ?? name);
  if (found.invalid === true) return { name: as, fate: 'invalid' };
  if (found.missing !== true) return { name: as, fate: 'taken' };
  return found.cancreate === false ? { name: as, fate: 'refused', code: safeCode(found.cancreateerror?.[0]?.code ?? found.cancreateerror?.[0]?.message) } : { name: as, fate: 'free' };
}
