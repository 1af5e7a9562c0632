/** A person at the sandbox wiki's page that asks who signs in. */

/** @param user null: they do not allow it. @returns where the wiki leads back to */
export async function allowAtSandbox(url: string, user: string | null): Promise<URL> {
  const page = await fetch(url);
  if (page.status !== 200) throw new Error(`the wiki asks nobody: ${page.status} ${await page.text()}`);
  const sent = await fetch(url, { method: 'POST', body: new URLSearchParams(user === null ? { deny: '1' } : { user }), redirect: 'manual' });
  return new URL(sent.headers.get('location')!);
}
