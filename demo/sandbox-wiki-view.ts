/** The sandbox wiki for eyes: a page with its text and history, and the latest changes. Plain escaped HTML, no script. */
import { exists, textOf, type User, type WikiState } from './sandbox-wiki-state';
import { readTitle } from './sandbox-wiki-title';

/** @returns undefined for a page that does not exist. A real wiki shows nobody the mails of others; here they are to be seen. */
export function pageView(wiki: WikiState, asked: string): string | undefined {
  const { full, ns, rest } = readTitle(asked);
  const page = wiki.pages.get(full);
  const mails = ns === 3 ? mailsOf(wiki, wiki.userNamed(rest)) : '';
  if (!exists(page)) return mails ? document(full, `${mails}${home(wiki)}`) : undefined;
  const history = page.revisions.slice(-50).reverse().map(({ id, atMs, user, summary, bytes }) =>
    `<li>${stamp(atMs)} · r${id} · ${link(wiki, `User talk:${user}`, user)} · ${bytes} bytes${summary && ` · <i>${escape(summary)}</i>`}</li>`);
  const topics = page.topics?.map(({ atMs, user, subject, text }) => `<h2>${escape(subject)}</h2><p>${stamp(atMs)} · ${link(wiki, `User talk:${user}`, user)}</p><pre>${escape(text)}</pre>`) ?? [];
  return document(full, `<pre>${escape(textOf(page))}</pre>${topics.join('')}${mails}<h2>History</h2><p>${page.revisions.length} revision${page.revisions.length === 1 ? '' : 's'}</p><ol>${history.join('')}</ol>${home(wiki)}`);
}

export function changesView(wiki: WikiState): string {
  const changes = [...wiki.contributions.values()].flatMap((edits) => edits.slice(-50)).sort((a, b) => b.revision.id - a.revision.id).slice(0, 50);
  const lines = changes.map(({ page, revision }) => `<li>${stamp(revision.atMs)} · ${link(wiki, page.title)} · ${escape(revision.user)}${revision.summary && ` · <i>${escape(revision.summary)}</i>`}</li>`);
  return document('Recent changes', `<p>${wiki.pages.size} pages, ${wiki.lastRevision} revisions</p><ol>${lines.join('')}</ol>`);
}

export const missingView = (wiki: WikiState, asked: string): string => document(asked, `<p>There is no such page on this wiki.</p>${home(wiki)}`);

function mailsOf(wiki: WikiState, user: User | undefined): string {
  const mails = user ? wiki.mails.filter(({ to }) => to === user.name) : [];
  return mails.map(({ atMs, from, subject, text }) => `<h2>Mail: ${escape(subject)}</h2><p>${stamp(atMs)} · ${escape(from)}</p><pre>${escape(text)}</pre>`).join('');
}

const home = (wiki: WikiState): string => `<p><a href="${path(wiki)}/wiki/">Recent changes</a></p>`;
const path = (wiki: WikiState): string => (wiki.name ? `/${encodeURIComponent(wiki.name)}` : '');
const link = (wiki: WikiState, title: string, label = title): string =>
  `<a href="${path(wiki)}/wiki/${encodeURIComponent(title.replaceAll(' ', '_'))}">${escape(label)}</a>`;
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

export const document = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)} – Sandbox wiki</title>`
  + `<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;border:1px solid #a2a9b1;padding:1rem}</style>`
  + `<h1>${escape(title)}</h1>${body}</html>`;

export const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
