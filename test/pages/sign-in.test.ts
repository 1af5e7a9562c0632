import { PASSWORD, testApi, type TestPerson } from '../support/api';
import { reader, words } from './form';

describe('signing in by a form', () => {
  const test = testApi();
  let person: TestPerson;
  beforeAll(async () => (person = await test.person('plain user')));

  it('takes a wrong password as what it is, keeps the name, and says the same for a name that nobody has', async () => {
    const visitor = await reader(test);
    const wrong = await visitor.send('/sign-in', '/sign-in', { name: 'plain user', password: 'not this one' });
    const nobody = await visitor.send('/sign-in', '/sign-in', { name: 'no such person', password: 'not this one' });
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect(wrong.text).toContain('value="plain user"');
    expect(wrong.text).not.toContain('not this one');
    expect(words(wrong)).toContain('This name and password do not belong together.');
    expect(words(wrong)).toBe(words(nobody));
  });

  it('leads back to the page that asked for it, and never to another site', async () => {
    const guest = await reader(test);
    const sent = await guest.agent.get('/deliveries/new');
    expect(sent.headers.location).toBe('/sign-in?next=%2Fdeliveries%2Fnew');
    const form = await guest.get(sent.headers.location!);
    expect(form.text).toContain('name="next" value="/deliveries/new"');
    const back = await guest.agent.post('/sign-in').type('form').send({ name: person.name, password: PASSWORD, next: '/deliveries/new' });
    expect([back.status, back.headers.location]).toEqual([303, '/deliveries/new']);
    expect((await guest.get('/sign-in?next=/deliveries/new')).headers.location).toBe('/deliveries/new');
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const answer = await (await reader(test)).agent.post('/sign-in').type('form').send({ name: person.name, password: PASSWORD, next });
      expect(answer.headers.location).toBe('/home');
    }
  });

  it('asks for what is missing in the reader’s language', async () => {
    const answer = await (await reader(test)).agent.post('/sign-in?uselang=ar').type('form').send({ name: person.name });
    expect(answer.status).toBe(401);
    expect(words(answer)).toContain('اكتب اسمك وكلمة السر.');
  });
});
