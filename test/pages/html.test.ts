import fc from 'fast-check';
import { attributes, html } from '../../api/pages/html';

describe('html`…`', () => {
  it('escapes whatever is put in, in text and in attributes', () => {
    expect(html`<p title="${'"><script>'}">${"<b>&'"}</p>`.text).toBe('<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;&#39;</p>');
  });

  it('lets through only what it made itself', () => {
    expect(html`<ul>${['<', html`<li>a</li>`]}</ul>`.text).toBe('<ul>&lt;<li>a</li></ul>');
    expect(html`${{ text: '<script>', toString: () => '<script>' } as never}`.text).not.toContain('<script>');
  });

  it('leaves out null, undefined and false, and shows zero', () => {
    expect(html`${null}${undefined}${false}${0}`.text).toBe('0');
    expect(attributes({ a: true, b: false, c: null, d: 0, e: '"' }).text).toBe(' a d="0" e="&quot;"');
  });

  it('never lets a text open a tag or leave its attribute', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']/.test(html`${text}`.text.replace(/&(amp|lt|gt|quot|#39);/g, ''))));
  });
});
