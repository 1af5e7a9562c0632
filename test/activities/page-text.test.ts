/** What of a page becomes a message. */
import { sectionNames, takeSection } from '../../activities/page-text';

const page = `<languages/><noinclude>{{Draft}}</noinclude>
<section begin="subject" />Apples are ripe<section end="subject" />
<!-- for whoever reads the source -->
<section begin=body/>Come and '''see'''.<section end=body/>
A closing word. <section begin='body'/> ~~~~<section end='body'/>`;

test.each([
  ['one section', { section: 'subject' }, 'Apples are ripe'],
  ['all parts of a section, one after the other', { section: 'body' }, 'Come and \'\'\'see\'\'\'. ~~~~'],
  ['all but one section', { without: 'subject' }, 'Come and \'\'\'see\'\'\'.\nA closing word.  ~~~~'],
  ['the whole page, without the marks', { without: null }, 'Apples are ripe\n\nCome and \'\'\'see\'\'\'.\nA closing word.  ~~~~'],
  ['nothing of a name that differs by a letter\'s case', { section: 'Subject' }, null],
])('%s', (_, what, text) => expect(takeSection(page, what)).toBe(text));

test('sections that overlap are each whole, and one inside another leaves no marks', () => {
  const text = '<section begin=a/>1<section begin=b/>2<section end=a/>3<section end=b/>';
  expect(takeSection(text, { section: 'a' })).toBe('12');
  expect(takeSection(text, { section: 'b' })).toBe('23');
  expect(sectionNames(text)).toEqual(['a', 'b']);
});

test('a section that is not closed goes on to the end', () => expect(takeSection('a <section begin=x/>b c', { section: 'x' })).toBe('b c'));

test('what is for the page alone stays there, and what is only for others comes along', () => {
  expect(takeSection('a<noinclude>b</noinclude><includeonly>c</includeonly>', { without: null })).toBe('ac');
  expect(takeSection('a<onlyinclude>b</onlyinclude>c<onlyinclude>d</onlyinclude>', { without: null })).toBe('bd');
});

test('the marks of a page that is to be translated are not sent', () => {
  expect(takeSection('<languages /><translate><!--T:1-->\nHello <tvar name="1">[[Apple]]</tvar> and <tvar|x>pear</></translate>', { without: null })).toBe('Hello [[Apple]] and pear');
});

test('a page of nothing but marks is read in one go', () => {
  const many = '<section begin=a/><onlyinclude><section end=b/>'.repeat(40_000);
  expect(takeSection(many, { section: 'a' })).toBe('');
  expect(takeSection(many, { section: 'c' })).toBeNull();
});
