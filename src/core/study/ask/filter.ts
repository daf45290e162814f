import { activityTime, entityKey } from '../../../model/alert.ts';
import type { AlertFilter, AskedSpan } from '../../../model/query.ts';
import { predicateOf } from '../predicate.ts';
import type { AskedRecord } from './asked.ts';
import { relevanceOf } from './relevance.ts';

/** Records that a filter lets pass, in their order, each with how well it matches the words asked about; 0 without any. */
export function matching(
  records: readonly AskedRecord[],
  where: AlertFilter,
): readonly { readonly one: AskedRecord; readonly score: number }[] {
  const passing = records.filter(one => passes(one, where));
  if (where.about === undefined || where.about.length === 0) return passing.map(one => ({ one, score: 0 }));
  const scores = relevanceOf(passing, where.about);
  return passing.flatMap(one => {
    const score = scores.get(one);
    return score === undefined ? [] : [{ one, score }];
  });
}

function passes({ alert }: AskedRecord, where: AlertFilter): boolean {
  const { entities, predicates, rules, products, techniques, severities, outcome, span } = where;
  if (span !== undefined && !isWithin(activityTime(alert), span)) return false;
  if (severities !== undefined && !severities.includes(alert.severity)) return false;
  if (outcome !== undefined && alert.fields.outcome !== outcome) return false;
  if (rules !== undefined && !rules.includes(alert.rule)) return false;
  if (products !== undefined && !products.includes(alert.product)) return false;
  // A technique is asked for with its sub-techniques.
  if (techniques !== undefined && !alert.techniques.some(id => techniques.some(asked => isTechnique(id, asked))))
    return false;
  if (predicates !== undefined && !predicates.includes(predicateOf(alert))) return false;
  return (entities ?? []).every(({ key, as }) =>
    alert.entities.some(entity => entityKey(entity) === key && (as === undefined || entity.role === as)),
  );
}

const isTechnique = (id: string, asked: string): boolean => id === asked || id.startsWith(`${asked}.`);

export function isWithin(time: number, { from, to }: AskedSpan): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}
