import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printNoteKey } from '../../src/audit/note.ts';
import { LOG_SIGNER, type LogFiles, logOf, plainLog } from '../signed-log.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const home = await mkdtemp(join(tmpdir(), 'go-test-'));
const program = join(home, 'tlogcheck');
const built = await run('go', ['build', '-o', program, '.'], here);
afterAll(() => rm(home, { recursive: true }));

/** Built once, outside the tests, so that where it cannot be the tests are skipped by name. */
describe.skipIf(built.code !== 0)(
  'Go’s own note and tlog (skipped where Go or golang.org/x/mod is not to be had)',
  () => {
    const entries = plainLog(600);
    const vkey = printNoteKey(LOG_SIGNER.key);
    const directory = join(home, 'log');

    beforeAll(() => write(directory, logOf(entries)));

    test('accept our log: its note, its tiles, every inclusion and every consistency', async () => {
      expect(await run(program, [directory, vkey])).toEqual({ code: 0, said: 'accepted 600\n' });
    }, 60_000);

    for (const size of [1, 255, 256, 257, 512]) {
      test(`accept a log of ${size}`, async () => {
        const other = join(home, `${size}`);
        await write(other, logOf(entries.slice(0, size)));
        expect(await run(program, [other, vkey])).toEqual({ code: 0, said: `accepted ${size}\n` });
      }, 60_000);
    }

    for (const path of ['checkpoint', 'tile/entries/000', 'tile/entries/002.p/88', 'tile/0/001', 'tile/1/000.p/2']) {
      test(`refuse it, as we do, with one bit of ${path} flipped`, async () => {
        const files = logOf(entries);
        const bytes = Uint8Array.from(files.get(path) ?? []);
        bytes[40] = (bytes[40] ?? 0) ^ 1;
        const other = join(home, path.replaceAll('/', '-'));
        await write(other, new Map([...files, [path, bytes]]));
        expect((await run(program, [other, vkey])).code).toBe(1);
      }, 60_000);
    }
  },
);

async function write(directory: string, files: LogFiles): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), bytes);
  }
}

function run(command: string, args: readonly string[], cwd?: string): Promise<{ code: number; said: string }> {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
  return new Promise(resolve => {
    execFile(command, args, { cwd, env, timeout: 120_000 }, (error, said) => {
      resolve({ code: error === null ? 0 : 1, said });
    });
  });
}
