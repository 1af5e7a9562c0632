/** The page on which the demo chooses who signs in. No script; demo/sandbox-wiki-oauth.ts reads what is sent. */
import { document, escape } from './sandbox-wiki-view';
import type { WikiState } from './sandbox-wiki-state';

/** Accounts that were made in thousands are not offered; their names can be typed. */
const MOST = 12;

export function authorizeView(wiki: WikiState, host: string, error = ''): string {
  const names = [...wiki.users.values()].filter(({ name }) => !/\d$/.test(name)).slice(-MOST).map(({ name }) => name);
  return document('Sign in with your wiki account', `
<p>Reeve at <b>${escape(host)}</b> asks this wiki who you are, and to make accounts in your name. A real wiki knows you by your session; here you choose.</p>
${error && `<p role="alert"><b>${escape(error)}</b></p>`}
<form method="post">
${names.map((name) => `<p><button name="user" value="${escape(name)}">Allow as ${escape(name)}</button></p>`).join('\n')}
</form>
<form method="post"><p><label>Another account: <input name="user" autocomplete="off"></label> <button>Allow</button></p></form>
<form method="post"><p><button name="deny" value="1">Do not allow it</button></p></form>`);
}

export const refusalView = (why: string): string => document('This cannot be allowed', `<p>${escape(why)}</p>`);
