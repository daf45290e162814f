import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RawRecord, Source } from '../../src/ports/source.ts';
import { recordOf } from '../../src/sources/read/record.ts';

const FOLDERS = fileURLToPath(new URL('../../src/sources/', import.meta.url));

export interface SourceCase {
  readonly name: string;
  readonly record: RawRecord;
  readonly expectedFile: string;
}

/** The records that a source keeps in `testdata/`, each beside `<name>.expected.json`. */
export function casesOf(source: Source): readonly SourceCase[] {
  const folder = `${FOLDERS}${source.id}/testdata/`;
  return readdirSync(folder)
    .filter(file => !file.endsWith('.expected.json'))
    .map(file => {
      const piece = recordOf(new Uint8Array(readFileSync(folder + file)));
      if (!piece.ok) throw new Error(`${file}: ${piece.refusal.detail}`);
      return { name: file, record: piece.record, expectedFile: `${folder}${file.replace(/\.\w+$/, '')}.expected.json` };
    });
}

/** What a source must make of a case. `UPDATE_EXPECTED=1` writes it from what the source makes now: read the diff. */
export function expectedOf(file: string, actual: unknown): unknown {
  if (process.env['UPDATE_EXPECTED'] === '1') writeFileSync(file, `${JSON.stringify(actual, undefined, 2)}\n`);
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
