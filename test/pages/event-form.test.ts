/** The form behind an event's special URL: shown while its door is open, with its key to its organizers, and else to the account team. */
import Redis from 'ioredis';
import request, { type Response } from 'supertest';
import { testApi } from '../support/api';
import { services } from '../support/services';
import { words } from './form';
import { anAddress, endEvent, faultsIn, newcomer, openEvent, send, tokenOf, valuesIn, type OpenEvent } from './requests';

describe('the form of an event', () => {
  const test = testApi({ REEVE_TRUST_PROXY: '1' });
  let nodes: Redis[];
  let event: OpenEvent;
  const get = (path: string): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', 'en'));
  const whole = (more: Record<string, string> = {}) => newcomer({ eventKey: event.key, ...more });
  const stored = async (name: string) => (await test.sql('select event_id, queue, w.host from request r join wiki w on w.id = r.wiki_id where name = $1', [name]))[0];

  beforeAll(async () => {
    for (const host of ['de.example.org', 'en.example.org', 'fr.example.org']) await test.wiki(host);
    nodes = services.redisUrls().map((url) => new Redis(url));
    test.api.redis = nodes;
    event = await openEvent(test, 'An evening of mosses');
  }, 60_000);
  afterAll(() => nodes.forEach((node) => node.disconnect()));

  it('names the event and asks for its key; with it the request is its organizers’, and the page says so', async () => {
    const page = await get(`/e/${event.uuid}`);
    expect(words(page)).toMatch(/Request an account You ask at the event An evening of mosses \. .*Wiki de\.example\.org .*Key of the event/);
    expect(page.text).not.toContain(event.key);
    expect(page.headers['cache-control']).toBe('no-store');
    const fields = whole();
    const sent = await send(test, `/e/${event.uuid}`, fields);
    expect([sent.status, await stored(fields.name)]).toEqual([303, { event_id: event.id, queue: 'event', host: 'de.example.org' }]);
    expect(words(await get(sent.headers.location!))).toContain('Then your request goes to the organizers of the event');
    expect((await get(sent.headers.location!)).text).toContain(`href="/e/${event.uuid}"`); // the next person at the desk
  });

  it('takes a request without the key untagged and says that it goes to the account team', async () => {
    for (const eventKey of ['', '  ']) {
      const fields = whole({ eventKey });
      const sent = await send(test, `/e/${event.uuid}`, fields);
      expect([sent.status, await stored(fields.name)]).toEqual([303, expect.objectContaining({ event_id: null, queue: 'default' })]);
      expect(words(await get(sent.headers.location!))).toMatch(/goes to the account team.* the key was left out/);
    }
  });

  it.each(['tulip 42', 'Tulip 42x', 'x'.repeat(500), '\u0000'])('tells that %p is not the key, and loses nothing that was typed', async (eventKey) => {
    const fields = whole({ eventKey });
    const page = await send(test, `/e/${event.uuid}`, fields);
    expect([page.status, faultsIn(page), await stored(fields.name)]).toEqual([422, { eventKey: expect.stringContaining('not the key of this event') }, undefined]);
    expect(valuesIn(page)).toMatchObject({ ...fields, wiki: 'de.example.org' });
    expect((await send(test, `/e/${event.uuid}`, { ...fields, eventKey: ` ${event.key} ` })).status).toBe(303);
  });

  it('lets guessers of the key wait, with all that was typed', async () => {
    const from = anAddress();
    for (let i = 0; i < 30; i++) expect((await send(test, `/e/${event.uuid}`, whole({ eventKey: `guess ${i}` }), { from })).status).toBe(422);
    const fields = whole({ eventKey: 'another guess' });
    const refused = await send(test, `/e/${event.uuid}`, fields, { from });
    expect([refused.status, valuesIn(refused)]).toEqual([429, expect.objectContaining(fields)]);
    expect((await send(test, `/e/${event.uuid}`, whole(), { from })).status).toBe(303); // whoever knows it is no guesser
  }, 60_000);

  it('takes fifty requests with the key from one address', async () => {
    const from = anAddress();
    const sent = [];
    for (let i = 0; i < 50; i++) sent.push(await send(test, `/e/${event.uuid}`, whole(), { from }));
    expect(sent.map(({ status, headers }) => `${status} ${headers.location}`)).toEqual(Array(50).fill(`303 /e/${event.uuid}/sent?to=event`));
  }, 60_000);

  it('writes to no mailbox more than ten times a day, whoever knows the key, and says so at the field', async () => {
    const to = (n: number) => whole(n % 2 ? { email: 'Victim@example.net', emailAgain: 'Victim@example.net' } : { email: `victim+${n}@example.net`, emailAgain: `victim+${n}@example.net` });
    for (let n = 0; n < 10; n++) expect((await send(test, `/e/${event.uuid}`, to(n))).status).toBe(303);
    for (const path of [`/e/${event.uuid}`, '/request']) {
      const fields = to(11);
      const refused = await send(test, path, fields);
      expect([refused.status, faultsIn(refused), valuesIn(refused).name, await stored(fields.name)]).toEqual([429, { email: expect.stringContaining('Ten requests with this address') }, fields.name, undefined]);
      expect(words(refused)).not.toContain('network');
    }
  }, 60_000);

  it('takes no more with its key than it has places, and says that the next goes to the account team', async () => {
    const small = await openEvent(test, 'A small evening', { places: 2 });
    for (const to of ['event', 'event', 'team']) expect((await send(test, `/e/${small.uuid}`, whole({ eventKey: small.key }))).headers.location).toBe(`/e/${small.uuid}/sent?to=${to}`);
    expect(words(await get(`/e/${small.uuid}/sent?to=team`))).toContain('full');
  });

  it('lets choose among the wikis that the event names', async () => {
    const some = await openEvent(test, 'An evening of two wikis', { wikis: ['en.example.org', 'fr.example.org'] });
    const page = await get(`/e/${some.uuid}`);
    expect([...page.text.matchAll(/<option value="([^"]*)"/g)].map(([, host]) => host)).toEqual(['en.example.org', 'fr.example.org']);
    const fields = whole({ eventKey: some.key, wiki: 'fr.example.org' });
    const other = await send(test, `/e/${some.uuid}`, { ...fields, wiki: 'de.example.org' }); // it was for this one when the form was opened
    expect([other.status, faultsIn(other)]).toEqual([422, { wiki: 'The event is for <bdi>en.example.org, fr.example.org</bdi>.' }]);
    await send(test, `/e/${some.uuid}`, fields);
    expect(await stored(fields.name)).toEqual({ event_id: some.id, queue: 'event', host: 'fr.example.org' });
  });

  it('lets choose among all wikis that there are where the event is for all, and takes the first where it is for none', async () => {
    const hosts = ({ text }: Response): string[] => [...text.matchAll(/<option value="([^"]*)"/g)].map(([, host]) => host!);
    const all = await openEvent(test, 'An evening of all wikis', { wikis: 'all' });
    expect(hosts(await get(`/e/${all.uuid}`))).toEqual(hosts(await get('/request')));
    expect(hosts(await get('/request'))).toEqual(['de.example.org', 'en.example.org', 'fr.example.org']);
    const fields = whole({ eventKey: all.key, wiki: 'fr.example.org' });
    await send(test, `/e/${all.uuid}`, fields);
    expect(await stored(fields.name)).toEqual({ event_id: all.id, queue: 'event', host: 'fr.example.org' });
    const none = await openEvent(test, 'An evening of no wiki', { wikis: [] });
    const page = await get(`/e/${none.uuid}`);
    expect([hosts(page), words(page)]).toEqual([[], expect.stringContaining('The account is for de.example.org')]);
  });

  it('lets type the wiki where there are too many for a list, and weighs no more for them', async () => {
    await test.sql(`insert into wiki (api_url, bot_user, bot_password, audit_hash, created_at_ms, updated_at_ms, host) select api_url, bot_user, bot_password, audit_hash, created_at_ms, updated_at_ms, 'wiki-number-' || n || '.example.org' from wiki, generate_series(1, 1000) n where host = 'de.example.org'`);
    const page = await get(`/e/${event.uuid}`);
    expect(page.text.length).toBeLessThan(15_000);
    expect(valuesIn(page).wiki).toBe('de.example.org');
    const wrong = await send(test, `/e/${event.uuid}`, whole({ wiki: 'nowhere.example.org' }));
    expect([wrong.status, faultsIn(wrong), valuesIn(wrong).wiki]).toEqual([422, { wiki: 'There is no such wiki here. Choose one.' }, 'nowhere.example.org']);
    const fields = whole({ wiki: 'Wiki-Number-777.example.org' });
    expect((await send(test, `/e/${event.uuid}`, fields)).status).toBe(303);
    expect(await stored(fields.name)).toEqual({ event_id: event.id, queue: 'event', host: 'wiki-number-777.example.org' });
    await test.sql(`update request set wiki_id = (select min(id) from wiki) where name = $1`, [fields.name]);
    await test.sql(`delete from wiki where host like 'wiki-number-%'`);
  });

  describe('whose door is not open', () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    const closed: Record<string, OpenEvent> = {};
    beforeAll(async () => {
      for (const [why, change] of [['early', `state = 'approved'`], ['disabled', `state = 'disabled', disabled_at_ms = 1`], ['cancelled', `state = 'cancelled'`], ['a draft', `state = 'draft'`]] as const) {
        closed[why] = await openEvent(test, `An evening that is ${why}`);
        await test.sql(`update event set ${change} where id = $1`, [closed[why].id]);
      }
      closed.over = await openEvent(test, 'An evening that is over');
      await endEvent(test, closed.over);
    }, 60_000);
    const urls = (): string[] => [...Object.values(closed).map(({ uuid }) => uuid), nobody, 'nonsense', '%00', "'%20or%20true%20--", 'x'.repeat(500)];
    /** Everything of an answer that is not the instant, its own number or the address that was asked for. */
    const all = ({ status, headers, text }: Response, uuid: string) => {
      const { date: _, 'x-request-id': __, ...rest } = headers;
      return JSON.parse(JSON.stringify({ status, rest, text: text.replace(/name="token" value="[^"]*"/, '') }).replaceAll(encodeURIComponent(decodeURIComponent(uuid)), '<uuid>'));
    };

    it('leads to the main form, whatever the reason, byte for byte alike', async () => {
      const answers = await Promise.all(urls().map(async (uuid) => all(await get(`/e/${uuid}`), uuid)));
      expect(answers[0]).toMatchObject({ status: 302, rest: { location: '/request', 'cache-control': 'no-store' } });
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    it('takes what was sent by an open page untagged, key or not, byte for byte alike, and says that it goes to the account team', async () => {
      const answers = [];
      for (const uuid of urls()) {
        const fields = whole({ wiki: 'fr.example.org' });
        const sent = await send(test, `/e/${uuid}`, fields);
        expect({ uuid, stored: await stored(fields.name) }).toEqual({ uuid, stored: { event_id: null, queue: 'default', host: 'fr.example.org' } });
        answers.push(all(sent, uuid));
        expect(words(await get(sent.headers.location!))).toMatch(/goes to the account team.*form of the event was closed/);
      }
      for (const answer of answers) expect(answer).toEqual({ ...answers[0], rest: { ...answers[0].rest, 'content-length': answer.rest['content-length'] } });
    });

    it('shows its faults on the main form with all that was typed and without the event, byte for byte alike', async () => {
      const fields = { ...whole({ eventKey: 'wrong' }), email: 'no address', token: tokenOf(test) };
      const answers = [];
      for (const uuid of urls()) answers.push(all(await send(test, `/e/${uuid}`, fields), uuid));
      expect(answers[0]).toMatchObject({ status: 422 });
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const page = await send(test, `/e/${closed.over!.uuid}`, fields);
      expect(words(page)).toContain('The form of the event is closed');
      expect(page.text).toContain('action="/request"');
      expect(page.text).not.toContain('is over');
      expect(Object.keys(faultsIn(page))).toEqual(['email', 'emailAgain']);
      expect(valuesIn(page)).toMatchObject({ name: fields.name, email: 'no address', emailAgain: fields.emailAgain });
    });
  });
});
