import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { FieldMap, RawRecord, Refusal, Source, SourceRegistry } from '../../ports/source.ts';

/** A source that is less sure than this is not asked: nobody recognises the record. */
const RECOGNISED_MIN = 0.01;

/**
 * Turns one raw record into an alert by the source that is named, or by the one that is surest of it (`auto`; the
 * first listed wins a tie). A field map is laid over what the source says. Refused with its reason where no source
 * of that name exists, none recognises the record, or the source cannot read it. Pure.
 */
export function normaliseRecord(
  record: RawRecord,
  registry: SourceRegistry,
  sourceId: string,
  fieldMap: FieldMap,
): Result<NormalisedAlert, Refusal> {
  const source =
    sourceId === 'auto' ? surest(record, registry.sources) : registry.sources.find(one => one.id === sourceId);
  if (source === undefined) {
    const detail = sourceId === 'auto' ? 'no source recognises the record' : `no source is called \`${sourceId}\``;
    return fail({ code: 'source.unrecognised', detail });
  }
  const result = (fieldMap.size === 0 ? source : registry.withMap(source, fieldMap)).normalise(record);
  return result.ok && record.notes !== undefined ? ok(noted(result.value, record.notes)) : result;
}

/** The same alert, with how its record was read among its warnings. Its OCSF form is still made late. */
function noted(alert: NormalisedAlert, notes: readonly string[]): NormalisedAlert {
  return Object.defineProperties({} as NormalisedAlert, {
    ...Object.getOwnPropertyDescriptors(alert),
    ocsf: { get: () => alert.ocsf, enumerable: true },
    warnings: { value: [...notes, ...alert.warnings], enumerable: true },
  });
}

/** Which sources are asked for an object, worked out once for each registry. */
interface Askers {
  /** By key, the places in the registry of those that declare it. */
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  readonly isAlways: readonly boolean[];
}

const askers = new WeakMap<readonly Source[], Askers>();

function askersOf(sources: readonly Source[]): Askers {
  const known = askers.get(sources);
  if (known !== undefined) return known;
  const byKey = new Map<string, number[]>();
  sources.forEach((source, place) => {
    for (const key of source.keys ?? []) byKey.set(key, [...(byKey.get(key) ?? []), place]);
  });
  const made = { byKey, isAlways: sources.map(source => source.keys === undefined) };
  askers.set(sources, made);
  return made;
}

/** Whether each source may know this record: all of them where it is no object. */
function askedFor(value: unknown, sources: readonly Source[]): readonly boolean[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { byKey, isAlways } = askersOf(sources);
  const asked = isAlways.slice();
  for (const key in value) for (const place of byKey.get(key) ?? NOBODY) asked[place] = true;
  return asked;
}

const NOBODY: readonly number[] = [];

function surest(record: RawRecord, sources: readonly Source[]): Source | undefined {
  const asked = askedFor(record.value, sources);
  let best: Source | undefined;
  let bestScore = RECOGNISED_MIN;
  for (let place = 0; place < sources.length; place++) {
    const source = sources[place];
    if (source === undefined || asked?.[place] === false) continue;
    const score = source.recognise(record);
    if (score > bestScore) {
      best = source;
      bestScore = score;
    }
  }
  return best;
}
