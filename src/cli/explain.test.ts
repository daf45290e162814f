import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/countersign.js', import.meta.url));

function run(args: readonly string[], input = ''): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [PROGRAM, 'explain', ...args], (error, out) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out }),
    );
    child.stdin?.end(input);
  });
}

const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('base64');

describe.skipIf(!existsSync(PROGRAM))('countersign explain (skipped where the program is not built)', () => {
  test('says what a command line does, with its decoded part', async () => {
    const { code, out } = await run([`powershell -w hidden -enc ${utf16('whoami; net user')}`]);
    expect(code).toBe(0);
    expect(out).toMatch(/^It .*window/);
    expect(out).toContain('     | whoami; net user');
    expect(out).toContain('(T1087');
  });

  test('writes nothing to the terminal that moves, colours or hides, whatever was decoded', async () => {
    const hostile = `cmd /c whoami \u001b[2J\u001b]0;owned\u0007 \u{e0041} & powershell -enc ${utf16('net user; net group /domain; ipconfig /all; systeminfo; netstat -an \u202e| forged')}`;
    for (const args of [[], ['--json']]) {
      const { out } = await run(args, hostile);
      expect(out).toContain('net user');
      expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    }
  });

  test('says that nothing was recognised, and refuses nothing at all', async () => {
    expect((await run(['ls'])).out).toContain('does not say that it is harmless');
    expect((await run(['-'], '  ')).code).toBe(2);
  });
});
