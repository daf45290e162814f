import { unixMsFrom } from '../../../base/time.ts';
import { entityKey } from '../../../model/alert.ts';
import type { Vocabulary } from '../../../model/query.ts';
import type { Asked, AskedRecord } from './asked.ts';
import { recordNamesOf } from './record-leaves.ts';
import { textsOf } from './relevance.ts';

const ENTITIES_MAX = 2_000;
const RULES_MAX = 500;
const NAMES_MAX = 200;
const FIELDS_MAX = 400;
/** Records whose fields are named: those of one product are alike. */
const FIELD_RECORDS_MAX = 200;
const WORDS_MAX = 20_000;

/** The names that a question about this incident can be about, those of most alerts first. */
export function vocabularyOf(asked: Asked): Vocabulary {
  const { records } = asked;
  const counts = new Map<string, { readonly entity: Vocabulary['entities'][number]; count: number }>();
  const rules = new Map<string, { readonly title: string; count: number }>();
  const products = new Map<string, number>();
  const techniques = new Set<string>();
  const words = new Set<string>();
  for (const one of records) {
    const { alert } = one;
    for (const { kind, value, label } of alert.entities) {
      const key = entityKey({ kind, value });
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { entity: { key, kind, label }, count: 1 });
      else known.count += 1;
    }
    const rule = rules.get(alert.rule);
    if (rule === undefined) rules.set(alert.rule, { title: alert.title, count: 1 });
    else rule.count += 1;
    products.set(alert.product, (products.get(alert.product) ?? 0) + 1);
    for (const id of alert.techniques) techniques.add(id);
    if (words.size < WORDS_MAX) for (const word of textsOf(one).keys()) words.add(word);
  }
  return {
    entities: [...counts.values()]
      .sort((a, b) => b.count - a.count || (a.entity.key < b.entity.key ? -1 : 1))
      .slice(0, ENTITIES_MAX)
      .map(({ entity }) => entity),
    rules: [...rules]
      .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
      .slice(0, RULES_MAX)
      .map(([rule, { title }]) => ({ rule, title })),
    products: [...products.keys()].sort().slice(0, NAMES_MAX),
    techniques: [...techniques].sort().slice(0, NAMES_MAX),
    streams: [...new Set(asked.coverage.streams.map(({ stream }) => stream))].sort().slice(0, NAMES_MAX),
    recordFields: fieldsOf(records),
    words: [...words],
    window: asked.window,
  };
}

/** From a few records of each product, spread over the incident. */
function fieldsOf(records: readonly AskedRecord[]): readonly string[] {
  const step = Math.max(1, Math.floor(records.length / FIELD_RECORDS_MAX));
  const names = new Set<string>();
  for (let at = 0; at < records.length; at += step) {
    const one = records[at];
    if (one !== undefined) for (const name of recordNamesOf(one)) if (names.size < FIELDS_MAX) names.add(name);
  }
  return [...names].sort();
}

/** Of nothing: what a question is read by where no name is known. */
export const NO_NAMES: Vocabulary = {
  entities: [],
  rules: [],
  products: [],
  techniques: [],
  streams: [],
  recordFields: [],
  words: [],
  window: { from: unixMsFrom(0), to: unixMsFrom(0) },
};
