import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** What somebody writes who has the package and none of its sources. */
const THEIRS = `
import { CHECKS, conformance, SOURCE_CHECKS, type ConformanceTarget, type Responder, type Runner, sealPlan } from 'countersign/connector';
export const start = async (responder: Responder): Promise<Pick<ConformanceTarget, 'responder'>> => ({ responder });
export const run = (runner: Runner, begin: () => Promise<ConformanceTarget>): void =>
  conformance(runner, { title: 'theirs', start: begin });
console.log(JSON.stringify([...CHECKS, ...SOURCE_CHECKS].map(({ title }) => title.split(' ')[0])), typeof sealPlan);
`;

test('somebody else writes a responder against the package alone: it has types, and the whole suite', async () => {
  const home = mkdtempSync(join(tmpdir(), 'cs-kit-'));
  try {
    await mkdir(join(home, 'node_modules', '@types'), { recursive: true });
    symlinkSync(ROOT, join(home, 'node_modules', 'countersign'));
    symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(home, 'node_modules', '@types', 'node'));
    writeFileSync(join(home, 'package.json'), '{"type":"module"}');
    writeFileSync(join(home, 'theirs.ts'), THEIRS);
    const flags = '--strict --module NodeNext --target ES2023 --types node --skipLibCheck'.split(' ');
    execFileSync(process.execPath, [TSC, ...flags, 'theirs.ts'], { cwd: home, encoding: 'utf8', stdio: 'pipe' });
    const printed = execFileSync(process.execPath, ['theirs.js'], { cwd: home, encoding: 'utf8' });
    const acts = [...Array.from({ length: 16 }, (_, n) => `A${n + 1}`), 'A18', 'A19'];
    expect(printed).toBe(`${JSON.stringify([...acts, 'S2', 'S3', 'S4', 'S7', 'S8', 'S9', 'S10', 'S11'])} function\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
