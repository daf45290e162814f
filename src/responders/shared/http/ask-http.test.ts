import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotReached } from '../channel.ts';
import { NoAnswer } from '../wire-text.ts';
import { addressFault, askHttp, urlFault } from './ask-http.ts';

describe('where a responder asks', () => {
  test.each([
    ['metadata.example', '169.254.169.254'],
    ['metadata.example', 'fd00:ec2::254'],
    ['metadata.example', '::ffff:169.254.169.254'],
    ['any.example', '0.0.0.0'],
    ['any.example', '::'],
    ['link.example', 'fe80::1'],
    ['many.example', '224.0.0.1'],
    ['here.example', '127.0.0.1'],
    ['here.example', '::1'],
    ['here.example', '::ffff:127.0.0.1'],
  ])('it is not %s, where that means %s', (host, address) => {
    expect(addressFault(host, address)).toBeDefined();
  });

  test.each([
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['inside.example', '10.1.2.3'],
    ['outside.example', '203.0.113.9'],
  ])('it may be %s, where that means %s', (host, address) => {
    expect(addressFault(host, address)).toBeUndefined();
  });

  test('no setting leads to where a cloud keeps the credentials of its machines', () => {
    for (const url of [
      'https://169.254.169.254/',
      'https://[fe80::1]/',
      'https://[::ffff:169.254.169.254]/',
      'https://2852039166/',
    ])
      expect(urlFault(url), url).toBeDefined();
  });
});

describe('one request', () => {
  const server = createServer((request, response) => {
    if (request.url === '/away') return void response.writeHead(302, { location: '/here' }).end();
    if (request.url === '/long') return void response.end('x'.repeat(2_000));
    if (request.url === '/cut') return void response.write('half', () => response.destroy());
    if (request.url === '/never') return;
    response.end(`${request.method} ${request.headers['x-one'] ?? ''}`);
  });
  let at: string;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    at = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = (path: string) =>
    askHttp({
      method: 'GET',
      url: new URL(`${at}${path}`),
      headers: { 'x-one': '1' },
      timeoutMs: 300,
      answerBytesMax: 1_000,
    });

  test('is answered as it is, and follows nothing', async () => {
    expect(await ask('/here')).toMatchObject({ status: 200, text: 'GET 1' });
    expect(await ask('/away')).toMatchObject({ status: 302 });
  });

  test('has no answer where that is too long, breaks off or does not come', async () => {
    for (const path of ['/long', '/cut', '/never']) await expect(ask(path), path).rejects.toBeInstanceOf(NoAnswer);
  });

  test('was never sent where nobody listens', async () => {
    const nobody = { method: 'GET', url: new URL('http://127.0.0.1:1/'), headers: {}, timeoutMs: 300 };
    await expect(askHttp(nobody)).rejects.toBeInstanceOf(NotReached);
  });

  test('was never sent where a secret fits in no header, and the error does not hold it', async () => {
    const headers = { authorization: 'Bearer canary\n-----END' };
    const unsendable = { method: 'GET', url: new URL(`${at}/here`), headers, timeoutMs: 300 };
    await expect(askHttp(unsendable)).rejects.toMatchObject({
      name: 'NotReached',
      message: expect.not.stringContaining('canary'),
    });
  });
});
