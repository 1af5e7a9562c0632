import { createTexts } from '../../activities/message-texts';
import { createPreviews } from '../../activities/preview';
import { messageFor } from '../../activities/delivery';
import { createWikis, type OpenWikiById } from '../../activities/wikis';
import { sandboxAccounts, startSandboxWiki, type SandboxWiki } from '../../demo/sandbox-wiki';
import { intents } from '../../dispatch/intents';
import type { Temporal } from '../../gateways/temporal';
import { seal } from '../../gateways/secret-box';
import { testApi, type Script } from '../support/api';

const api = testApi();
let sandbox: SandboxWiki;
let openWiki: OpenWikiById;
let wikiId: number;
let sender: Script;
let listId: number;
beforeAll(async () => {
  sandbox = await startSandboxWiki();
  const { kernel, config } = api.api;
  openWiki = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true });
  Object.assign(api.api, { texts: createTexts(openWiki), preview: createPreviews({ kernel, openWiki, publicUrl: '' }) });
  const { user: botUser, password } = sandboxAccounts.bot;
  const bot = { apiUrl: sandbox.apiUrl, botUser, botPassword: seal(config.REEVE_SECRET_KEY, password) };
  wikiId = (await api.wiki('en.example.org', bot)).id;
  await api.wiki('gone.example.org', { ...bot, apiUrl: 'http://127.0.0.1:1/api.php' });
  sender = await api.script(await api.person('Sender', ['globalSender']));
  seed({ 'User talk:A': 'x', 'User talk:B': 'x', 'User talk:C': 'x' }, { 'User talk:B': 'bar', 'User talk:C': 'he' });
  listId = (await sender.post('/api/target-lists', { name: 'L', wiki: 'en.example.org', content: 'User talk:A\nUser talk:B\nUser talk:C' })).body.id;
});
afterAll(() => sandbox.close());

const seed = (pages: Record<string, string>, languages: Record<string, string> = {}) =>
  sandbox.control('POST', 'seed', { pages: Object.entries(pages).map(([title, text]) => ({ title, text, language: languages[title] })) });
const message = (subject: string, body: string) => `<section begin=s/>${subject}<section end=s/>\n<section begin=b/>${body}<section end=b/>`;
const asked = (more: object) => sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [listId], ...more });
let pages = 0;
/** A page with translations, as the Translate extension makes them. */
const translated = () => {
  const title = `Project:News ${(pages += 1)}`;
  seed({ [title]: message('Apples', 'Ripe. ~~~~'), [`${title}/en`]: message('Apples', 'Ripe. ~~~~'), [`${title}/de`]: message('Äpfel', 'Reif. ~~~~'), [`${title}/he`]: message('תפוחים', 'בשל. ~~~~'), [`${title}/archive`]: 'x' });
  return title;
};
const named = { subjectSection: 's', bodySection: 'b' };
const get = async (id: number) => (await sender.get(`/api/deliveries/${id}`)).body;

describe('a page as the message', () => {
  test('is read in each of its languages, and shown as each reader gets it', async () => {
    const title = translated();
    const { id } = (await asked({ page: title, ...named })).body;
    const { texts, wikis, warnings } = (await sender.get(`/api/deliveries/${id}/preview`)).body;
    expect(texts).toEqual([['en', 'ltr', 'Apples', 'Ripe. ~~~~'], ['de', 'ltr', 'Äpfel', 'Reif. ~~~~'], ['he', 'rtl', 'תפוחים', 'בשל. ~~~~']].map(([language, dir, subject, body]) =>
      ({ language, dir, source: language === 'en', title: `${title}/${language}`, revision: expect.any(Number), subject, body })));
    expect(wikis[0].shown.map(({ page, language }: any) => [page, language])).toEqual([['User talk:A', 'en'], ['User talk:B', 'de'], ['User talk:C', 'he']]);
    expect(wikis[0].shown[1].html).toContain('Reif.');
    expect(wikis[0].terms).toEqual({ text: 'Creative Commons Attribution-ShareAlike 4.0', url: 'https://creativecommons.org/licenses/by-sa/4.0/' });
    expect(warnings).toEqual([]);
  });

  test('is sent as it was when it was submitted, whatever becomes of the page', async () => {
    const title = translated();
    const { id } = (await asked({ page: title, ...named, body: 'Bye. ~~~~' })).body;
    expect((await get(id)).texts).toEqual([]);
    const read = (await sender.get(`/api/deliveries/${id}/preview`)).body.texts;
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body).toMatchObject({ state: 'expanding', subject: 'Apples', texts: read });
    seed({ [`${title}/en`]: message('Pears', 'Unripe.'), [`${title}/de`]: message('Birnen', 'Unreif.') });
    const made = await messageFor({ kernel: api.api.kernel, publicUrl: '' }, id, await openWiki(wikiId));
    expect(made.in('en').text).toMatch(/^== Apples ==\n\nRipe. ~~~~\n\nBye. ~~~~\n/);
    expect(made.in('de').text).toMatch(/^== Äpfel ==\n\nReif. ~~~~\n\n<div lang="en" dir="ltr" class="mw-content-ltr">\nBye. ~~~~\n<\/div>/);
    expect((await sender.get('/api/deliveries?mine=true')).body.items.find((one: any) => one.id === id).subject).toBe('Apples');
    expect((await sender.get(`/api/deliveries/${id}/preview`)).body.texts).toEqual(read);
  });

  test('is the whole page but for its subject where no section is named for the body', async () => {
    seed({ 'Project:Short': '<section begin=s/>Hello<section end=s/>\nWorld. ~~~~' });
    const { id } = (await asked({ page: 'project:short', subjectSection: 's' })).body;
    expect((await sender.get(`/api/deliveries/${id}/preview`)).body.texts).toMatchObject([{ title: 'Project:Short', language: 'en', subject: 'Hello', body: 'World. ~~~~' }]);
  });

  test('is tried as it stands now by a test, which the draft\'s next reading does not change', async () => {
    seed({ 'Project:Tried': 'First. ~~~~' });
    const { id } = (await asked({ page: 'Project:Tried', subject: 'Hello' })).body;
    expect((await sender.post(`/api/deliveries/${id}/test`, { page: 'User talk:A' })).status).toBe(200);
    for (const row of await api.sql(`delete from outbox where noun = 'delivery' and entity = $1 returning noun, entity, version, effect, params`, [id]))
      await intents[row.effect]!({ kernel: api.api.kernel, temporal: {} as Temporal }, row);
    seed({ 'Project:Tried': 'Second. ~~~~' });
    const [{ delivery }] = (await get(id)).tests;
    expect((await get(delivery)).texts).toMatchObject([{ body: 'First. ~~~~' }]);
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body.texts).toMatchObject([{ body: 'Second. ~~~~' }]);
  });

  test('leaves a translation out that lacks a section, and says so before it is sent', async () => {
    const title = translated();
    seed({ [`${title}/de`]: 'Reif.' });
    const { id } = (await asked({ page: title, ...named })).body;
    const refused = (await sender.post(`/api/deliveries/${id}/submit`)).body;
    expect(refused).toMatchObject({ code: 'delivery.unacknowledged', errors: [{ code: 'translation-incomplete', detail: expect.stringContaining('de') }] });
    expect((await sender.post(`/api/deliveries/${id}/submit`, { acknowledge: ['translation-incomplete'] })).body.texts.map(({ language }: any) => language)).toEqual(['en', 'he']);
  });

  test('is warned about in the words of each language', async () => {
    const title = translated();
    seed({ [`${title}/de`]: message('Äpfel', '<div>Reif. ~~~~') });
    const { id } = (await asked({ page: title, ...named })).body;
    expect((await sender.get(`/api/deliveries/${id}/preview`)).body.warnings).toMatchObject([{ code: 'unclosed-tag', detail: expect.stringMatching(/\/de: <div>/) }]);
  });

  test.each([
    ['a page that is not there', { page: 'Project:No such', subject: 'S' }, '/page', 'delivery.no-page'],
    ['a title that is none', { page: 'A<b>', subject: 'S' }, '/page', 'delivery.no-page'],
    ['a section that is not there', { page: 'Project:Sections', subjectSection: 'x' }, '/subjectSection', 'delivery.no-section'],
    ['a section of the body that is not there', { page: 'Project:Sections', subject: 'S', bodySection: 'x' }, '/bodySection', 'delivery.no-section'],
    ['a subject that is no heading', { page: 'Project:Sections', subjectSection: 'odd' }, '/subjectSection', 'delivery.bad-subject'],
    ['two subjects', { page: 'Project:Sections', subject: 'S', subjectSection: 's' }, '/subjectSection', 'delivery.bad-subject'],
    ['a section of no page', { subject: 'S', body: 'B', bodySection: 's' }, '/bodySection', 'delivery.no-section'],
  ])('refuses %s, naming the field', async (_, fields, pointer, code) => {
    seed({ 'Project:Sections': '<section begin=s/>A<section end=s/><section begin=odd/>== A<section end=odd/>' });
    expect((await asked(fields)).body).toMatchObject({ status: 422, errors: [{ pointer, code }] });
  });

  test('without a subject is submitted by nobody', async () => {
    seed({ 'Project:Nameless': 'Ripe. ~~~~' });
    const { id } = (await asked({ page: 'Project:Nameless' })).body;
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body).toMatchObject({ status: 422, errors: [{ pointer: '/subject', code: 'delivery.no-subject' }] });
  });

  test('that is gone when it is submitted leaves the draft as it was', async () => {
    const { id } = (await asked({ page: translated(), ...named })).body;
    await api.sql('update delivery set page = $2 where id = $1', [id, 'Project:Gone']);
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body).toMatchObject({ status: 422, code: 'delivery.no-page', errors: [{ pointer: '/page' }] });
    expect((await get(id)).state).toBe('draft');
    expect((await sender.get(`/api/deliveries/${id}/preview`)).body).toMatchObject({ wikis: [], submits: null, problems: [{ pointer: '/page', code: 'delivery.no-page' }] });
  });

  test('of a wiki that does not answer may be drafted, but not submitted', async () => {
    const list = await sender.post('/api/target-lists', { name: 'L', wiki: 'gone.example.org', content: 'User talk:A' });
    const { id, state } = (await sender.post('/api/deliveries', { wiki: 'gone.example.org', listIds: [list.body.id], page: 'Project:News', subject: 'S' })).body;
    expect(state).toBe('draft');
    expect((await sender.post(`/api/deliveries/${id}/submit`)).body).toMatchObject({ status: 503, code: 'unavailable', errors: [{ pointer: '/page' }] });
  });
});

test('a wiki with a linter is asked what it finds, and one without is not', async () => {
  const { id } = (await asked({ subject: 'Hello', body: '<font color="red">World</font> ~~~~' })).body;
  const warned = async () => (await sender.get(`/api/deliveries/${id}/preview`)).body.warnings;
  expect(await warned()).toEqual([]);
  sandbox.control('POST', '', { linter: true });
  const { kernel, config } = api.api;
  const afresh = createWikis({ kernel, secretKey: config.REEVE_SECRET_KEY, userAgent: 'ReeveTest/1 (https://example.org)', timeoutMs: 5_000, allowPrivateHosts: true });
  api.api.preview = createPreviews({ kernel, openWiki: afresh, publicUrl: '' });
  expect(await warned()).toEqual([{ code: 'lint-error', detail: 'The linter of en.example.org finds obsolete-tag.', wiki: 'en.example.org' }]);
});
