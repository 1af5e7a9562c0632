/** What tests of the form for account requests share: events whose door is open, and a page as somebody without an account fills it in. */
import { randomBytes } from 'node:crypto';
import request, { type Response } from 'supertest';
import { formToken } from '../../api/pages/form-token';
import type { TestApi } from '../support/api';

export interface OpenEvent {
  id: number;
  uuid: string;
  key: string;
}

/** Its key is the given one. @param more of POST /api/events */
export async function openEvent(test: TestApi, title: string, more: Record<string, unknown> = {}): Promise<OpenEvent> {
  const [organizer, toolAdmin] = [await test.script(await test.person(`Organizer of ${title}`, ['organizer'])), await test.script(await test.person(`Admin of ${title}`, ['toolAdmin']))];
  const whole = { title, types: ['workshop'], participation: 'online', startsAt: '2099-07-01T10:00', endsAt: '2099-07-01T12:00', timeZone: 'UTC', key: 'Tulip 42', places: 10_000, ...more };
  const { body } = await organizer.post('/api/events', whole).expect(201);
  await organizer.post(`/api/events/${body.id}/submit`).expect(200);
  await toolAdmin.post(`/api/events/${body.id}/approve`).expect(200);
  await test.sql(`update event set state = 'open', starts_at_ms = starts_at_ms - 3e12, timers = '{}', due_at_ms = null where id = $1`, [body.id]);
  const [event] = await test.sql<OpenEvent>('select id, uuid, key from event where id = $1', [body.id]);
  return event!;
}

/** Its end has come: nothing but the clock has said so yet. */
export const endEvent = (test: TestApi, { id }: OpenEvent): Promise<unknown> =>
  test.sql(`update event set starts_at_ms = 0, ends_at_ms = 1, due_at_ms = 1, timers = '{"xstate.after.untilEnd.event.open": 1}' where id = $1`, [id]);

/** A token of a page that was opened ten seconds ago. */
export const tokenOf = ({ api }: TestApi, ageMs = 10_000): string => formToken(api.config.REEVE_SECRET_KEY, Date.now() - ageMs);

/** One that has sent nothing yet. */
export const anAddress = (): string => `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;

/** What somebody types whom nobody has heard of before. */
export function newcomer(more: Record<string, string> = {}) {
  const name = `Newcomer ${randomBytes(4).toString('hex')}a`;
  const email = `${name.replace(' ', '.').toLowerCase()}@example.net`;
  return { name, email, emailAgain: email, comment: 'I write about mosses.', ...more };
}

/** Sends a form as its page would, each time from another address. */
export const send = async (test: TestApi, path: string, fields: Record<string, string>, { from = anAddress(), language = 'en' } = {}): Promise<Response> =>
  request(test.app).post(path).type('form').set('X-Forwarded-For', from).set('Accept-Language', language).send({ token: tokenOf(test), ...fields });

/** Field → what is wrong with it, as the page says beside it. */
export const faultsIn = ({ text }: Response): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/id="(\w+)-error">.*?<div class="cdx-message__content">(.*?)<\/div>/gs)].map(([, field, words]) => [field!, unescaped(words!)]));

/** Field → what stands in it. */
export const valuesIn = ({ text }: Response): Record<string, string> => Object.fromEntries([
  ...[...text.matchAll(/<input [^>]*?name="(\w+)"[^>]*? value="([^"]*)">/g)].map(([, name, value]) => [name!, unescaped(value!)]),
  ...[...text.matchAll(/<textarea [^>]*?name="(\w+)"[^>]*>\n([^<]*)<\/textarea>/g)].map(([, name, value]) => [name!, unescaped(value!)]),
  ...[...text.matchAll(/<select [^>]*?name="(\w+)"[^>]*>.*?<option value="([^"]*)" selected>/gs)].map(([, name, value]) => [name!, unescaped(value!)]),
]);

const unescaped = (text: string): string => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
