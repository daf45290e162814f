import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { normalisedLines } from './normalise-files.ts';
import { readRecords, UnreadableFile } from './read-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LINES = Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ id: i, host: `h${i}` })).join('\n');

async function valuesOf(path: string, stdin?: Readable): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  for await (const pieces of readRecords(path, stdin))
    for (const piece of pieces) values.push(piece.ok ? piece.record.value : piece.refusal.detail);
  return values;
}

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('readRecords', () => {
  it('gives the same records from a file, from gzip of it and from standard input', async () => {
    const plain = await valuesOf(file('a.ndjson', LINES));
    expect(plain.length).toBe(5_000);
    expect(await valuesOf(file('a.ndjson.gz', gzipSync(LINES)))).toEqual(plain);
    expect(await valuesOf('-', Readable.from([Buffer.from(LINES)]))).toEqual(plain);
    expect(await valuesOf('-', Readable.from([gzipSync(LINES)]))).toEqual(plain);
  });

  it('gives nothing for an empty file', async () => {
    expect(await valuesOf(file('empty', ''))).toEqual([]);
  });

  it('says so, after the records that came, where gzip is cut short or damaged', async () => {
    const cut = gzipSync(LINES).subarray(0, -20);
    await expect(valuesOf(file('cut.gz', cut))).rejects.toThrow(UnreadableFile);
    await expect(valuesOf(file('cut.gz', cut))).rejects.toThrow('the gzip ends too early');
    const damaged = gzipSync(LINES).fill(0xff, 200, 260);
    await expect(valuesOf(file('bad.gz', damaged))).rejects.toThrow(UnreadableFile);
  });

  it('names a file that is absent and one that is a directory', async () => {
    await expect(valuesOf(join(folder, 'nowhere'))).rejects.toThrow('there is no such file');
    await expect(valuesOf(folder)).rejects.toThrow('it is a directory');
  });
});

describe('normalisedLines', () => {
  it('prints a line for each record in order: the alert with its id, or why it was refused', async () => {
    const path = file(
      'mixed.ndjson',
      '{"id":"e1","host":"h1","time":"2026-03-02T00:00:00Z"}\nnot json\n{"host":"h2"}\n[]\n',
    );
    const lines: unknown[] = [];
    for await (const batch of normalisedLines(path, 'auto', new Map()))
      for (const line of batch) lines.push(JSON.parse(line));
    expect(lines).toMatchObject([
      { source: 'generic', ok: true, fields: { host: 'h1', time: '2026-03-02T00:00:00.000Z' }, warnings: [] },
      { ok: false, code: 'source.rejected_input', detail: 'the record is not valid JSON' },
      { ok: true, fields: { host: 'h2' } },
      { ok: false, code: 'source.rejected_input' },
    ]);
  });

  it('names a record without an id by the SHA-256 of its bytes', async () => {
    const path = file('noid.ndjson', '{"host":"h2"}\n');
    for await (const [line] of normalisedLines(path, 'auto', new Map())) {
      expect(JSON.parse(line ?? '')).toMatchObject({
        id: 'f27fb32348d561081b2c4f9b1e327365a306bde2057c3d1887d872c805ff26d9',
      });
    }
  });
});
