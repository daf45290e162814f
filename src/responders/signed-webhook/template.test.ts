import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyFault, filledBody, filledPath, fits, pathFault } from './template.ts';

const ANY_TARGET = fc.string({ unit: 'grapheme', maxLength: 60 });

/** Of what fits into a path, and of what means something there. */
const DOTTED_TARGET = fc.string({
  unit: fc.constantFrom(...'abZ09._@:+-', ...'abZ09._@:+-', '/', '%', '..'),
  minLength: 1,
  maxLength: 12,
});

describe('what a target can do to the address and the body of a webhook', () => {
  test('nothing, in a value of the query: it stays one value', () => {
    fc.assert(
      fc.property(ANY_TARGET, target => {
        fc.pre(fits(target, ['/hosts?name={target}&one=1']));
        const url = new URL(`https://a.example${filledPath('/hosts?name={target}&one=1', target)}`);
        expect(url.pathname).toBe('/hosts');
        expect([...url.searchParams]).toEqual([
          ['name', target],
          ['one', '1'],
        ]);
      }),
    );
  });

  test('nothing, in a segment of the path: it stays one segment, or is nobody', () => {
    fc.assert(
      fc.property(DOTTED_TARGET, target => {
        fc.pre(fits(target, ['/hosts/{target}/isolate']));
        const { pathname, search } = new URL(`https://a.example${filledPath('/hosts/{target}/isolate', target)}`);
        expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'hosts', target, 'isolate']);
        expect(search).toBe('');
      }),
    );
    for (const target of [
      '..',
      '.',
      'a/b',
      '../x',
      'a%2fb',
      'a\\b',
      'a?b',
      'a#b',
      'a;b',
      '',
      ' a',
      'a\r\nb',
      '-a',
      '\ud800',
    ])
      expect(fits(target, ['/hosts/{target}']), JSON.stringify(target)).toBe(false);
  });

  test('nothing, in a body: every other member stays, and none is added', () => {
    const template = '{"host":"{target}","list":["{target}",1],"why":"a {target}!"}';
    fc.assert(
      fc.property(ANY_TARGET, target => {
        fc.pre(fits(target, []));
        expect(JSON.parse(filledBody(template, target))).toEqual({
          host: target,
          list: [target, 1],
          why: `a ${target}!`,
        });
      }),
    );
  });
});

describe('what can be no template', () => {
  test.each([
    '',
    'hosts',
    'https://b.example/',
    '//b.example/',
    '/a/../b',
    '/a/./b',
    '/a//b',
    '/a b',
    '/a%2e',
    '/{other}',
    '/a?b?c',
    '/a#b',
    '/\r\n',
  ])('the path %j', path => {
    expect(pathFault(path)).toBeDefined();
  });

  test.each(['', '[]', '"{target}"', 'null', '{"a":{target}}', '{"{target}":1}', '{"a":[{"x{target}":1}]}'])(
    'the body %j',
    body => {
      expect(bodyFault(body)).toBeDefined();
    },
  );

  test('others can', () => {
    expect([pathFault('/hosts/{target}?a={target}'), bodyFault('{"a":[{"b":"{target}"}]}')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
