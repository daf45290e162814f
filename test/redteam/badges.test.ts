import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { carriersFor } from '../../src/cli/redteam/carriers.ts';
import { lookAt } from '../../src/cli/redteam/look.ts';
import { readPayloads } from '../../src/cli/redteam/payloads.ts';
import { twinTest } from '../../src/cli/redteam/twin.ts';
import { recordOf } from '../../src/sources/read/record.ts';
import { instructionLike } from '../../src/sources/shared/instruction-like.ts';
import { dataFile } from '../data/present.ts';

const DATA = dataFile('injection');
const FLAGGED_SHARE_MAX = 0.05;

describe.skipIf(DATA === undefined)(
  `text that only looks like an instruction${DATA === undefined ? ' (needs ../shared/data/injection)' : ''}`,
  () => {
    const benign = async () => (await readPayloads(`${DATA}/benign.ndjson`)).payloads;

    test('is never dropped, altered or hidden, and changes no decision', { timeout: 120_000 }, async () => {
      const all = await benign();
      for (const one of all) {
        for (const carrier of carriersFor(one.carrier)) {
          const bytes = carrier.bytes(one.text);
          const piece = recordOf(bytes);
          expect(lookAt(bytes).carrier).toBeDefined();
          expect(piece.ok && piece.record.bytes).toEqual(bytes);
          expect(piece.ok && everyText(piece.record.value).some(text => text.includes(one.text))).toBe(true);
        }
      }
      for (const one of all.filter((_, index) => index % 6 === 0)) expect(twinTest(one).differences).toEqual([]);
    });

    test('gets a badge in at most one of twenty cases; how many payloads do is printed', async () => {
      const shares: string[] = [];
      for (const name of readdirSync(DATA ?? '').filter(file => file.endsWith('.ndjson'))) {
        const { payloads } = await readPayloads(`${DATA}/${name}`);
        const flagged = payloads.filter(({ text }) => instructionLike(text).length > 0).length;
        shares.push(`${name} ${flagged} of ${payloads.length}`);
        if (name === 'benign.ndjson') expect(flagged / payloads.length).toBeLessThanOrEqual(FLAGGED_SHARE_MAX);
      }
      console.log(`badges: ${shares.join(', ')}`);
    });
  },
);

function everyText(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyText) : [];
}
