import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holderIn, lockDirectory } from './lock.ts';
import { identityOf } from './process-identity.ts';
import { Refusal } from './refusal.ts';

const STARTERS = 24;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'countersign-lock-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function race() {
  const all = await Promise.allSettled(Array.from({ length: STARTERS }, () => lockDirectory(dir)));
  return {
    locks: all.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])),
    reasons: all.flatMap(one => (one.status === 'rejected' ? [one.reason as unknown] : [])),
  };
}

test('of many that start at once one gets the directory, and the others are told who has it', async () => {
  const { locks, reasons } = await race();
  expect(locks).toHaveLength(1);
  for (const reason of reasons) {
    expect(reason).toBeInstanceOf(Refusal);
    expect(String(reason)).toMatch(/already using|several programs/);
  }
  expect(reasons.some(reason => String(reason).includes(`(process ${process.pid})`))).toBe(true);
});

test.each([
  ['a process that is gone', { pid: 2 ** 22 + 5, startedAt: 'never' }],
  ['a number that another process has by now', { pid: process.pid, startedAt: 'another time' }],
  ['nothing that anybody could read', 'half a fil'],
])('a lock that was left by %s is taken over, by one of many', async (_whom, holder) => {
  await writeFile(join(dir, 'lock'), typeof holder === 'string' ? holder : JSON.stringify(holder));
  const { locks } = await race();
  expect(locks).toHaveLength(1);
  expect(await holderIn(join(dir, 'lock'))).toEqual(await identityOf(process.pid));
});

test('a released directory can be taken again, and nothing of the lock is left', async () => {
  const first = await lockDirectory(dir);
  await first.release();
  expect(await readdir(dir)).toEqual([]);
  const second = await lockDirectory(dir);
  await second.release();
});
