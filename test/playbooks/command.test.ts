import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/countersign.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'countersign-playbooks-'));
const HEAD = 'playbook: p\nversion: "1"\nsteps:\n';
const LOCK = '  - { step: lock, act: disable_account, on: incident.user }\n';

function check(text: string, ...flags: readonly string[]) {
  const file = join(folder, 'p.yaml');
  writeFileSync(file, text);
  return spawnSync(process.execPath, [PROGRAM, 'playbook', 'check', file, ...flags], { encoding: 'utf8' });
}

test('the exit code says whether a person can be bypassed, and the path is printed', () => {
  const sound = check(`${HEAD}  - { step: ask, ask: lock }\n${LOCK}`);
  expect([sound.status, sound.stdout]).toEqual([0, expect.stringContaining('the whole of it is T2')]);
  const bypassed = check(`${HEAD}  - { step: ask, ask: lock, on_timeout: continue }\n${LOCK}`);
  expect([bypassed.status, bypassed.stdout]).toEqual([1, expect.stringContaining('ask (time-out) → lock')]);
  const malformed = check(`${HEAD}  - { step: a, bash: id }\n`);
  expect([malformed.status, malformed.stdout]).toEqual([1, expect.stringContaining('steps.0')]);
});

test('a playbook goes out as CACAO and comes back, and a command of a shell is refused on the way in', () => {
  const file = join(folder, 'sound.yaml');
  writeFileSync(file, `${HEAD}  - { step: ask, ask: lock }\n${LOCK}`);
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [PROGRAM, 'playbook', ...args], { encoding: 'utf8' });
  const document = join(folder, 'sound.json');
  writeFileSync(document, run('export', file).stdout);
  expect(run('check', document).status).toBe(0);
  expect(run('import', document).stdout).toContain('ask: lock');
  writeFileSync(
    document,
    readFileSync(document, 'utf8')
      .replace('"manual"', '"bash"')
      .replaceAll(/"step_extensions": \{[\s\S]*?\n {6}\}/g, '"step_extensions": {}'),
  );
  const refused = run('import', document);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('`bash` is blocked')]);
  expect(run('check', document).status).toBe(1);
  expect(run('draw', file).stdout).toMatch(/^<svg [\s\S]*people decide on lock[\s\S]*<\/svg>\n$/);
});

test('as JSON it is one line a file', () => {
  const { stdout } = check(`${HEAD}${LOCK}`, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, tier: 'T2', bypasses: [{ step: 'lock', path: ['lock'] }] });
});
