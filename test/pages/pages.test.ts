import { doVerb } from '../../api/verbs';
import { create } from '../../db/create';
import { system } from '../../policies/actor';
import { testApi, type TestPerson } from '../support/api';
import { hiddenFields, reader, words, type Reader } from './form';

describe('pages without JavaScript', () => {
  const test = testApi();
  let wiki: { id: number; host: string };
  let other: { id: number; host: string };
  const people: Record<string, TestPerson> = {};
  const at: Record<string, Reader> = {};
  const newDelivery = (fields: Record<string, string>) => ({ wiki: wiki.host, pages: 'User talk:A\nUser:B\nTalk:C', subject: 'Hello', body: 'World ~~~~', sendAt: '', act: 'submit', ...fields });

  beforeAll(async () => {
    wiki = await test.wiki('en.example.org');
    other = await test.wiki('de.example.org');
    for (const role of ['globalSender', 'deliveryApprover', 'operator', 'admin'] as const) people[role] = await test.person(role, [role]);
    people.sender = await test.person('local sender', ['sender'], wiki.id);
    people.user = await test.person('plain user');
    for (const [role, person] of Object.entries(people)) at[role] = await reader(test, person);
    at.visitor = await reader(test);
  });

  describe('a new delivery', () => {
    it('checks first: counts per wiki, each bad line with its number, and makes nothing', async () => {
      const before = await test.sql('select count(*)::int as n from target_list');
      const checked = await at.globalSender!.send('/deliveries/new', '/deliveries/new', newDelivery({ act: 'check', pages: `User talk:A\nTalk:B@${other.host}\n\nBad[title\nX@nowhere.example\nUser:A` }));
      expect(checked.status).toBe(200);
      expect(words(checked)).toContain('2 pages on 2 wikis');
      expect(words(checked)).toContain('Line 4: Bad[title – no page can be called that');
      expect(words(checked)).toContain('Line 5: X@nowhere.example – no wiki of this name is configured here');
      expect(await test.sql('select count(*)::int as n from target_list')).toEqual(before);
    });

    it('keeps what was typed when something is wrong, names each field and leads to it', async () => {
      const refused = await at.globalSender!.send('/deliveries/new', '/deliveries/new', newDelivery({ subject: 'a == b', body: '  ', pages: 'User talk:<script>alert(1)</script>' }));
      expect(refused.status).toBe(422);
      for (const field of ['pages', 'subject', 'body']) {
        expect(refused.text).toContain(`<a href="#${field}">`);
        expect(refused.text).toMatch(new RegExp(`id="${field}" name="${field}"[^>]* aria-invalid="true"`));
      }
      expect(refused.text).toContain('value="a == b"');
      expect(refused.text).toContain('User talk:&lt;script&gt;');
      expect(refused.text).not.toContain('<script>alert');
      expect(await test.sql('select 1 from delivery')).toEqual([]);
    });

    it('goes out at once where its sender may send, and shows how far it is', async () => {
      const page = await at.globalSender!.send('/deliveries/new', '/deliveries/new', newDelivery({}));
      expect(words(page)).toMatch(/Hello Reading the lists 3 pages on its list/);
      expect(page.text).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
      const [row] = await test.sql<{ state: string; marker: string }>(`select state, marker from delivery where subject = 'Hello'`);
      expect(row!.state).toBe('expanding');
      expect(await test.sql('select verb, actor from audit a join delivery d on d.id = a.entity where noun = $1 order by a.id', ['delivery'])).toMatchObject([{ verb: 'new', actor: `user/${people.globalSender!.id}` }, { verb: 'submit' }, { verb: expect.stringContaining('untilSend') }]);
    });

    it('is made once, however often the same form is sent', async () => {
      const marks = hiddenFields((await at.globalSender!.get('/deliveries/new')).text, '/deliveries/new');
      const post = () => at.globalSender!.agent.post('/deliveries/new').type('form').send({ ...marks, ...newDelivery({ subject: 'Only once' }) });
      const [first, second] = [await post(), await post()];
      expect(second.headers.location).toBe(first.headers.location);
      expect(await test.sql(`select count(*)::int as n from delivery where subject = 'Only once'`)).toEqual([{ n: 1 }]);
    });

    it('tells a local sender before the send that a page stands elsewhere', async () => {
      const refused = await at.sender!.send('/deliveries/new', '/deliveries/new', newDelivery({ subject: 'Foreign', pages: `User talk:A@${other.host}` }));
      expect(refused.status).toBe(422);
      expect(words(refused)).toContain(`A page stands on ${other.host}, where you may not send.`);
      expect(await test.sql(`select 1 from delivery where subject = 'Foreign'`)).toEqual([]);
    });

    it('can be saved as a draft, scheduled, and cancelled', async () => {
      const draft = await at.sender!.send('/deliveries/new', '/deliveries/new', newDelivery({ act: 'draft', subject: 'Slowly', sendAt: '2100-01-31T09:00' }));
      expect(words(draft)).toMatch(/Slowly Draft .* Sends at 2100-01-31 09:00 UTC/);
      const [{ id }] = await test.sql<{ id: number }>(`select id from delivery where subject = 'Slowly'`) as [{ id: number }];
      const edit = (fields: Record<string, string>) => at.sender!.send(`/deliveries/${id}/edit`, `/deliveries/${id}/edit`, { subject: 'Slowly', body: 'Better words ~~~~', sendAt: '2100-01-31T09:00', ...fields });
      expect(words(await edit({}))).toContain('Better words');
      expect(words(await edit({ subject: '', body: 'Kept words' }))).toMatch(/The subject is empty.*Kept words/);
      expect(await edit({ version: '1', body: 'Kept words' })).toMatchObject({ status: 412, text: expect.stringContaining('Kept words') });
      expect(words(await at.sender!.send(`/deliveries/${id}/preview`, `/deliveries/${id}/submit`))).toContain('Slowly Approved');
      expect(words(await at.sender!.send(`/deliveries/${id}`, `/deliveries/${id}/reschedule`, { sendAt: '2101-01-31T09:00' }))).toContain('2101-01-31 09:00 UTC');
      expect(words(await at.sender!.send(`/deliveries/${id}`, `/deliveries/${id}/cancel`, { reason: 'Changed my mind' }))).toContain('Slowly Cancelled');
      expect(await test.sql('select r.text from audit a join audit_reason r on r.id = a.reason_id where a.noun = $1 and a.entity = $2', ['delivery', id])).toEqual([{ text: 'Changed my mind' }]);
    });
  });

  describe('approving', () => {
    let id: number;
    beforeAll(async () => {
      await at.user!.send('/deliveries/new', '/deliveries/new', newDelivery({ subject: 'A wish' }));
      [{ id }] = await test.sql<{ id: number }>(`select id from delivery where subject = 'A wish'`) as [{ id: number }];
    });

    it('shows what waits to who may approve it, and to nobody else', async () => {
      expect(words(await at.deliveryApprover!.get('/home'))).toMatch(/Deliveries to approve .*A wish/);
      expect(words(await at.user!.get('/home'))).toMatch(/Nothing waits for you\. .*A wish plain|Nothing waits for you\. .*A wish/);
      expect((await at.sender!.get(`/deliveries/${id}`)).status).toBe(404);
    });

    it('asks a reason for a refusal, which the page keeps asking for', async () => {
      const refused = await at.deliveryApprover!.send(`/deliveries/${id}`, `/deliveries/${id}/reject`, { reason: ' ' });
      expect(refused.status).toBe(422);
      expect(words(refused)).toContain('A wish Waits for approval');
    });

    it('lets another person approve, and tells the sender', async () => {
      expect(words(await at.deliveryApprover!.send(`/deliveries/${id}`, `/deliveries/${id}/approve`))).toContain('A wish Reading the lists');
      expect(words(await at.user!.get('/home'))).toContain(`Delivery ${id} was approved`);
    });

    it('says why a verb is not taken any more, beside the page as it now is', async () => {
      const late = await at.deliveryApprover!.agent.post(`/deliveries/${id}/approve`).type('form').send(hiddenFields((await at.deliveryApprover!.get('/home')).text, '/sign-out'));
      expect(late.status).toBe(409);
      expect(words(late)).toMatch(/A wish Reading the lists .*does not take approve/);
    });
  });

  describe('what becomes of the pages', () => {
    let id: number;
    beforeAll(async () => {
      await at.globalSender!.send('/deliveries/new', '/deliveries/new', newDelivery({ subject: 'Far along', pages: `User talk:A\nBad[line` }));
      [{ id }] = await test.sql<{ id: number }>(`select id from delivery where subject = 'Far along'`) as [{ id: number }];
      await doVerb(test.api, { actor: system }, 'delivery', id, 'expanded');
      await test.sql(
        `insert into target (delivery_id, wiki_id, page, outcome, code, at_ms) values ($1, $2, 'User talk:Gone', 'skipped', 'nouser', 1), ($1, $2, 'Project:Rules', 'failed', 'protectedpage', 1), ($1, $2, 'Talk:Odd', 'unknown', null, 1), ($1, $2, 'User talk:A', 'pending', null, null)`,
        [id, wiki.id]);
      await test.sql('insert into delivery_wiki (delivery_id, wiki_id, total, skipped, failed, unknown) values ($1, $2, 1204, 1, 1, 1)', [id, wiki.id]);
    });

    it('shows counts, each page that got nothing with the reason in words, and the lines that could not be used', async () => {
      const page = await at.globalSender!.get(`/deliveries/${id}`);
      expect(page.text).toContain('<progress id="bar" max="1204" value="3" aria-label="Pages done">');
      const read = words(page);
      expect(read).toContain('3 of 1,204 pages · about 31 minutes left');
      expect(read).toMatch(/Failed \(1\) .*Project:Rules The page is protected/);
      expect(read).toMatch(/Skipped \(1\) .*User talk:Gone No such account/);
      expect(read).toContain('Line 2: Bad[line – no page can be called that');
    });

    it('lets the sender settle what the wiki could not tell, row by row', async () => {
      const page = await at.globalSender!.send(`/deliveries/${id}`, `/deliveries/${id}/settle`, { as: 'sent' });
      expect(words(page)).not.toContain('Talk:Odd');
      expect(await test.sql(`select outcome, code from target where page = 'Talk:Odd'`)).toEqual([{ outcome: 'sent', code: 'settled' }]);
    });

    it('pauses, resumes and says what a cancel leaves', async () => {
      const paused = await at.globalSender!.send(`/deliveries/${id}`, `/deliveries/${id}/pause`);
      expect(words(paused)).toContain('Far along Paused');
      expect(words(paused)).toContain('1 message stays where it is; 1,201 pages get none.');
      expect(words(await at.globalSender!.send(`/deliveries/${id}`, `/deliveries/${id}/resume`))).toContain('Far along Running');
    });

    it('tells everybody that it needs attention, and lets operators answer with a reason', async () => {
      await create(test.api.kernel, {
        noun: 'operation', actor: system,
        values: { workflowId: `delivery/${id}/${wiki.host}`, runId: 'run', seq: 1, kind: 'wikiDelivery', entity: `delivery/${id}`, wiki: wiki.host, code: 'wiki.readonly', attempts: 5, skippable: false, detail: 'being tidied' },
      });
      const [{ id: operation }] = await test.sql<{ id: number }>('select id from operation') as [{ id: number }];
      const seen = await at.globalSender!.get(`/deliveries/${id}`);
      expect(words(seen)).toMatch(/Needs attention en.example.org : The wiki is read-only. .*wiki.readonly , 5 tries/);
      expect(seen.text).not.toContain(`/operations/${operation}/retry`);
      expect((await at.globalSender!.get('/operations')).status).toBe(404);
      expect(words(await at.operator!.get('/home'))).toContain('1 step needs an operator');
      expect((await at.operator!.send('/operations', `/operations/${operation}/retry`, { reason: ' ' })).status).toBe(422);
      expect((await at.operator!.get('/operations')).text).not.toContain(`/operations/${operation}/skip`);
      expect(words(await at.operator!.send('/operations', `/operations/${operation}/retry`, { reason: 'It is writable again' }))).toContain('Nothing needs attention.');
      expect(await test.sql('select state from operation')).toEqual([{ state: 'retrying' }]);
    });
  });

  describe('the door', () => {
    it('takes no form without the token of its session', async () => {
      const answer = await at.globalSender!.agent.post('/deliveries/new').type('form').send(newDelivery({ subject: 'Forged' }));
      expect(answer.status).toBe(403);
      expect(await test.sql(`select 1 from delivery where subject = 'Forged'`)).toEqual([]);
    });

    it('takes no form that another site has sent', async () => {
      const marks = hiddenFields((await at.globalSender!.get('/deliveries/new')).text, '/deliveries/new');
      const answer = await at.globalSender!.agent.post('/deliveries/new').set('Sec-Fetch-Site', 'cross-site').type('form').send({ ...marks, ...newDelivery({ subject: 'Forged' }) });
      expect(answer.status).toBe(403);
    });

    it('answers the same bytes for what is hidden and what is missing', async () => {
      const [{ id }] = await test.sql<{ id: number }>(`insert into delivery (sender_id, wiki_id, subject, body, marker, audit_hash, created_at_ms, updated_at_ms) values ($1, $2, 's', 'b', 'm', '', 1, 1) returning id`, [people.user!.id, wiki.id]) as [{ id: number }];
      const bare = async (path: string) => (await at.sender!.get(path)).text.replace(/value="[^"]*"/g, '');
      expect(await bare(`/deliveries/${id}`)).toBe(await bare('/deliveries/99999'));
      expect(await bare('/deliveries/99999')).toBe(await bare('/nonsense'));
    });
  });
});
