/** An event that everybody may see, made through the API. */
import type { TestApi } from '../support/api';

export async function publicEvent(test: TestApi): Promise<number> {
  const [organizer, toolAdmin] = [await test.script(await test.person('Organizer', ['organizer'])), await test.script(await test.person('ToolAdmin', ['toolAdmin']))];
  const { body } = await organizer.post('/api/events', {
    title: 'A title of some length, so that it has to wrap somewhere', types: ['contest', 'meetup'], participation: 'hybrid', country: 'IS', address: 'The hall', topics: ['Botany'], wikis: ['en.example.org'],
    page: 'https://en.example.org/wiki/X', trackingTool: 'https://dashboard.example.org/x', startsAt: '2099-07-01T10:00', endsAt: '2099-07-01T12:00', timeZone: 'Asia/Kolkata', places: 20,
  });
  await organizer.post(`/api/events/${body.id}/submit`);
  await toolAdmin.post(`/api/events/${body.id}/approve`);
  return body.id;
}
