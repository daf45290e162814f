import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AlertField } from '../../src/model/alert.ts';
import { generic } from '../../src/sources/generic/index.ts';
import { recordOfValue } from '../../src/sources/read/record.ts';
import { resolvesTo } from '../../src/sources/shared/resolves-to.ts';
import { canonical, compare, type Said, scoreOf } from './mapping-score.ts';
import { PANTHER_TRUTH } from './panther-truth.ts';
import { dataFile } from './present.ts';
import { PRODUCTS, type ProductRecord, UNSEEN_PRODUCTS } from './products.ts';

function readAll(products: readonly ProductRecord[]): readonly Said[] {
  return products.flatMap(({ product, raw, says, absent = [] }) => {
    const read = generic.normalise(recordOfValue(raw));
    if (!read.ok) throw new Error(`${product}: ${read.failure.detail}`);
    const { fields, confidence } = read.value;
    const of = (field: AlertField, want: string): Said => ({
      product,
      field,
      want,
      got: canonical(field, fields[field]),
      confidence: confidence?.[field],
    });
    return [
      ...(Object.entries(says) as [AlertField, string][]).map(([field, text]) =>
        of(field, canonical(field, text) ?? ''),
      ),
      ...absent.map(field => of(field, 'absent')).filter(one => one.got !== undefined),
    ];
  });
}

/** Of the fields that are said with 0.9 or more, the share that is right. */
function sureShare(said: readonly Said[]): number {
  const sure = said.filter(one => one.got !== undefined && (one.confidence ?? 0) >= 0.9);
  return sure.filter(one => one.got === one.want).length / sure.length;
}

describe('a product without a parser', () => {
  it('is read with a precision of .95 and a macro recall of .70, for fifty products by their documented formats', () => {
    const score = scoreOf(readAll(PRODUCTS));
    expect(score.precision).toBeGreaterThanOrEqual(0.95);
    expect(score.macroRecall).toBeGreaterThanOrEqual(0.7);
  });

  it('is read as well where nobody looked at it while the names were chosen', () => {
    const score = scoreOf(readAll(UNSEEN_PRODUCTS));
    expect(score.precision).toBeGreaterThanOrEqual(0.95);
    expect(score.macroRecall).toBeGreaterThanOrEqual(0.7);
  });

  it('has each field that it is sure of right in 97 of 100', () => {
    expect(sureShare(readAll([...PRODUCTS, ...UNSEEN_PRODUCTS]))).toBeGreaterThanOrEqual(0.97);
  });

  it('says of every field that it guessed how sure it is, and takes none from beyond the record', () => {
    for (const { product, raw } of [...PRODUCTS, ...UNSEEN_PRODUCTS]) {
      const read = generic.normalise(recordOfValue(raw));
      if (!read.ok) throw new Error(product);
      const { fields, confidence, pointers, entities } = read.value;
      expect(Object.keys(confidence ?? {}).sort(), product).toEqual(Object.keys(fields).sort());
      for (const [field, value] of Object.entries(fields)) {
        if (field === 'time' || field === 'outcome') continue;
        expect(resolvesTo(raw, pointers[field as AlertField] ?? '', value), `${product} ${field}`).toBe(true);
      }
      expect(
        entities.every(({ isGuessed }) => isGuessed === true),
        product,
      ).toBe(true);
    }
  });

  const panther = dataFile('normalise-panther/events.ndjson.gz');
  it.skipIf(panther === undefined)('reads the log types of normalise-panther as we read them by hand', async () => {
    const said: Said[] = [];
    const lines = createInterface({ input: createReadStream(panther ?? '').pipe(createGunzip()) });
    for await (const line of lines) {
      const event = JSON.parse(line) as { readonly log_type: string; readonly raw: object };
      // What the collector added says the answer.
      const raw = Object.fromEntries(Object.entries(event.raw).filter(([key]) => !key.startsWith('p_')));
      const truth = PANTHER_TRUTH[event.log_type];
      const read = generic.normalise(recordOfValue(raw));
      if (truth !== undefined && read.ok) said.push(...compare(event.log_type, truth, raw, read.value));
    }
    const score = scoreOf(said);
    expect(score.precision).toBeGreaterThanOrEqual(0.95);
    expect(score.macroRecall).toBeGreaterThanOrEqual(0.9);
    expect(sureShare(said)).toBeGreaterThanOrEqual(0.97);
  });
});
