import { describe, expect, it } from 'vitest';
import { fail } from '../../base/result.ts';
import type { RawRecord, Source, SourceRegistry } from '../../ports/source.ts';
import { normaliseRecord } from './normalise.ts';

const RECORD: RawRecord = { bytes: new Uint8Array(), text: '', value: {} };

/** A source that refuses with its own name, so that a test sees which one was asked. */
function named(id: string, score: number): Source {
  return {
    id,
    title: id,
    recognise: () => score,
    normalise: () => fail({ code: 'source.rejected_input', detail: id }),
  };
}

function registry(...sources: readonly Source[]): SourceRegistry {
  return { sources, withMap: source => named(`${source.id} with a map`, 1) };
}

function asked(result: ReturnType<typeof normaliseRecord>): string {
  return result.ok ? 'an alert' : result.failure.detail;
}

describe('normaliseRecord', () => {
  it('asks the source that is surest, and the first listed of two that are equally sure', () => {
    expect(asked(normaliseRecord(RECORD, registry(named('a', 0.2), named('b', 0.9)), 'auto', new Map()))).toBe('b');
    expect(asked(normaliseRecord(RECORD, registry(named('a', 0.9), named('b', 0.9)), 'auto', new Map()))).toBe('a');
  });

  it('asks the source that is named, however unsure it is', () => {
    expect(asked(normaliseRecord(RECORD, registry(named('a', 0), named('b', 0.9)), 'a', new Map()))).toBe('a');
  });

  it('lays a map over the source, and only where the map says something', () => {
    expect(asked(normaliseRecord(RECORD, registry(named('a', 1)), 'auto', new Map([['host', 'h']])))).toBe(
      'a with a map',
    );
  });

  it('refuses a record that nobody recognises and a source that does not exist', () => {
    expect(normaliseRecord(RECORD, registry(named('a', 0)), 'auto', new Map())).toEqual(
      fail({ code: 'source.unrecognised', detail: 'no source recognises the record' }),
    );
    expect(normaliseRecord(RECORD, registry(named('a', 1)), 'c', new Map())).toEqual(
      fail({ code: 'source.unrecognised', detail: 'no source is called `c`' }),
    );
  });
});
