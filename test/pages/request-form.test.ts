/** The form by which somebody without an account asks for one: what it tells, what it keeps, whose the request then is. */
import Redis from 'ioredis';
import request, { type Response } from 'supertest';
import { testApi } from '../support/api';
import { services } from '../support/services';
import { hiddenFields, reader, words } from './form';
import { anAddress, faultsIn, newcomer, openEvent, send, tokenOf, valuesIn, type OpenEvent } from './requests';

describe('the form for an account', () => {
  const test = testApi({ REEVE_TRUST_PROXY: '1' });
  let nodes: Redis[];
  let event: OpenEvent;
  const get = (path: string, language = 'en'): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', language));
  const whole = (more: Record<string, string> = {}) => newcomer({ wiki: 'de.example.org', ...more });
  const stored = async (name: string) => (await test.sql('select r.*, w.host from request r join wiki w on w.id = r.wiki_id where r.name = $1', [name]))[0];
  const count = async (): Promise<number> => (await test.sql('select count(*)::int as n from request'))[0].n;
  const wiki = (account: (name: string) => Promise<{ name: string; fate: string }>): void => void (test.api.wiki = async () => ({ account }) as never);

  beforeAll(async () => {
    await test.wiki('de.example.org');
    await test.wiki('en.example.org');
    nodes = services.redisUrls().map((url) => new Redis(url));
    test.api.redis = nodes;
    event = await openEvent(test, 'Moss & <b>fern</b>');
  }, 60_000);
  afterAll(() => nodes.forEach((node) => node.disconnect()));
  beforeEach(() => wiki(async (name) => ({ name, fate: 'free' })));

  it('takes a request and says what comes next, without the address, and reloading sends nothing again', async () => {
    const [fields, from] = [whole(), anAddress()];
    const sent = await send(test, '/request', fields, { from, language: 'ar' });
    expect([sent.status, sent.headers.location]).toEqual([303, '/request/sent']);
    expect(await stored(fields.name)).toMatchObject({ state: 'unconfirmed', host: 'de.example.org', event_id: null, queue: 'default', email: fields.email, comment: fields.comment, language: 'ar', ip: from, name_check: 'free', confirmed_at_ms: null });
    const before = await count();
    const page = await get(sent.headers.location!);
    expect(words(page)).toMatch(/Open the link in your mail .*within seven days.* Then your request goes to the account team, which answers by mail/);
    expect(page.text).not.toContain(fields.email);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(await count()).toBe(before);
    expect(await test.sql(`select kind, outcome from mail where request_id = (select id from request where name = $1)`, [fields.name])).toEqual([{ kind: 'confirm', outcome: 'pending' }]);
  });

  it('is shown once more before it is sent: nothing is kept, and everything may be changed', async () => {
    const fields = whole({ comment: 'Mosses & <i>ferns</i>\nand lichens' });
    const before = await count();
    const preview = await send(test, '/request', { ...fields, step: 'preview' });
    expect(preview.status).toBe(200);
    expect(words(preview)).toMatch(/Nothing is sent yet. It goes to the account team/);
    for (const shown of [fields.name, fields.email, 'Mosses & <i>ferns</i>']) expect(words(preview)).toContain(shown);
    expect(await count()).toBe(before);
    const hidden = hiddenFields(preview.text, '/request');
    const back = await send(test, '/request', { ...hidden, step: 'change' });
    expect(valuesIn(back)).toMatchObject({ name: fields.name, email: fields.email, emailAgain: fields.email });
    expect(await count()).toBe(before);
    expect((await send(test, '/request', { ...hidden, step: 'send' })).status).toBe(303);
    expect(await count()).toBe(before + 1);
    expect((await send(test, '/request', { ...whole({ name: '12' }), step: 'preview' })).status).toBe(422);
    expect(words(await send(test, `/e/${event.uuid}`, { ...whole(), eventKey: event.key, step: 'preview' }))).toContain('It goes to the organizers of the event.');
    expect(words(await send(test, `/e/${event.uuid}`, { ...whole(), step: 'preview' }))).toContain('not to the organizers of the event');
  });

  it('tells everything that is wrong at once, each at its field and on top as a link to it, and keeps what was typed', async () => {
    const typed = { wiki: 'en.example.org', name: '12 34', email: 'somebody at example', emailAgain: 'else@example.net', eventKey: 'tulip', comment: `\n${'é'.repeat(2_001)}` };
    const before = await count();
    const page = await send(test, `/e/${event.uuid}`, typed);
    expect(page.status).toBe(422);
    expect(faultsIn(page)).toEqual({
      name: expect.stringContaining('digits alone'), email: expect.stringContaining('no e-mail address'), emailAgain: expect.stringContaining('not the same'), eventKey: expect.stringContaining('not the key'), comment: expect.stringContaining('too long'),
    });
    const alert = /role="alert".*?<\/ul>/s.exec(page.text)![0];
    expect([...alert.matchAll(/href="#(\w+)"/g)].map(([, field]) => field)).toEqual(['name', 'email', 'emailAgain', 'eventKey', 'comment']);
    for (const field of ['name', 'email', 'emailAgain', 'eventKey', 'comment']) expect(page.text).toMatch(new RegExp(`id="${field}"[^>]*aria-invalid="true"[^>]*aria-describedby="[^"]*${field}-error`));
    expect(valuesIn(page)).toMatchObject(typed);
    expect(await count()).toBe(before);
  });

  it.each([
    ['name', { name: '' }, /Type the name/], ['name', { name: ' _ ' }, /Type the name/], ['name', { name: 'A|B' }, /one line, without/], ['name', { name: '192.0.2.7' }, /look like the address/], ['name', { name: 'ж'.repeat(120) }, /235 bytes/], ['name', { name: 'x'.repeat(300) }, /235 bytes/],
    ['email', { email: '', emailAgain: '' }, /Type your e-mail address/], ['email', { email: 'me@mail.de.example.org', emailAgain: 'me@mail.de.example.org' }, /belongs to the wiki/],
    ['emailAgain', { emailAgain: '' }, /once more/], ['emailAgain', { emailAgain: 'other@example.net' }, /not the same/], ['comment', { comment: 'a\u0007b' }, /cannot be taken/],
    ['wiki', { wiki: 'nowhere.example.org' }, /no such wiki/],
  ] as const)('says what is wrong with %s where %p is sent', async (field, more, said) => {
    const page = await send(test, '/request', whole(more));
    expect(page.status).toBe(422);
    expect(faultsIn(page)[field]).toMatch(said);
    expect(page.text).toContain(`href="#${field}"`);
  });

  it.each(['en', 'ar'])('has its faults in the words of %s', async (language) => {
    const page = await send(test, '/request', { name: '1', email: 'x', emailAgain: 'y', comment: '' }, { language });
    expect(Object.keys(faultsIn(page))).toEqual(['name', 'email', 'emailAgain']);
    expect(Object.values(faultsIn(page)).join().match(/[\u0600-\u06ff]/) !== null).toBe(language === 'ar');
  });

  it('takes an address that differs in capitals only, and blanks around it', async () => {
    const fields = whole();
    expect((await send(test, '/request', { ...fields, emailAgain: ` ${fields.email.toUpperCase()} ` })).status).toBe(303);
    expect((await stored(fields.name)).email).toBe(fields.email);
  });

  it('lets a name that is taken at the wiki, or that another has asked for, be changed', async () => {
    wiki(async (name) => ({ name, fate: 'taken' }));
    const fields = whole();
    const taken = await send(test, '/request', fields);
    expect([taken.status, faultsIn(taken).name, valuesIn(taken)]).toEqual([422, expect.stringContaining('an account of this name already'), expect.objectContaining(fields)]);
    wiki(async (name) => ({ name, fate: 'free' }));
    expect((await send(test, '/request', fields)).status).toBe(303);
    const asked = await send(test, '/request', { ...fields, name: fields.name.toLowerCase(), comment: 'Once more.' });
    expect([asked.status, faultsIn(asked)]).toEqual([422, { name: expect.stringContaining('asked for this name already') }]);
  });

  it('asks the wiki about a name whatever else is wrong, so that one fault hides no other', async () => {
    wiki(async (name) => ({ name, fate: 'taken' }));
    expect(Object.keys(faultsIn(await send(test, '/request', whole({ emailAgain: 'other@example.net' }))))).toEqual(['name', 'emailAgain']);
  });

  it('takes a request in less than four seconds where the wiki hangs, and remembers that it was not asked', async () => {
    wiki(() => new Promise(() => {}));
    const fields = whole();
    const startedAtMs = Date.now();
    expect((await send(test, '/request', fields)).status).toBe(303);
    expect(Date.now() - startedAtMs).toBeLessThan(4_000);
    expect((await stored(fields.name)).name_check).toBe('unasked');
  });

  it('shows text that is meant to break out as text, in every field', async () => {
    const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;`;
    const typed = { wiki: evil, name: evil, email: evil, emailAgain: `${evil}2`, eventKey: evil, comment: `</textarea>${evil}` };
    for (const path of ['/request', `/e/${event.uuid}`]) {
      const page = await send(test, path, { ...typed, token: evil });
      expect(page.status).toBe(409);
      expect(page.text).not.toMatch(/<script|<img|<\/textarea>"/);
      const { wiki: _, eventKey, ...others } = typed;
      expect(valuesIn(page)).toMatchObject({ ...others, ...(path !== '/request' && { eventKey }) });
      expect(valuesIn(page).token).toMatch(/^\d+-[\w-]{22}$/);
    }
    expect((await get(`/e/${event.uuid}`)).text).toContain('Moss &amp; &lt;b&gt;fern&lt;/b&gt;');
  });

  describe('with its hidden token', () => {
    it('comes back with all that was typed and a new token where it was open too short or too long, or the token is no token', async () => {
      for (const token of [tokenOf(test, 0), tokenOf(test, 2_000), tokenOf(test, 25 * 3_600_000), tokenOf(test).replace(/^\d/, '9'), `${Date.now() - 10_000}-${'A'.repeat(22)}`, 'nonsense', '']) {
        const fields = whole();
        const page = await send(test, '/request', { ...fields, token });
        expect([page.status, await stored(fields.name)]).toEqual([409, undefined]);
        expect(words(page)).toContain('open for too short or too long a time');
        expect(valuesIn(page)).toMatchObject(fields);
        expect(valuesIn(page).token).not.toBe(token);
      }
    });

    it('is taken by the token of its own page once that is three seconds old', async () => {
      const { token } = hiddenFields((await get('/request')).text, '/request');
      const fields = { ...whole(), token: token! };
      expect((await send(test, '/request', fields)).status).toBe(409);
      await new Promise((done) => setTimeout(done, 3_000));
      expect((await send(test, '/request', fields)).status).toBe(303);
    });

    it('makes one request however often, and however much at once, the very same form is sent', async () => {
      const fields = { ...whole(), token: tokenOf(test) };
      const together = await Promise.all(Array.from({ length: 5 }, () => send(test, '/request', fields)));
      const later = await send(test, '/request', fields);
      expect([...together, later].map(({ status, headers }) => [status, headers.location])).toEqual(Array(6).fill([303, '/request/sent']));
      expect(await test.sql('select r.name, count(m.id)::int as mails from request r join mail m on m.request_id = r.id where r.name = $1 group by r.id', [fields.name])).toEqual([{ name: fields.name, mails: 1 }]);
    });

    it('makes one request also where the first is taken between two looks of the second', async () => {
      const fields = { ...whole(), token: tokenOf(test) };
      jest.spyOn(test.api.kernel.pool, 'query').mockImplementationOnce(async () => {
        expect((await send(test, '/request', fields)).status).toBe(303);
        return { rows: [] }; // what the second had found a moment before
      });
      expect((await send(test, '/request', fields)).headers.location).toBe('/request/sent');
      expect(await test.sql('select name from request where name = $1', [fields.name])).toHaveLength(1);
    });

    it('gives a name that several ask for at once to one of them, and says so to the others', async () => {
      const fields = whole();
      const sent = await Promise.all(['a', 'b', 'c', 'd'].map((comment) => send(test, '/request', { ...fields, comment })));
      expect(sent.map(({ status }) => status).sort()).toEqual([303, 422, 422, 422]);
      for (const page of sent.filter(({ status }) => status === 422)) expect(faultsIn(page)).toEqual({ name: expect.stringContaining('asked for this name already') });
    });

    it('is another request once other words stand in it, as where the next person goes back and types over it', async () => {
      const token = tokenOf(test);
      const [one, other] = [whole({ token }), whole({ token })];
      expect([(await send(test, '/request', one)).status, (await send(test, '/request', other)).status]).toEqual([303, 303]);
      expect([await stored(one.name), await stored(other.name)]).toEqual([expect.anything(), expect.anything()]);
    });
  });

  it('lets an address send ten in an hour, then says when to come back, with all that was typed', async () => {
    const from = anAddress();
    for (let i = 0; i < 10; i++) expect((await send(test, '/request', whole(), { from })).status).toBe(303);
    const fields = whole();
    const refused = await send(test, '/request', fields, { from });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_000);
    expect(words(refused)).toMatch(/Send it again in (59|60) minutes/);
    expect(valuesIn(refused)).toMatchObject(fields);
    expect((await send(test, '/request', whole())).status).toBe(303);
  }, 60_000);

  it('is the same for whoever is signed in as for nobody, and knows nothing of them', async () => {
    const signedIn = await reader(test, await test.person('At the desk', ['organizer', 'toolUser']));
    const plain = (page: Response): string => page.text.replace(/name="token" value="[^"]*"/, '');
    expect(plain(await signedIn.agent.get('/request').set('Accept-Language', 'en'))).toBe(plain(await get('/request')));
    const fields = whole({ eventKey: event.key });
    const sent = await signedIn.agent.post(`/e/${event.uuid}`).type('form').send({ ...fields, token: tokenOf(test) });
    expect([sent.status, sent.headers['set-cookie']]).toEqual([303, undefined]);
    expect(await test.sql(`select actor from audit where noun = 'request' and entity = (select id from request where name = $1)`, [fields.name])).toEqual([{ actor: 'visitor' }]);
  });

  it('is sent by no other site', async () => {
    const fields = whole();
    expect((await request(test.app).post('/request').set('Sec-Fetch-Site', 'cross-site').type('form').send({ ...fields, token: tokenOf(test) })).status).toBe(403);
    expect(await stored(fields.name)).toBeUndefined();
  });

  it('offers the wiki where there are several, the first one chosen, and says what to fill in by what', async () => {
    const { text } = await get('/request');
    expect(valuesIn({ text } as Response).wiki).toBe('de.example.org');
    for (const [field, attributes] of [['name', 'autocomplete="username" required maxlength="255" dir="auto"'], ['email', 'type="email" inputmode="email" autocomplete="email" required maxlength="254" dir="ltr"'], ['comment', 'maxlength="2000" rows="4" dir="auto"']])
      expect(text).toContain(`id="${field}" name="${field}" ${attributes}`);
    expect(text).toContain('href="/help/asking-for-an-account"');
    expect(text).toMatch(/<a href="\/request" aria-current="page">Request an account/);
  });
});
