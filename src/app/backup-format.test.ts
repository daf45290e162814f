import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackupHead, BackupWriter, readBackup } from './backup-format.ts';

const HEAD: BackupHead = {
  v: 1,
  installation: 'ins_test',
  madeAt: '2026-11-27T07:00:00.000Z',
  programVersion: '0.1.0',
  logSize: 1,
  migrations: [],
  sequences: [],
};

describe('a backup', () => {
  let folder: string;
  let whole: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-backup-'));
    const writer = await BackupWriter.create(join(folder, 'whole'), HEAD);
    await writer.file('genesis.json', Buffer.from('{}'));
    await writer.table('audit_entry', ['idx', 'entry']);
    await writer.data(Buffer.from('0\tabc\n'));
    await writer.finish();
    whole = gunzipSync(await readFile(join(folder, 'whole')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('gives back what was written, in its order', async () => {
    const { head, frames } = await readBackup(join(folder, 'whole'));
    const read: unknown[] = [];
    for await (const frame of frames) read.push(frame.kind === 'data' ? frame.bytes.toString() : frame);
    expect([head, read]).toEqual([
      HEAD,
      [
        { kind: 'file', name: 'genesis.json' },
        '{}',
        { kind: 'table', name: 'audit_entry', columns: ['idx', 'entry'] },
        '0\tabc\n',
      ],
    ]);
  });

  test('of which any byte differs is refused before anything of it is given, as is one that ends early', async () => {
    const altered = join(folder, 'altered');
    const refused = async (bytes: Buffer) => {
      await writeFile(altered, gzipSync(bytes));
      await expect(readBackup(altered)).rejects.toThrow('is not a whole backup of Countersign');
    };
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await refused(bytes);
      await refused(whole.subarray(0, at));
    }
  });
});
