import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlainSegment, queryOf } from './http-plain.ts';
import { type HttpRoute, matchRoute, requestOf, routesOf } from './http-route.ts';

const id = { in: 'path', name: 'id', required: true };
const JSON_BODY = { content: { 'application/json': {} } };
const documentOf = (paths: object, more: object = {}) => ({ openapi: '3.0.3', paths, ...more });

function routes(paths: object, more: object = {}): readonly HttpRoute[] {
  const read = routesOf(documentOf(paths, more), 'sha');
  if (!read.ok) throw new Error(read.failure);
  return read.value;
}
const names = (paths: object, more: object = {}) => routes(paths, more).map(({ name }) => name);
const one = (paths: object): HttpRoute => {
  const [route] = routes(paths);
  if (route === undefined) throw new Error('there is no route');
  return route;
};

describe('the routes of a document', () => {
  test('are its operations, with what path item and operation declare together', () => {
    const lang = { in: 'query', name: 'lang' };
    const paths = {
      '/a/{id}': { parameters: [id, lang], get: { parameters: [{ ...lang, required: true }] }, put: {} },
    };
    expect(routes(paths)).toMatchObject([
      { name: 'GET /a/{id}', parameters: [id, { ...lang, required: true }], body: 'none', document: 'sha' },
      { name: 'PUT /a/{id}', parameters: [id, { ...lang, required: false }] },
    ]);
  });

  test.each([
    ['a path of dots', { '/a/../b': { get: {} } }],
    ['an empty segment', { '/a//b': { get: {} } }],
    ['a slash at its end', { '/a/': { get: {} } }],
    ['an escape', { '/a%2fb': { get: {} } }],
    ['a hole beside text', { '/a/x{id}': { parameters: [id], get: {} } }],
    ['a hole that no parameter declares', { '/a/{id}': { get: {} } }],
    ['a parameter of the path without a hole', { '/a': { parameters: [id], get: {} } }],
    ['a parameter that is somewhere else', { '/a': { get: { parameters: [{ in: 'body', name: 'x' }] } } }],
    ['a cookie that it needs', { '/a': { get: { parameters: [{ in: 'cookie', name: 'x', required: true }] } } }],
    [
      'a header that it needs and nobody sends',
      { '/a': { get: { parameters: [{ in: 'header', name: 'Host', required: true }] } } },
    ],
    ['a reference that leads elsewhere', { '/a': { get: { parameters: [{ $ref: 'https://b.example/x' }] } } }],
    ['a body that is no JSON', { '/a': { post: { requestBody: { required: true, content: { 'text/xml': {} } } } } }],
    ['a GET with a body', { '/a': { get: { requestBody: JSON_BODY } } }],
    ['TRACE', { '/a': { trace: {}, connect: {}, options: {} } }],
  ])('are none with %s', (_what, paths) => {
    expect(names(paths)).toEqual([]);
  });

  test('send no header and no parameter on that makes another request of it, also where the document declares it', () => {
    const parameters = [
      ...[
        'Authorization',
        'Cookie',
        'X-HTTP-Method-Override',
        'X-Original-URL',
        'X-Forwarded-Host',
        'Content-Length',
      ].map(name => ({ in: 'header', name })),
      { in: 'query', name: '_method' },
      { in: 'header', name: 'X-Tenant' },
    ];
    expect(one({ '/a': { get: { parameters } } }).parameters).toEqual([
      { in: 'header', name: 'x-tenant', required: false },
    ]);
  });

  test('are none where what is read is no document of this kind', () => {
    for (const document of [null, [], 'x', {}, { openapi: '2.0', paths: {} }, { openapi: '3.1.0' }, { swagger: '2.0' }])
      expect(routesOf(document, 'sha').ok).toBe(false);
  });
});

describe('the route that a request means', () => {
  const all = routes({
    '/a/{id}': { parameters: [id], get: {}, delete: {} },
    '/a/me': { get: {} },
    '/{x}/b': { parameters: [{ ...id, name: 'x' }], get: {} },
    '/a/{id}/{other}': { parameters: [id, { ...id, name: 'other' }], get: {} },
    '/a/{other}/c': { parameters: [{ ...id, name: 'other' }], get: {} },
  });
  const means = (method: string, path: string) => matchRoute(all, method, path)?.route.name;

  test('is the one that is written out, before one with a hole there', () => {
    expect([means('GET', '/a/me'), means('GET', '/a/1'), means('DELETE', '/a/me')]).toEqual([
      'GET /a/me',
      'GET /a/{id}',
      'DELETE /a/{id}',
    ]);
    expect([means('GET', '/a/b'), means('GET', '/a/1/c'), means('GET', '/a/1/d')]).toEqual([
      'GET /a/{id}',
      'GET /a/{other}/c',
      'GET /a/{id}/{other}',
    ]);
  });

  test('is none where the document has none, or two that fit alike', () => {
    expect([means('POST', '/a/1'), means('GET', '/A/1'), means('GET', '/a'), means('GET', '/a/')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const alike = routes({
      '/a/{id}': { parameters: [id], get: {} },
      '/a/{x}': { parameters: [{ ...id, name: 'x' }], get: {} },
    });
    expect(matchRoute(alike, 'GET', '/a/1')).toBeUndefined();
  });
});

describe('the request of a call', () => {
  const route = one({
    '/a/{id}': {
      parameters: [
        id,
        { in: 'query', name: 'q' },
        { in: 'query', name: 'r', required: true },
        { in: 'header', name: 'X-T' },
      ],
      put: { requestBody: JSON_BODY },
    },
  });
  const sent = (given: unknown) => {
    const request = requestOf(route, given);
    return request.ok ? request.value : request.failure;
  };

  test('is what was given, in one order and with every value in its place', () => {
    expect(
      sent({ path: { id: 'a@b' }, query: { r: 'x&q=2', q: 'ä' }, headers: { 'x-t': '1' }, body: { b: 1, a: [] } }),
    ).toEqual({
      method: 'PUT',
      target: '/a/a%40b?q=%C3%A4&r=x%26q%3D2',
      headers: { 'x-t': '1' },
      body: '{"a":[],"b":1}',
    });
  });

  test.each([
    [null],
    [[]],
    [{}],
    [{ path: { id: '1' } }],
    [{ path: { id: '..' }, query: { r: '' } }],
    [{ path: { id: 'a/b' }, query: { r: '' } }],
    [{ path: { id: 1 }, query: { r: '' } }],
    [{ path: { id: '1', x: '2' }, query: { r: '' } }],
    [{ path: { id: '1' }, query: { r: '', _method: 'DELETE' } }],
    [{ path: { id: '1' }, query: { r: 'a\r\nb' } }],
    [{ path: { id: '1' }, query: { r: '' }, headers: { host: 'b' } }],
    [{ path: { id: '1' }, query: { r: '' }, headers: { 'x-t': 'a\r\nx: y' } }],
    [{ path: { id: '1' }, query: { r: '' }, body: { _method: 'DELETE' } }],
    [{ path: { id: '1' }, query: { r: '' }, url: 'https://b.example/' }],
  ])('is none of %j', given => {
    expect(typeof sent(given)).toBe('string');
  });

  test('never leaves its path, whatever is given', () => {
    const unit = fc.constantFrom(
      'a',
      'Z',
      '0',
      '.',
      '..',
      '/',
      '\\',
      '%',
      '2f',
      '@',
      ':',
      '?',
      '#',
      ';',
      'é',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.string({ unit, minLength: 1, maxLength: 6 }),
        fc.string({ unit: 'grapheme' }),
        (segment, value) => {
          const request = requestOf(route, { path: { id: segment }, query: { r: value } });
          if (!request.ok) {
            expect(isPlainSegment(segment) && !/\p{Cc}/u.test(value)).toBe(false);
            return;
          }
          const url = new URL(`https://a.example${request.value.target}`);
          expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', segment]);
          expect([...url.searchParams]).toEqual([['r', value]]);
        },
      ),
    );
  });
});

test('a query is read as it was meant, or not at all', () => {
  expect(queryOf('')).toEqual({});
  expect(queryOf('a=1&b=x+y%26z&c=')).toEqual({ a: '1', b: 'x y&z', c: '' });
  for (const raw of [
    'a=1&a=2',
    'a=1&%61=2',
    'a',
    '=1',
    'a=1&',
    '&a=1',
    'a=1=2',
    'a=1;b=2',
    'a=%',
    'a=%f',
    'a=%ff',
    'a=1#b',
  ])
    expect(queryOf(raw), raw).toBeUndefined();
});
