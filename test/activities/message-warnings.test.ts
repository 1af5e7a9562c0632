import { mailWarnings, textWarnings } from '../../activities/message-warnings';

const codes = (body: string, subject = 'News') => textWarnings(subject, body).map(({ code }) => code);
const unclosed = (body: string) => textWarnings('News', `${body} ~~~~`).map(({ detail }) => detail.split(':')[0]);

test.each(['Come. ~~~~', 'Come. ~~~~~', 'Come. [[User:A|A]] 09:05, 3 May 2027 (UTC)'])('a text that bears a date is not odd: %s', (body) => {
  expect(codes(body)).toEqual([]);
});

test.each(['Come.', 'Come. ~~~', 'Come. ~~~~~~', 'Come. <nowiki>~~~~</nowiki>'])('a text without a date is told: %s', (body) => {
  expect(codes(body)).toEqual(['no-timestamp']);
});

test.each([
  ['<div>a', ['<div> is not closed']],
  ['<DIV class="x">a', ['<div> is not closed']],
  ['<div><div>a</div>', ['<div> is not closed']],
  ['a</span>', ['</span> closes nothing']],
  ['<b>a <i>b', ['<b> is not closed, <i> is not closed']],
  ['{| class="x"\n| a', ['{| is not closed by |}']],
  ['<nowiki>a', ['<nowiki> is not closed']],
])('tags that go on over what follows are told: %j', (body, said) => {
  expect(unclosed(body)).toEqual(said);
});

test.each(['<div>a</div>', '<br>', '<br/>', '<ref name="a" />', '<p>a', '{|\n| a\n|}', '{{x|{{y}}}}', '<nowiki><div></nowiki>', 'a < b', '<!doctype>', '<s>a</s> <small>b</small>'])('%j is closed', (body) => {
  expect(unclosed(body)).toEqual([]);
});

test('a subject counts as text of the message', () => {
  expect(codes('Come. ~~~~', '<small>News')).toEqual(['unclosed-tag']);
});

// Whoever may draft may have this asked of the API, where everybody else waits for the answer.
test.each([
  ['tags that are never closed', '<pre>', 60_000],
  ['tags without an end', '<pre ', 60_000],
  ['blank lines', '\n', 40_000],
  ['mail with tags without an end', '<a', 150_000],
])('a long text of %s takes no long look', (_what, part, times) => {
  const begun = performance.now();
  textWarnings('News', part.repeat(times));
  mailWarnings(part.repeat(times));
  expect(performance.now() - begun).toBeLessThan(2_000);
});
