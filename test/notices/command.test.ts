import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDouble } from '../look-ups/doubles.ts';
import { buildRealProgram } from '../start/program.ts';
import { startMailServer } from './receivers.ts';

const SECRET = 'a-secret-of-at-least-32-characters-0123';

describe('countersign notify', { timeout: 60_000 }, () => {
  let program: string;
  let folder: string;
  beforeAll(async () => {
    program = await buildRealProgram('notify');
  });
  afterAll(() => rm(program, { force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-notify-'));
    await mkdir(join(folder, 'server'));
    return () => rm(folder, { recursive: true, force: true });
  });

  function notify(input: string, ...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [program, 'notify', ...args, '--data', folder], {
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', piece => (text += piece));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    return new Promise(resolve => child.once('close', code => resolve({ code, text })));
  }

  test('adds ways of telling, lists them without what opens them, tries them and forgets them', async () => {
    const mail = await startMailServer();
    const hook = await startDouble((_asked, response) => response.end());
    try {
      const added = await notify(
        '',
        'add',
        'mail',
        '--host',
        '127.0.0.1',
        '--port',
        String(mail.port),
        '--security',
        'none',
        '--from',
        'soc@example.org',
        '--to',
        'a@example.org',
        '--quiet',
        '22:00-06:00',
        '--zone',
        'Europe/Berlin',
      );
      expect(added).toMatchObject({ code: 0, text: expect.stringContaining('ids and counts, no names') });
      expect(
        await notify(
          `${hook.url}/services/SECRETPART\n`,
          'add',
          'slack',
          '--url-stdin',
          '--allow-private',
          '--kinds',
          'review_waits',
        ),
      ).toMatchObject({ code: 0 });
      expect(
        await notify(
          SECRET,
          'add',
          'webhook',
          '--url',
          `${hook.url}/in`,
          '--secret-stdin',
          '--allow-private',
          '--names',
        ),
      ).toMatchObject({ code: 0 });
      const store = join(folder, 'server', 'notices.json');
      expect((await stat(store)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(store, 'utf8')).channels[0].config.quiet).toEqual({
        from: 1_320,
        to: 360,
        zone: 'Europe/Berlin',
      });
      const { text } = await notify('', 'list');
      expect(text).toContain('slack  slack  a hook  without names  review_waits');
      expect(text).not.toMatch(/SECRETPART|a-secret-of/);
      for (const name of ['mail', 'slack', 'webhook'])
        expect(await notify('', 'test', name)).toEqual({ code: 0, text: `${name} took it.\n` });
      expect(mail.received.map(one => [one.to, one.mail.subject])).toEqual([
        [['a@example.org'], 'Countersign: a test'],
      ]);
      expect(hook.asked.map(one => one.path)).toEqual(['/services/SECRETPART', '/in']);
      expect(await notify('', 'remove', 'slack')).toMatchObject({ code: 0 });
      expect(await readFile(store, 'utf8')).not.toContain('SECRETPART');
    } finally {
      await mail.close();
      await hook.close();
    }
  });

  test('refuses what would leave in the clear, lead inside, or is no address', async () => {
    const plain = ['add', 'mail', '--host', 'mail.example.org', '--security', 'none', '--from', 'a@example.org'];
    expect(await notify('', ...plain)).toMatchObject({ code: 1, text: expect.stringContaining('encrypted only') });
    expect(
      await notify(
        '',
        'add',
        'mail',
        '--host',
        'mail.example.org',
        '--from',
        'a@example.org',
        '--to',
        'x@y\nBcc: z@evil.example',
      ),
    ).toMatchObject({ code: 1 });
    expect(await notify('http://hooks.example.org/x', 'add', 'slack', '--url-stdin')).toMatchObject({ code: 1 });
    expect(await notify(SECRET, 'add', 'webhook', '--url', 'https://169.254.169.254/', '--secret-stdin')).toMatchObject(
      {
        code: 1,
        text: expect.stringContaining('private'),
      },
    );
    expect(
      await notify('', 'add', 'mail', '--host', 'm.example', '--from', 'a@b.example', '--kinds', 'all'),
    ).toMatchObject({ code: 1 });
  });
});
