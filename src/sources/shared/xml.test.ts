import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvesTo } from './resolves-to.ts';
import { unescapeXml } from './xml.ts';

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, one => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }[one]};`);

describe('unescapeXml', () => {
  it('undoes what a writer of XML escapes, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(unescapeXml(escaped(text))).toBe(text);
      }),
    );
  });

  it('leaves an entity that a document would have to declare, and a reference to no character', () => {
    for (const text of ['&bomb;', '&#0;', '&#xD800;', '&#x110000;', '&amp', '& amp;'])
      expect(unescapeXml(text)).toBe(text);
  });

  it('undoes one level only, so that nothing is made that nobody wrote', () => {
    expect(unescapeXml('&amp;lt;')).toBe('&lt;');
  });

  it('lets a citation lead to a value that stands escaped in its record', () => {
    expect(resolvesTo('<Data>a &amp;&amp; b</Data>', '', 'a && b')).toBe(true);
    expect(resolvesTo('<Data>a &amp;&amp; b</Data>', '', 'a || b')).toBe(false);
  });
});
