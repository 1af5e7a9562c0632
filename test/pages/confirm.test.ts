/** The link in the mail to whoever asks for an account: its button confirms the address, once, and tells nothing else. */
import request, { type Response } from 'supertest';
import { apply } from '../../db/apply';
import { create } from '../../db/create';
import { confirmPath } from '../../gateways/confirm-link';
import { system, type Actor } from '../../policies/actor';
import { testApi, type TestPerson } from '../support/api';
import { makeRequest } from '../support/house';
import { hiddenFields, words } from './form';

describe('the link that confirms an address', () => {
  const test = testApi();
  let toolUser: TestPerson;
  const get = (path: string): Promise<Response> => Promise.resolve(request(test.app).get(path).set('Accept-Language', 'en'));
  /** Opens the link and presses its button. */
  const press = async (link: string): Promise<Response> => {
    expect(hiddenFields((await get(link)).text, link)).toEqual({});
    const answer = await request(test.app).post(link).type('form').set('Accept-Language', 'en').send({});
    expect([answer.status, answer.headers.location]).toEqual([303, link]);
    return get(link);
  };
  const linkTo = (row: { id: number; createdAtMs: number }): string => confirmPath(test.api.config.REEVE_SECRET_KEY, row);
  const stands = async (id: number) => (await test.sql('select state, version, confirmed_at_ms, created_at_ms from request where id = $1', [id]))[0];
  const act = async (id: number, verb: string, input: Record<string, unknown> = {}) => (await test.script(toolUser)).post(`/api/requests/${id}/${verb}`, input).expect(200);
  const made = async () => {
    const row = await makeRequest(test.api.kernel);
    return { ...row, link: linkTo(row) };
  };

  beforeAll(async () => {
    await test.wiki('en.example.org');
    toolUser = await test.person('Tool user', ['toolUser']);
  });

  it('opens the request, keeps when, and stands in its record', async () => {
    const { id, link, name, email } = await made();
    const page = await press(link);
    expect([page.status, page.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(words(page)).toContain('Your address is confirmed');
    expect(page.text).not.toMatch(new RegExp(`${name}|${email}`));
    const now = await stands(id);
    expect(now.state).toBe('open');
    expect(now.confirmed_at_ms).toBeGreaterThanOrEqual(now.created_at_ms);
    expect(await test.sql(`select actor, code, from_state, to_state from audit where noun = 'request' and entity = $1 and verb = 'confirm'`, [id])).toEqual([{ actor: 'system', code: 'link', from_state: 'unconfirmed', to_state: 'open' }]);
  });

  it('answers whoever a ban has hit as it answers everybody, and after the same time', async () => {
    const actor: Actor = { kind: 'user', userId: toolUser.id, grants: [{ role: 'admin', wikiId: null }] };
    await create(test.api.kernel, { noun: 'ban', actor, values: { target: 'email', pattern: '@spades\\.example$', action: 'block', reason: 'Spades.', seenBy: 'admin', untilMs: null } });
    const [banned, other] = [await makeRequest(test.api.kernel, { email: 'one@spades.example' }), await made()];
    const timed = async (link: string) => {
      await get(link);
      const beganMs = performance.now();
      const { status, text, headers } = await request(test.app).post(link);
      return { tookMs: performance.now() - beganMs, same: [status, text.replaceAll(link, ''), Object.keys(headers)], page: (await get(link)).text.replaceAll(link, '') };
    };
    const [first, second] = [await timed(linkTo(banned)), await timed(other.link)];
    expect([(await stands(banned.id)).state, (await stands(other.id)).state]).toEqual(['closed', 'open']);
    expect([first.same, first.page]).toEqual([second.same, second.page]);
    for (const { tookMs } of [first, second]) expect(tookMs).toBeGreaterThanOrEqual(245); // what the database does meanwhile takes a few
  });

  it('says the same the second time, whatever has become of the request since, and changes nothing', async () => {
    const { id, link } = await made();
    const first = await press(link);
    const again = async () => {
      const before = await stands(id);
      for (const page of [await get(link), await get((await request(test.app).post(link)).headers.location as string)]) expect([page.status, page.text]).toEqual([200, first.text]);
      expect(await stands(id)).toEqual(before);
    };
    await again();
    await act(id, 'reserve');
    await again();
    await act(id, 'close', { outcome: 'not-created' });
    await again();
    await act(id, 'reopen');
    await again();
    await act(id, 'drop');
    await test.sql('update request set purge_at_ms = 1 where id = $1', [id]);
    expect((await apply(test.api.kernel, { noun: 'request', id, verb: 'purge', actor: system })).changed).toBe(true);
    await again();
  });

  it('confirms once however often its button is pressed at the same time', async () => {
    const { id, link } = await made();
    const pages = await Promise.all(Array.from({ length: 6 }, () => request(test.app).post(link)));
    expect(pages.map(({ status }) => status)).toEqual(Array(6).fill(303));
    expect((await stands(id)).version).toBe(2);
  });

  it('confirms nothing where a program opens the links in a mail', async () => {
    const { id, link } = await made();
    for (let n = 0; n < 3; n++) expect(words(await get(link))).toContain('Press the button');
    expect((await request(test.app).head(link)).status).toBe(200);
    expect((await request(test.app).head(link.replace(/.$/, '!'))).status).toBe(404);
    expect(await stands(id)).toMatchObject({ state: 'unconfirmed', version: 1, confirmed_at_ms: null });
  });

  it('is one and the same page where it is wrong, unknown, another request’s or too old, and leads to the form', async () => {
    const [row, other] = [await made(), await made()];
    const old = await made();
    await test.sql(`update request set due_at_ms = 1, expires_at_ms = 1, timers = (select jsonb_object_agg(key, 1) from jsonb_object_keys(timers) key) where id = $1`, [old.id]);
    const signature = row.link.split(/-(.*)/)[1]!;
    const wrong = [old.link, linkTo({ ...row, createdAtMs: row.createdAtMs + 1 }), linkTo({ id: 2_000_000_000, createdAtMs: 1 }), `/confirm/${other.id}-${signature}`, row.link.slice(0, -1), `${row.link}A`, '/confirm/1', '/confirm/x', `/confirm/99999999999-${signature}`, '/confirm/%00'];
    const pages = await Promise.all(wrong.map(get));
    expect(pages.map(({ status }) => status)).toEqual(wrong.map(() => 404));
    for (const page of pages) expect(page.text).toBe(pages[0]!.text);
    for (const link of wrong.slice(0, 4)) expect((await request(test.app).post(link)).status).toBe(303);
    expect(words(pages[0]!)).toContain('This link is not valid, or no longer');
    expect(pages[0]!.text).toContain('href="/request"');
    for (const { id } of [row, other]) expect((await stands(id)).state).toBe('unconfirmed');
    expect((await request(test.app).head(old.link)).status).toBe(404);
  });

  it('shows what a request says to nobody before it is opened, and then to who looks after it', async () => {
    const { id, link, name } = await made();
    const script = await test.script(toolUser);
    const before = await script.get(`/api/requests/${id}`).expect(200);
    expect(before.text).not.toContain(name);
    await press(link);
    expect((await script.get(`/api/requests/${id}`).expect(200)).body.name).toBe(name);
  });
});
