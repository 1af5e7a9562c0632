/** An admin at a wiki, real or sandbox, who prepares what a test needs by the API alone. */

export class WikiAdmin {
  private readonly jar = new Map<string, string>();
  private readonly tokens = new Map<string, string>();

  /** For what the settings of one test alone allow. */
  userAgent = 'admin';

  private constructor(private readonly apiUrl: string) {}

  static async signIn(apiUrl: string, user: string, password: string): Promise<WikiAdmin> {
    const admin = new WikiAdmin(apiUrl);
    const { login } = await admin.call({ action: 'login', lgname: user, lgpassword: password, lgtoken: await admin.token('login') });
    if (login.result !== 'Success') throw new Error(`the admin's sign-in: ${JSON.stringify(login)}`);
    admin.tokens.clear();
    return admin;
  }

  /** @returns the id of the revision. */
  async edit(title: string, text: string): Promise<number> {
    return (await this.write({ action: 'edit', title, text })).edit.newrevid;
  }
  async append(title: string, appendtext: string): Promise<void> {
    await this.write({ action: 'edit', title, appendtext });
  }
  async protect(title: string, protections: string): Promise<void> {
    await this.write({ action: 'protect', title, protections, reason: 'test' });
  }
  async delete(title: string): Promise<void> {
    await this.write({ action: 'delete', title, reason: 'test' });
  }
  async block(user: string, more: Record<string, string> = {}): Promise<void> {
    await this.write({ action: 'block', user, reason: 'test', expiry: 'never', ...more });
  }
  async unblock(user: string): Promise<void> {
    await this.write({ action: 'unblock', user, reason: 'test' });
  }
  async text(title: string): Promise<string> {
    const { query } = await this.call({ action: 'query', prop: 'revisions', rvprop: 'content', rvslots: 'main', titles: title });
    return query.pages[0].revisions?.[0].slots.main.content ?? '';
  }

  async write(params: Record<string, string>, kind = 'csrf'): Promise<any> {
    return this.call({ ...params, [kind === 'createaccount' ? 'createtoken' : 'token']: await this.token(kind) });
  }

  /** A form of the wiki's own pages, for what the API cannot do; its token is salted, so the form is fetched first. */
  async submit(url: string, params: Record<string, string>): Promise<void> {
    const form = await (await this.post(url, {})).text();
    const field = /<input[^>]*name="wpEditToken"[^>]*>/.exec(form)?.[0] ?? '';
    const token = (/value="([^"]*)"/.exec(field)?.[1] ?? '').replaceAll('&#92;', '\\').replaceAll('&#43;', '+');
    const reply = await this.post(url, { ...params, wpEditToken: token });
    if (reply.status !== 302) throw new Error(`the form was not taken: ${/class="[^"]*errorbox[^"]*"[^>]*>(.*?)<\/div>/s.exec(await reply.text())?.[1]}`);
  }

  async token(type: string): Promise<string> {
    const known = this.tokens.get(type);
    if (known) return known;
    const token = (await this.call({ action: 'query', meta: 'tokens', type })).query.tokens[`${type}token`];
    this.tokens.set(type, token);
    return token;
  }

  async call(params: Record<string, string>): Promise<any> {
    const reply = await this.post(this.apiUrl, { format: 'json', formatversion: '2', errorformat: 'plaintext', ...params });
    const json = await reply.json() as any;
    if (json.errors) throw new Error(JSON.stringify(json.errors));
    return json;
  }

  private async post(url: string, params: Record<string, string>): Promise<Response> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { method: 'POST', body: new URLSearchParams(params), headers: { cookie, 'user-agent': this.userAgent }, redirect: 'manual' });
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      this.jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return reply;
  }
}
