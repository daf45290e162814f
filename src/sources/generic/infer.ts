import type { AlertField } from '../../model/alert.ts';
import type { RawRecord } from '../../ports/source.ts';
import { type At, textAt } from '../shared/at.ts';
import { candidatesOf } from './choose.ts';
import { becauseOf, confidenceOf } from './confidence.ts';
import { leavesOf } from './leaves.ts';

/** What many records of one shape say of one path. */
export interface SchemaPath {
  /** Dotted, with `0` for a list's members, as a field map takes it. Inside a text: the text's path, `›` and the key. */
  readonly path: string;
  /** True inside a text that was read: a field map cannot name it. */
  readonly isInText: boolean;
  /** Share of the records that have it, 0 to 1. */
  readonly presence: number;
  readonly types: readonly ('text' | 'number' | 'boolean')[];
  /** How many different values were seen, counted to {@link DISTINCT_MAX}. */
  readonly distinct: number;
  /** Clipped, each once. */
  readonly examples: readonly string[];
  readonly proposed: ProposedField | undefined;
}

export interface ProposedField {
  readonly field: AlertField;
  readonly confidence: number;
  readonly because: readonly string[];
}

export interface Schema {
  readonly records: number;
  readonly paths: readonly SchemaPath[];
  /** Paths beyond {@link PATHS_MAX}, which are not listed. */
  readonly omitted: number;
}

/** Records that are looked at. */
export const INFERRED_RECORDS_MAX = 500;
/** Paths that are listed, those of most records first. */
export const PATHS_MAX = 500;
/** Paths that are counted at all: keys are the sender's to choose. */
const PATHS_SEEN_MAX = 5_000;
const DISTINCT_MAX = 100;
const EXAMPLES_MAX = 3;
const EXAMPLE_CHARS_MAX = 120;

interface Seen {
  readonly isInText: boolean;
  readonly order: number;
  records: number;
  lastRecord: number;
  readonly types: Set<'text' | 'number' | 'boolean'>;
  readonly values: Set<string>;
  readonly wins: Map<AlertField, Wins>;
}

interface Wins {
  count: number;
  confidence: number;
  because: readonly string[];
}

/**
 * What records of one product look like, path by path, and which field each path is proposed for: what the guess makes
 * of each record alone, weighed by how often it holds and by whether the values vary as that field's would. Pure.
 */
export function inferSchema(records: readonly RawRecord[]): Schema {
  const seen = new Map<string, Seen>();
  const looked = records.slice(0, INFERRED_RECORDS_MAX);
  looked.forEach((record, number) => {
    look(seen, record, number);
  });
  const proposals = proposalsOf(seen);
  const paths = [...seen]
    .sort(([, a], [, b]) => b.records - a.records || a.order - b.order)
    .map(
      ([path, one]): SchemaPath => ({
        path,
        isInText: one.isInText,
        presence: one.records / looked.length,
        types: [...one.types],
        distinct: one.values.size,
        examples: [...one.values].slice(0, EXAMPLES_MAX),
        proposed: proposals.get(path),
      }),
    );
  // What is proposed is always listed, however many keys there are.
  const listed = [
    ...paths.filter(one => one.proposed !== undefined),
    ...paths.filter(one => one.proposed === undefined),
  ];
  return { records: looked.length, paths: listed.slice(0, PATHS_MAX), omitted: Math.max(0, paths.length - PATHS_MAX) };
}

function look(seen: Map<string, Seen>, record: RawRecord, number: number): void {
  const { leaves } = leavesOf(record.value);
  const pathAt = new Map<At, string>();
  for (const { path, at } of leaves) {
    const text = textAt(at);
    if (text === undefined) continue;
    const dotted = dottedOf(at, path.path);
    pathAt.set(at, dotted);
    const one = seen.get(dotted) ?? opened(seen, dotted, at.isInText === true);
    if (one === undefined) continue;
    if (one.lastRecord !== number) one.records += 1;
    one.lastRecord = number;
    one.types.add(typeof at.value === 'number' ? 'number' : typeof at.value === 'boolean' ? 'boolean' : 'text');
    if (one.values.size < DISTINCT_MAX) one.values.add(text.slice(0, EXAMPLE_CHARS_MAX).toWellFormed());
  }
  for (const [field, candidate] of candidatesOf(leaves)) {
    const path = pathAt.get(candidate.at);
    const one = path === undefined ? undefined : seen.get(path);
    if (one === undefined) continue;
    const wins = one.wins.get(field) ?? { count: 0, confidence: 0, because: becauseOf(candidate) };
    wins.count += 1;
    wins.confidence += confidenceOf(field, candidate);
    one.wins.set(field, wins);
  }
}

function opened(seen: Map<string, Seen>, path: string, isInText: boolean): Seen | undefined {
  if (seen.size >= PATHS_SEEN_MAX) return undefined;
  const one: Seen = {
    isInText,
    order: seen.size,
    records: 0,
    lastRecord: -1,
    types: new Set(),
    values: new Set(),
    wins: new Map(),
  };
  seen.set(path, one);
  return one;
}

function dottedOf({ pointer, isInText }: At, keys: readonly string[]): string {
  const dotted = pointer
    .split('/')
    .slice(1)
    .map(token => (/^\d+$/.test(token) ? '0' : token.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join('.');
  return isInText === true ? `${dotted === '' ? 'the line' : dotted} › ${keys.join('.')}` : dotted;
}

/** Fields whose value differs from event to event: one that never does is something else. */
const VARYING: ReadonlySet<AlertField> = new Set(['time', 'src_port']);
const CONSTANT_RECORDS_MIN = 5;
const CONSTANT_COST = 0.4;
const RARE_COST = 0.1;
const RARE_SHARE = 0.5;

/** For each field the one path that says it best over all records; a path is proposed for its surest field. */
function proposalsOf(seen: ReadonlyMap<string, Seen>): ReadonlyMap<string, ProposedField> {
  const best = new Map<
    AlertField,
    { readonly path: string; readonly weight: number; readonly proposed: ProposedField }
  >();
  for (const [path, one] of seen) {
    for (const [field, wins] of one.wins) {
      const proposed = weighed(field, wins, one);
      const weight = proposed.confidence * wins.count;
      if ((best.get(field)?.weight ?? 0) < weight) best.set(field, { path, weight, proposed });
    }
  }
  const byPath = new Map<string, ProposedField>();
  for (const { path, proposed } of best.values()) {
    const earlier = byPath.get(path);
    if (earlier === undefined || earlier.confidence < proposed.confidence) byPath.set(path, proposed);
  }
  return byPath;
}

function weighed(field: AlertField, wins: Wins, one: Seen): ProposedField {
  let confidence = wins.confidence / wins.count;
  const because = [...wins.because];
  if (VARYING.has(field) && one.values.size === 1 && one.records >= CONSTANT_RECORDS_MIN) {
    confidence -= CONSTANT_COST;
    because.push(`it is the same in each of ${one.records} records`);
  }
  if (wins.count < one.records * RARE_SHARE) {
    confidence -= RARE_COST;
    because.push(`another key says it better in ${one.records - wins.count} of ${one.records} records`);
  }
  return { field, confidence: Math.round(Math.max(0, confidence) * 100) / 100, because };
}
