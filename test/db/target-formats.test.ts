import { entriesOf, type ListFormat } from '../../db/target-formats';
import type { Hosts } from '../../db/target-lines';

const hosts: Hosts = { ownWikiId: 1, wikis: new Map([['en.example.org', 1], ['de.example.org', 2], ['de.m.example.org', 2]]) };
const read = async (format: ListFormat, text: string) => {
  const found: string[] = [];
  for await (const entry of entriesOf(format, [text], hosts)) found.push('page' in entry ? `${entry.line} ${entry.wikiId}:${entry.page}` : `${entry.line} ${entry.code} ${entry.text}`);
  return found;
};

describe('the targets of a page of wikitext', () => {
  test.each([
    ['{{#target:Talk:A}}', ['1 1:Talk:A'], 'on the list\'s own wiki'],
    ['{{#target:Talk:A|de.example.org}}', ['1 2:Talk:A'], 'on another'],
    ['{{ #Target : user:ada | DE.example.org }}', ['1 2:User talk:Ada'], 'with blanks, in capitals, and a user page'],
    ['{{#target:A@domain.org|en.example.org}}', ['1 1:A@domain.org'], 'with an @ that divides nothing'],
    ['{{#target:Talk:A|de.m.example.org}}', ['1 2:Talk:A'], 'by another name of the host'],
    ['{{#target:Talk:A|}}', ['1 1:Talk:A'], 'with an empty host'],
    ['* {{#target:Talk:A}}, {{#target:Talk:B}}\n\nText\n# {{#target:Talk:C}}', ['1 1:Talk:A', '1 1:Talk:B', '4 1:Talk:C'], 'several on a line, between text'],
    ['{{#target:Talk:A|nowhere.example.org}}\n{{#target:bad<title}}', ['1 invalidsite {{#target:Talk:A|nowhere.example.org}}', '2 invalidtitle {{#target:bad<title}}'], 'bad ones, each on its line'],
    ['{{#target:{{PAGENAME}}|de.example.org}} {{#target:Talk:B}}', ['1 invalidtitle {{#target:{{PAGENAME}}|de.example.org}}', '1 1:Talk:B'], 'with a template inside, which only the wiki could expand'],
    ['{{#target:Talk:A\n{{#target:Talk:B}}', ['1 invalidtitle {{#target:Talk:A', '2 1:Talk:B'], 'never closed'],
    ['<!-- {{#target:Talk:A}}\n --><nowiki>{{#target:Talk:B}}</nowiki>\n{{#target:Talk:C}}', ['3 1:Talk:C'], 'not those that the wiki does not read, whose lines count'],
    ['<PRE>\n{{#target:Talk:A}}</pre>{{#target:Talk:B}}<nowiki/>{{#target:Talk:C}}', ['2 1:Talk:B', '2 1:Talk:C'], 'after a tag that closes itself'],
    ['<nowiki>{{#target:Talk:A}}', ['1 1:Talk:A'], 'behind a tag that never closes'],
    ['{{#target:Talk:A}}<!-- {{#target:Talk:B}}', ['1 1:Talk:A'], 'not behind a comment that never closes'],
    ['{{target|Talk:A}} [[Talk:B]]', [], 'and nothing else'],
  ])('%j → %j: %s', async (text, expected) => expect(await read('wikitext', text)).toEqual(expected));

  // More than any page may hold: one pass is over at once, while looking back at each of so many would outlast every test's limit.
  test.each(['<pre>', '{{#target:', '{{', '<!--', '<nowiki', '{{ ', '{{#target:{{{{'])('are read to the end of a page that is nothing but %j, which is never closed', async (piece) => {
    const times = Math.floor(4_000_000 / piece.length);
    const found = await read('wikitext', `${piece.repeat(times)}\n{{#target:Talk:A}}`);
    expect(found.length).toBe(piece === '<!--' ? 0 : piece.startsWith('{{#target:') ? times + 1 : 1);
  });
});

describe('the targets of a list in JSON', () => {
  test('have a title and perhaps a site; what is neither keeps its place', async () => {
    const targets = [{ title: 'Talk:A' }, { title: 'User:b', site: 'DE.example.org' }, { title: 'A@domain.org' }, { title: 'Talk:C', site: 'nowhere.example.org' }, { title: '' }, 7, null, { site: 'de.example.org' }, { title: 'Talk:D', site: 3 }, { title: 'Talk:E', site: '' }];
    expect(await read('json', JSON.stringify({ description: 'Readers', targets }))).toEqual([
      '1 1:Talk:A', '2 2:User talk:B', '3 1:A@domain.org', '4 invalidsite Talk:C@nowhere.example.org', '5 invalidtitle ', '6 invalidtitle 7', '7 invalidtitle null',
      '8 invalidtitle {"site":"de.example.org"}', '9 invalidsite Talk:D', '10 1:Talk:E',
    ]);
  });

  test('are no title however deep they are nested', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(await read('json', `{"targets":[{"title":${deep}},{"title":"Talk:A"}]}`)).toEqual(['1 invalidtitle […]', '2 1:Talk:A']);
  });

  test.each(['', '{', '[]', 'null', '{"targets":{}}', '"text"'])('are not in %j', async (text) => {
    await expect(read('json', text)).rejects.toMatchObject({ code: 'targetList.bad-page' });
  });
});

test('the members of a category stand on the list\'s own wiki, whatever their titles hold', async () => {
  expect(await read('category', 'User:Ada\nTalk:A@de.example.org\nCategory:Young\n')).toEqual(['1 1:User talk:Ada', '2 1:Talk:A@de.example.org', '3 1:Category:Young']);
});
