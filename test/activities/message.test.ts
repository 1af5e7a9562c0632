/** The text of a message, for the titles that wikis really have. */
import { appendTo, type Message } from '../../activities/message';
import type { WikiPage } from '../../gateways/mediawiki-pages';

const message: Message = { text: '== News ==\n\nCome and see.\n<!-- marker -->\n', marker: 'reeve:x', subject: 'News', tags: [] };
const page = (values: Partial<WikiPage>): WikiPage => ({
  asked: 'x', title: 'User talk:New', namespace: 3, exists: true, revisionId: 7, bytes: 10, contentModel: 'wikitext',
  redirect: null, problem: null, editProtection: null, optedOut: false, user: null, ...values,
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
  expect(appendTo(page({ exists: false, revisionId: null, bytes: 0 }), message, 5)).toMatchObject({ createOnly: true, text: message.text });
});
