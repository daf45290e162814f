import type { IncidentStudy } from '../../src/app/proposals/study.ts';
import { textFromUtf8, utf8 } from '../../src/base/bytes.ts';
import { createCorrelator } from '../../src/core/intake/correlate.ts';
import { normaliseRecord } from '../../src/core/intake/normalise.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { identify } from '../../src/core/study/identify.ts';
import { enumerateOptions } from '../../src/core/study/options.ts';
import { summarise } from '../../src/core/study/summarise.ts';
import { createClaimVerifier, type ReadField } from '../../src/core/study/verify-claim.ts';
import { type Alert, activityTime } from '../../src/model/alert.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import { RESPONDERS } from '../../src/responders/index.ts';
import { SOURCES } from '../../src/sources/index.ts';
import { resolve } from '../../src/sources/shared/at.ts';
import { addEvidence, type Installation, KNOWN_RECORDS, must, SYSTEM } from './installation.ts';
import { TARGET_RESPONDER } from './target.ts';

/** What the product makes of raw records, from bytes to options, by its own pure stages. */
export interface ReadRecords {
  readonly alerts: readonly Alert[];
  /** For each record the cluster that it was put into. */
  readonly clusters: readonly number[];
  readonly duplicates: number;
  readonly study: IncidentStudy;
}

export interface ReadWith {
  readonly known?: readonly InventoryRecord[];
  /** Records outside the incident that may say who held what in it. */
  readonly around?: readonly object[];
}

/** The map by which an administrator would have these records read. */
const MAP = new Map([
  ['user', 'user'],
  ['host', 'host'],
]);

/** Reads these records as one incident that is wholly covered. */
export async function readRecords(
  world: Installation,
  own: readonly object[],
  { known = KNOWN_RECORDS, around: outside = [] }: ReadWith = {},
): Promise<ReadRecords> {
  const records = [...own, ...outside];
  const all: Alert[] = [];
  for (const [i, value] of records.entries()) {
    const bytes = utf8(JSON.stringify(value));
    const text = textFromUtf8(bytes) ?? '';
    // Only a field that a person's map names may become a target.
    const read = must(normaliseRecord({ bytes, text, value: JSON.parse(text) }, SOURCES, 'auto', MAP));
    const evidence = await addEvidence(world, text);
    all.push({ ...read, id: `alr_${i}`, evidence, sha256: '', receivedAt: world.context.now() });
  }
  const [alerts, around] = [all.slice(0, own.length), all.slice(own.length)];
  const correlator = createCorrelator();
  const placed = alerts.map(alert => correlator.add({ ...alert, at: activityTime(alert) }));
  const raw = new Map(all.map((alert, i) => [alert.evidence, records[i]]));
  const readField: ReadField = (evidence, pointer) => {
    const value = resolve(raw.get(evidence), pointer);
    return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
  };
  const verifier = createClaimVerifier(alerts, readField, around);
  const identified = identify(alerts, around, readField);
  const claims = extractClaims(alerts);
  const coverage = { verdict: 'complete' as const, expected: 1, heard: 1, streams: [] };
  const inventory = { v: '1' as const, version: '1', records: known };
  const summary = summarise({
    alerts,
    claims,
    verifier,
    coverage,
    gaps: [],
    inventory,
    frequency: undefined,
    identified,
  });
  const options = enumerateOptions({
    alerts,
    claims: claims.map(claim => verifier.settle(claim)),
    coverage,
    gaps: [],
    inventory,
    manifests: [...RESPONDERS.values()].map(responder => responder.manifest),
    systems: [{ system: SYSTEM, responder: TARGET_RESPONDER }],
  });
  return {
    alerts,
    clusters: placed.map(({ cluster }) => cluster),
    duplicates: placed.filter(({ duplicateOf }) => duplicateOf !== undefined).length,
    study: { summary, options },
  };
}
