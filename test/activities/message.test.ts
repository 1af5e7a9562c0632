/** The text of a message, for the titles that wikis really have. */
import { appendTo, compose, refusalOf, type DescribedPage, type Message } from '../../activities/message';
import type { Delivery } from '../../db/entities/delivery';
import type { Wiki } from '../../db/entities/wiki';
import type { DeliveryText } from '../../db/queries/delivery-texts';

const news = { text: '== News ==\n\nCome and see.\n<!-- marker -->\n', topic: 'Come and see.\n<!-- marker -->', mail: 'Come and see.', subject: 'News', language: null };
const message: Message = { channel: 'page', marker: 'reeve:x', tags: [], in: () => news, fallbacks: new Map(), languages: 0 };
const page = (values: Partial<DescribedPage>): DescribedPage => ({
  asked: 'x', title: 'User talk:New', namespace: 3, exists: true, revisionId: 7, bytes: 10, contentModel: 'wikitext', board: null, language: 'en',
  redirect: null, problem: null, editProtection: null, optedOut: false, user: null, takesMessages: true, ...values,
});

test('somebody whose page redirects is told so under the heading, whatever the title holds', () => {
  for (const from of ['User talk:Old', "User talk:A$'B", 'User talk:A$&B', 'User talk:$$'])
    expect(appendTo(page({ redirect: { from } }), message, 5).text)
      .toBe(`\n\n== News ==\n\n''Sent to [[:${from}]], which leads here.''\nCome and see.\n<!-- marker -->\n`);
});

test('a message to user talk is marked as a bot\'s, elsewhere people see it in recent changes', () => {
  expect(appendTo(page({}), message, 5).bot).toBe(true);
  expect(appendTo(page({ namespace: 4 }), message, 5).bot).toBe(false);
});

test('an edit is bound to the revision that was read, or to the page\'s absence', () => {
  expect(appendTo(page({}), message, 5)).toMatchObject({ baseRevisionId: 7 });
  expect(appendTo(page({ exists: false, revisionId: null, bytes: 0 }), message, 5)).toMatchObject({ createOnly: true, text: news.text });
});

test('a summary shortens a long subject between two signs, never within one', () => {
  const subject = `${'x'.repeat(199)}😀${'y'.repeat(30)}`;
  expect(appendTo(page({}), { ...message, in: () => ({ ...news, subject }) }, 5).summary).toBe(`/* ${subject} */ ${'x'.repeat(199)}😀… (reeve:x/5)`);
});

describe('the text of a message', () => {
  const delivery = { subject: 'News', body: 'Come and see.', marker: 'reeve:abc' } as Delivery;
  const wiki = { footer: ' Greetings ', changeTag: 'mass' } as Wiki;
  const links = { sender: 'Ada', origin: 'en.example.org', lists: ['https://reeve.example.org/public/target-lists/3?revision=1'] };

  test('is subject as heading, body, the wiki\'s footer, and a comment with sender, origin wiki, lists at their revision and marker', () => {
    expect(compose(delivery, wiki, links).in('en').text).toBe(
      '== News ==\n\nCome and see.\nGreetings\n<!-- Sent by Ada from en.example.org · list https://reeve.example.org/public/target-lists/3?revision=1 · reeve:abc -->\n');
  });

  test('cannot have its comment closed by a name', () => {
    const { text } = compose(delivery, wiki, { ...links, sender: 'A --> B <!-- C' }).in('en');
    expect([text.match(/-->/g), text.match(/<!--/g)]).toEqual([['-->'], ['<!--']]);
  });

  test('carries the change tag of a wiki that has one', () => {
    expect(compose(delivery, wiki, links).tags).toEqual(['mass']);
    expect(compose(delivery, { ...wiki, changeTag: null }, links).tags).toEqual([]);
  });
});

describe('a message in several languages', () => {
  const textOf = (language: string, more: Partial<DeliveryText> = {}): DeliveryText => ({ language, htmlLanguage: language, dir: 'ltr', source: false, title: `News/${language}`, revisionId: 1, subject: `News ${language}`, body: `Body ${language}`, ...more });
  const wiki = { footer: '', changeTag: null } as unknown as Wiki;
  const links = { sender: 'Ada', origin: 'en.example.org', lists: [] };
  const made = (texts: DeliveryText[], typed: { subject?: string; body?: string } = {}) => compose({ channel: 'page', subject: '', body: '', marker: 'reeve:abc', ...typed }, wiki, links, texts);
  const textIn = (message: Message, language: string) => message.in(language).text.replace(/\n<!--.*/s, '');
  const all = [textOf('fr', { source: true }), textOf('de'), textOf('he', { dir: 'rtl' }), textOf('sr-ec', { htmlLanguage: 'sr-Cyrl' })];

  test('comes in the page\'s own language, and then needs no mark of it', () => {
    expect(textIn(made(all), 'de')).toBe('== News de ==\n\nBody de');
    expect(made(all).in('de')).toMatchObject({ subject: 'News de', language: 'de' });
  });

  test('comes in the nearest language that there is: those that stand in, then English, then the sender\'s', () => {
    const message = made(all);
    message.fallbacks.set('bar', ['gsw', 'de', 'he']);
    expect(message.in('bar').language).toBe('de');
    expect(message.in('nl').language).toBe('fr');
    expect(made([...all, textOf('en')]).in('nl').language).toBe('en');
  });

  test('says its language and which way it is written where the page is in another', () => {
    const message = made(all);
    message.fallbacks.set('yi', ['he']);
    expect(textIn(message, 'yi')).toBe('== <span lang="he" dir="rtl">News he</span> ==\n\n<div lang="he" dir="rtl" class="mw-content-rtl">\nBody he\n</div>');
    message.fallbacks.set('sr', ['sr-ec']);
    expect(textIn(message, 'sr')).toContain('<div lang="sr-Cyrl" dir="ltr" class="mw-content-ltr">');
  });

  test('is followed by what was typed, which is in the sender\'s language', () => {
    const message = made(all, { subject: 'Typed', body: 'Typed.' });
    expect(textIn(made(all, { body: 'Typed.' }), 'fr')).toBe('== News fr ==\n\nBody fr\n\nTyped.');
    expect(textIn(message, 'de')).toBe('== News de ==\n\nBody de\n\n<div lang="fr" dir="ltr" class="mw-content-ltr">\nTyped.\n</div>');
    expect(textIn(made(all.map((one) => ({ ...one, subject: '' })), { subject: 'Typed' }), 'de')).toMatch(/^== <span lang="fr" dir="ltr">Typed<\/span> ==\n\nBody de$/);
  });

  test('typed in one language says so on pages in another, and nothing where nobody knows which it is', () => {
    const typed = { subject: 'Typed', body: 'Typed.' };
    expect(textIn(made([textOf('en', { source: true, title: null, subject: '', body: '' })], typed), 'de')).toBe('== <span lang="en" dir="ltr">Typed</span> ==\n\n<div lang="en" dir="ltr" class="mw-content-ltr">\nTyped.\n</div>');
    expect(textIn(made([], typed), 'de')).toBe('== Typed ==\n\nTyped.');
  });

  test('keeps the notice for whoever was redirected right under its heading', () => {
    expect(appendTo(page({ language: 'de', redirect: { from: 'User talk:Old' } }), made(all), 5).text).toMatch(/^\n\n== News de ==\n\n''Sent to \[\[:User talk:Old\]\], which leads here.''\nBody de/);
  });
});

describe('who gets no message', () => {
  const user = { name: 'New', exists: true, anonymous: false, temporary: false };
  const answer = (values: Partial<DescribedPage>) => refusalOf(page({ user, ...values }), 'page');

  test('a temporary, an anonymous and a missing account are skipped as nouser', () => {
    for (const not of [{ temporary: true }, { anonymous: true }, { exists: false }])
      expect(answer({ user: { ...user, ...not } })).toEqual({ outcome: 'skipped', code: 'nouser' });
  });

  test('a protection that asks more than autoconfirmed is failed, whatever the bot may', () => {
    expect(answer({ editProtection: 'autoconfirmed' })).toBeNull();
    for (const level of ['sysop', 'extendedconfirmed']) expect(answer({ editProtection: level })).toEqual({ outcome: 'failed', code: 'protectedpage' });
  });

  test('the first reason in the order of the specification is the one that stands', () => {
    const all = { optedOut: true, user: { ...user, exists: false }, editProtection: 'sysop' };
    expect(answer({ ...all, takesMessages: false })!.code).toBe('badns');
    expect(answer(all)!.code).toBe('optout');
    expect(answer({ ...all, optedOut: false })!.code).toBe('nouser');
  });

  test('a board of another kind than wikitext is failed and not written over', () => {
    expect(answer({ contentModel: 'flow-board' })).toEqual({ outcome: 'failed', code: 'contentmodel' });
  });
});
