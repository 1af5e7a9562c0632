import { linesOf, readLine, type Hosts } from '../../db/target-lines';

const hosts: Hosts = { ownWikiId: 1, wikis: new Map([['en.example.org', 1], ['de.example.org', 2], ['en.m.example.org', 1], ['127.0.0.1:8123', 3]]) };
const read = (text: string) => readLine(text, 7, hosts);
const page = (text: string) => {
  const found = read(text);
  return found && 'page' in found ? `${found.wikiId}:${found.page}` : (found?.code ?? null);
};
const lines = async (...chunks: string[]) => {
  const found: string[] = [];
  for await (const line of linesOf(chunks)) found.push(line);
  return found;
};

describe('the host of a line', () => {
  test.each([
    ['Talk:A', '1:Talk:A', 'none: the list\'s own wiki'],
    ['Talk:A@de.example.org', '2:Talk:A', 'a known one'],
    ['Talk:A@DE.Example.ORG', '2:Talk:A', 'in capitals'],
    ['Talk:A@en.example.org', '1:Talk:A', 'the list\'s own, dropped'],
    ['Talk:A@en.m.example.org', '1:Talk:A', 'an alias'],
    ['Talk:A@127.0.0.1:8123', '3:Talk:A', 'one with a port'],
    ['Talk:A @ de.example.org ', '2:Talk:A', 'with blanks around'],
    ['A@domain.org@en.example.org', '1:A@domain.org', 'after the last @ only'],
    ['Talk:A@nowhere.example.org', 'invalidsite', 'unknown'],
    ['A@domain.org', 'invalidsite', 'unknown, although it could be a name: say the host to mean it'],
    ['Talk:A@', 'invalidsite', 'empty'],
    ['Talk:A@https://de.example.org', 'invalidsite', 'the address of a site'],
    ['Talk:A@de.example.org/wiki', 'invalidsite', 'a path behind it'],
    ['Talk:A@127.0.0.1:8123/wiki', 'invalidsite', 'a path behind its port'],
    ['Talk:A@de.example.org (German)', 'invalidsite', 'words behind it'],
    ['Talk:A@de.example.org,', 'invalidsite', 'a comma behind it'],
    ['Talk:Meet @ the library', '1:Talk:Meet @ the library', 'no host at all: words after the @'],
    ['Talk:Meet @ St. Mary/South (10:30)', '1:Talk:Meet @ St. Mary/South (10:30)', 'words with dots, strokes and a time'],
  ])('%s → %s (%s)', (text, expected) => expect(page(text)).toBe(expected));
});

describe('the title of a line', () => {
  test.each([
    ['User:example', '1:User talk:Example', 'user pages become their talk pages'],
    ['user_talk:example_two', '1:User talk:Example two', 'whatever the case, and underscores are blanks'],
    ['USER : example', '1:User talk:Example', 'blanks around the colon mean nothing'],
    ['User:Example/Sub', '1:User talk:Example/Sub', 'subpages too'],
    ['User:éclair', '1:User talk:Éclair', 'names begin with a capital in every script'],
    ['User:ßa', '1:User talk:ßa', 'but not where the capital would be two letters'],
    ['Benutzer:Example', '1:Benutzer:Example', 'a wiki\'s own names are the wiki\'s to know'],
    [':Talk:A', '1:Talk:A', 'a leading colon says nothing'],
    ['  Talk:A__B  ', '1:Talk:A B', 'runs of blanks and underscores are one'],
    ['Talk:\u200eA\u202c', '1:Talk:A', 'marks of direction that were copied along are dropped'],
    ['Talk:A\u00a0B', '1:Talk:A B', 'a hard blank is a blank'],
    ['Talk:Cafe\u0301', '1:Talk:Café', 'composed as the wikis store it'],
    ['Talk:日本', '1:Talk:日本', 'every script'],
    ['Talk:100% sure', '1:Talk:100% sure', 'a percent sign alone'],
    ['Talk:AT&T', '1:Talk:AT&T', 'an ampersand alone'],
    ['Talk:What?', '1:Talk:What?', 'a question mark'],
    [`Talk:${'x'.repeat(255)}`, `1:Talk:${'x'.repeat(255)}`, '255 bytes after the namespace'],
    [`Talk:${'x'.repeat(256)}`, 'invalidtitle', '256 are too many'],
    [`Talk:${'é'.repeat(128)}`, 'invalidtitle', 'bytes count, not letters'],
    ['Talk:A#section', 'invalidtitle', 'a section is no page'],
    ['Talk:A<b>', 'invalidtitle', 'angle brackets'],
    ['Talk:A[b]', 'invalidtitle', 'square brackets'],
    ['Talk:A|b', 'invalidtitle', 'a bar'],
    ['Talk:{{A}}', 'invalidtitle', 'braces'],
    ['Talk:A\u0007', 'invalidtitle', 'a control character'],
    ['Talk:A\u0000', 'invalidtitle', 'NUL'],
    ['Talk:A\ufffd', 'invalidtitle', 'what was no UTF-8'],
    ['Talk:A\ud800', 'invalidtitle', 'half a character'],
    ['Talk:A~~~', 'invalidtitle', 'a signature'],
    ['Talk:%41', 'invalidtitle', 'an escape'],
    ['Talk:&lt;', 'invalidtitle', 'an entity'],
    ['.', 'invalidtitle', 'a dot'],
    ['..', 'invalidtitle', 'two dots'],
    ['./A', 'invalidtitle', 'relative'],
    ['../A', 'invalidtitle', 'relative, up'],
    ['A/./B', 'invalidtitle', 'relative within'],
    ['A/../B', 'invalidtitle', 'relative within, up'],
    ['A/..', 'invalidtitle', 'relative at the end'],
    ['::A', 'invalidtitle', 'two colons'],
    ['User:', 'invalidtitle', 'a namespace and nothing'],
    ['@de.example.org', 'invalidtitle', 'a host and nothing'],
    [':', 'invalidtitle', 'a colon'],
  ])('%j → %j (%s)', (text, expected) => expect(page(text)).toBe(expected));

  test('an empty line means nothing', () => expect([page(''), page('  _ \u200e')]).toEqual([null, null]));
  test('a bad line keeps its number and what it said, in what Postgres can hold', () => {
    expect(read('Talk:\u0000|\ud800')).toEqual({ line: 7, text: 'Talk:\ufffd|\ufffd', code: 'invalidtitle' });
  });
  test('a line of a megabyte is refused and not kept whole', () => {
    const found = read('x'.repeat(1_000_000));
    expect(found).toMatchObject({ code: 'invalidtitle' });
    expect((found as { text: string }).text).toHaveLength(500);
  });
});

describe('cutting text into lines', () => {
  test('takes every kind of line end', async () => expect(await lines('a\nb\r\nc\rd')).toEqual(['a', 'b', 'c', 'd']));
  test('keeps empty lines, because problems name the line\'s number', async () => expect(await lines('a\n\nb')).toEqual(['a', '', 'b']));
  test('needs no end at the end', async () => expect([await lines('a\n'), await lines('a'), await lines('')]).toEqual([['a'], ['a'], []]));
  test('does not care where chunks are cut', async () => {
    const text = 'alpha\r\nbeta\n\ngamma\rdelta';
    const whole = await lines(text);
    for (let cut = 0; cut <= text.length; cut++) expect(await lines(text.slice(0, cut), text.slice(cut))).toEqual(whole);
    expect(await lines(...text)).toEqual(whole);
  });
  test('drops a byte order mark', async () => expect(await lines('\ufeffa\nb')).toEqual(['a', 'b']));
  test('keeps no more of an endless line than it takes to refuse it', async () => {
    const chunk = 'x'.repeat(65_536);
    const found = await lines(...Array<string>(100).fill(chunk), '\nb');
    expect(found.map((line) => page(line))).toEqual(['invalidtitle', '1:b']);
    expect(found[0]!.length).toBeLessThan(100_000);
  });
});
