import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readUpstreams } from '../../src/app/gateway/upstreams.ts';
import { readTargets } from '../../src/app/targets.ts';
import { fingerprint } from '../../src/responders/oauth-token/held.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const TOKENS = JSON.stringify({ read: 'read-token-of-a-command', write: 'write-token-of-a-command' });

describe('the commands by which an operator puts things here', () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'cs-command-'));
    for (const folder of [join(data, 'server'), `${data}.executor`]) await mkdir(folder, { mode: 0o700 });
  });
  afterAll(async () => {
    for (const folder of [data, `${data}.executor`]) await rm(folder, { recursive: true, force: true });
  });
  const run = (args: readonly string[], input: string) =>
    new Promise<{ readonly out: string; readonly code: unknown }>(resolve => {
      const child = execFile(
        process.execPath,
        ['--import', 'tsx', MAIN, ...args, '--data', data],
        (error, stdout, stderr) => resolve({ out: stdout + stderr, code: error === null ? 0 : error.code }),
      );
      child.stdin?.end(input);
    });

  test('take a plain HTTP interface for what it is, and say where agents reach it', async () => {
    const url = 'https://crm.example.org/v1';
    const added = await run(['gateway', 'add', 'crm', '--url', url, '--http', '/docs/api.yaml'], TOKENS);
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('/gateway/crm/api') });
    expect(await readUpstreams(join(data, 'server'))).toEqual([
      { name: 'crm', url, readCredential: 'read-token-of-a-command', document: '/docs/api.yaml' },
    ]);
    expect((await readTargets(data)).map(({ config }) => config)).toEqual([
      { responder: 'http-call', system: 'crm', settings: { url, document: '/docs/api.yaml' } },
    ]);
    expect(await readFile(join(data, 'server', 'upstreams.json'), 'utf8')).not.toContain('write-token');
    const wrong = await run(['gateway', 'add', 'x', '--url', url, '--http', '/../api.yaml'], TOKENS);
    expect([wrong.code, wrong.out.includes('setting `document`')]).toEqual([1, true]);
  });

  test('keep a token that was found for the executor, print its SHA-256, and never the token', async () => {
    const tokens = join(`${data}.executor`, 'tokens');
    await mkdir(tokens, { mode: 0o700 });
    const settings = [
      'introspect=https://sso.example.org/i',
      'revoke=https://sso.example.org/r',
      'read_client=a',
      'write_client=b',
    ];
    const add = ['target', 'add', 'sso', '--responder', 'oauth-token', '--set', ...settings, `tokens=${tokens}`];
    expect((await run(add, TOKENS)).code).toBe(0);
    const held = await run(['target', 'hold', 'sso'], 'found-token\n');
    expect(held).toEqual({ code: 0, out: `${fingerprint('found-token')}\n` });
    expect(await readFile(join(tokens, fingerprint('found-token')), 'utf8')).toBe('found-token');
    const none = await run(['target', 'hold', 'sso'], 'two words');
    expect(none.code).toBe(1);
    expect(none.out).not.toContain('two words');
    await rm(tokens, { recursive: true });
    expect((await run(['target', 'hold', 'sso'], 'found-token')).out).toContain(`there is no folder ${tokens}`);
    expect((await run(['target', 'hold', 'crm'], 'found-token')).out).toContain('no system whose tokens are revoked');
  });
});
