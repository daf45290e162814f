import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalisedLine } from '../../src/app/normalise-files.ts';
import { readRecords, UnreadableFile } from '../../src/app/read-files.ts';
import type { Piece } from '../../src/sources/read/record.ts';
import { bytesOf, split, valuesOf } from './split.ts';

const ENDLESS = fileURLToPath(new URL('./endless.ts', import.meta.url));
/** What reading may take at most with everything that is loaded, however large the file: the loader alone takes half. */
const RSS_MEGABYTES_MAX = 320;

interface Measured {
  readonly kept: number;
  readonly refused: number;
  readonly bytes: number;
  readonly last: string;
  readonly rssMegabytes: number;
}

async function measured(name: string): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ENDLESS, name]);
  return JSON.parse(stdout) as Measured;
}

describe('memory stays bounded, and what cannot be kept is refused with its first part', () => {
  it.each([
    ['line', 'a line of 1 GB', { kept: 1, refused: 1, last: '{"after":1}' }],
    ['json-string', 'a string of 256 MB in an array', { kept: 1, refused: 1, last: '{"after":1}' }],
    ['json-line', 'a line of JSON of 512 MB between two others', { kept: 2, refused: 1, last: '{"after":1}' }],
    ['bomb-of-gzip', 'a gzip of 5 MB that becomes 1 GB', { kept: 1, refused: 1, last: '{"after":1}' }],
    ['envelope', 'a delivery of 64 MB on one line', { refused: 0, last: '{"eventID":"1","pad":"xxxxxxxxxxxxxxxxxx' }],
    ['envelope-without-end', 'a delivery whose first element never ends', { kept: 0, refused: 2 }],
    ['event-without-end', 'an event of Windows of 128 MB', { kept: 1, refused: 1, last: '<Event>after</Event>' }],
    ['quote-without-end', 'a cell of 256 MB', { kept: 1, refused: 1, last: '2,after' }],
    ['mail', 'a message of 256 MB', { kept: 0, refused: 1 }],
    ['mailbox', 'a mailbox with a message of 256 MB', { kept: 1, refused: 1 }],
    ['deep', 'an array a million deep', { kept: 0, refused: 1 }],
    ['blank', 'a blank line of 512 MB', { kept: 1, refused: 1, last: '{"after":1}' }],
  ] as const)(
    '%s: %s',
    async (name, _, expected) => {
      const found = await measured(name);
      expect(found).toMatchObject(expected);
      expect(found.bytes).toBeLessThanOrEqual(1_048_576);
      expect(found.rssMegabytes).toBeLessThan(RSS_MEGABYTES_MAX);
    },
    120_000,
  );
});

describe('a gzip', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-reading-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function read(bytes: Uint8Array): Promise<{ readonly values: readonly unknown[]; readonly fault: string }> {
    const path = join(folder, 'file.gz');
    writeFileSync(path, bytes);
    const pieces: Piece[] = [];
    try {
      for await (const some of readRecords(path)) pieces.push(...some);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      return { values: valuesOf(pieces), fault: error.message };
    }
    return { values: valuesOf(pieces), fault: '' };
  }

  const lines = (from: number, count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `${JSON.stringify({ id: from + i, pad: `${(from + i) * 7_919}`.repeat(20) })}\n`,
    ).join('');
  const ids = (values: readonly unknown[]): readonly unknown[] =>
    values.map(value => (typeof value === 'string' ? value : (value as { id: number }).id));

  it('of several members is read to the end of the last', async () => {
    const { values, fault } = await read(Buffer.concat([gzipSync(lines(0, 3)), gzipSync(lines(3, 2)), gzipSync('')]));
    expect([ids(values), fault]).toEqual([[0, 1, 2, 3, 4], '']);
  });

  it('that is cut short gives what came before, and says that it is', async () => {
    const whole = gzipSync(lines(0, 20_000));
    const { values, fault } = await read(whole.subarray(0, whole.length - 5_000));
    expect(fault).toContain('the gzip ends too early');
    expect(values.length).toBeGreaterThan(1_000);
    expect(ids(values).slice(0, -1)).toEqual(Array.from({ length: values.length - 1 }, (_, i) => i));
  });

  it('that is damaged says so', async () => {
    const whole = gzipSync(lines(0, 20_000));
    whole.fill(0x55, Math.floor(whole.length / 2), Math.floor(whole.length / 2) + 100);
    expect((await read(whole)).fault).toContain('the gzip is damaged');
  });

  it('behind which something else stands says so', async () => {
    const whole = Buffer.concat([gzipSync(lines(0, 20_000)), Buffer.from('{"id":20000}\n')]);
    const { values, fault } = await read(whole);
    expect(fault).toContain('the gzip is damaged');
    expect(values.length).toBeGreaterThan(15_000);
  });
});

describe('odd content', () => {
  const alertOf = (text: string): { readonly [key: string]: unknown } => {
    const [piece, ...more] = split(text);
    if (piece === undefined || more.length > 0) throw new Error('not one record');
    return JSON.parse(normalisedLine(piece, 'auto', new Map())) as { readonly [key: string]: unknown };
  };

  it.each([
    ['NUL in a value', '{"user":"a\\u0000b","time":"2026-03-02T01:00:00Z"}'],
    ['marks that turn the order of letters', '{"user":"\u202egnp.exe","file":"\u2066a\u2069"}'],
    ['a lone surrogate', '{"user":"\\ud800"}'],
    ['keys of JavaScript', '{"__proto__":{"user":"kim"},"constructor":{"prototype":{"user":"sam"}},"host":"h1"}'],
    ['a key that is a path', '{"a/b~c":{"user":"kim"}}'],
  ])('%s is kept as it is and changes nothing else', (_, text) => {
    expect(alertOf(text)).toMatchObject({ ok: true });
    expect(({} as { user?: unknown }).user).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('NUL and control characters in a line of text are set aside as binary', () => {
    expect(alertOf('user=kim\u0000 host=h')).toEqual({
      ok: false,
      code: 'source.rejected_input',
      detail: 'the record is binary',
    });
  });

  it.each(['1970-01-01T00:00:00Z', '2099-12-31T23:59:59Z'])('a clock of %s is read as it is recorded', time => {
    expect(alertOf(JSON.stringify({ time, user: 'kim', host: 'h1' }))).toMatchObject({
      ok: true,
      fields: { time: time.replace('Z', '.000Z') },
    });
  });

  it('every byte of a file of anything is in a record or a refusal, but what separates them', () => {
    const file = '{"a":1}\n\u0000\n[1,2\n\ufffd\n{"b":\n"x"}\nplain\n';
    const kept = split(file).map(piece => new TextDecoder().decode(bytesOf(piece)));
    expect(kept.join('\n')).toBe(file.trimEnd().replace('\u0000\n', ''));
  });
});
