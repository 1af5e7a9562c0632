/** A person with a browser that runs no script: goes to pages, fills the forms that are there, follows redirects. */
import request, { type Response } from 'supertest';
import type TestAgent from 'supertest/lib/agent';
import { PASSWORD, type TestApi, type TestPerson } from '../support/api';

export interface Reader {
  agent: TestAgent;
  get(path: string): Promise<Response>;
  /** Sends the form of `page` that goes to `action`, its hidden fields included, and reads where it leads. */
  send(page: string, action: string, fields?: Record<string, string>): Promise<Response>;
}

export async function reader(test: TestApi, person?: TestPerson): Promise<Reader> {
  const agent = request.agent(test.app);
  const get = async (path: string) => agent.get(path);
  const send: Reader['send'] = async (page, action, fields = {}) => {
    const hidden = hiddenFields((await get(page)).text, action);
    const answer = await agent.post(action).type('form').send({ ...hidden, ...fields });
    return answer.status === 303 ? get(answer.headers.location!) : answer;
  };
  if (person) {
    const signedIn = await agent.post('/sign-in').type('form').send({ name: person.name, password: PASSWORD });
    if (signedIn.status !== 303) throw new Error(`sign-in of ${person.name}: ${signedIn.status}`);
  }
  return { agent, get, send };
}

/** Of the form that goes there: by its action, or by the formaction of one of its buttons. @throws Error where there is none. */
export function hiddenFields(page: string, action: string): Record<string, string> {
  const forms = page.match(/<form[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((one) => one.includes(`action="${action}"`));
  if (!form) throw new Error(`there is no form for ${action}; there are ${forms.map((one) => /action="([^"]*)"/.exec(one)?.[1]).join(', ')}`);
  return Object.fromEntries([...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name!, value!]));
}

/** What a person reads: without tags, white space folded. */
export const words = ({ text }: Response): string =>
  /<main[\s\S]*<\/main>/.exec(text)![0].replace(/<[^>]*>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/\s+/g, ' ').trim();
