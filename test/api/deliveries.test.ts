import { testApi, type Script } from '../support/api';

describe('a delivery over the API', () => {
  const test = testApi();
  let sender: Script;
  let admin: Script;
  beforeAll(async () => {
    await test.wiki('en.example.org');
    sender = await test.script(await test.person('Sender', ['sender']));
    admin = await test.script(await test.person('Admin', ['admin']));
  });

  it('goes from lines to approved by one who may send there', async () => {
    const list = await sender.post('/api/target-lists', { name: 'All', wiki: 'en.example.org', format: 'lines', content: 'User:A\nTalk:B\nbad|title\nX@nowhere.org\nTalk:B' });
    expect(list.status).toBe(201);
    expect(list.body).toMatchObject({ targets: 2, problemCount: 2, problems: [{ line: 3, code: 'invalidtitle' }, { line: 4, code: 'invalidsite' }] });
    const made = await sender.post('/api/deliveries', { wiki: 'en.example.org', listIds: [list.body.id], subject: 'Hello', body: 'World ~~~~' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ state: 'draft', actions: [{ verb: 'submit' }, { verb: 'cancel' }] });
    const sent = await sender.post(`/api/deliveries/${made.body.id}/submit`);
    expect(sent.body).toMatchObject({ state: 'expanding' });
    expect((await admin.get('/api/deliveries')).body.items).toHaveLength(1);
  });
});
