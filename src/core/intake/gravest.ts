import { type Alert, SEVERITY_RANK } from '../../model/alert.ts';

/** What the alerts of one rule come to within an incident. */
export interface RuleTally {
  /** Of its most severe alerts, the first title by code unit. */
  readonly title: string;
  readonly count: number;
  /** The worst, as in `SEVERITY_RANK`. */
  readonly rank: number;
}

type Ranked = Pick<Alert, 'rule' | 'title' | 'severity'>;

/** The tally with so many more alerts of this title and severity. In any order the same alerts give the same tally. */
export function tallied(known: RuleTally | undefined, alert: Omit<Ranked, 'rule'>, count = 1): RuleTally {
  const rank = SEVERITY_RANK[alert.severity];
  if (known === undefined) return { title: alert.title, count, rank };
  const isNamed = rank > known.rank || (rank === known.rank && alert.title < known.title);
  return {
    title: isNamed ? alert.title : known.title,
    count: known.count + count,
    rank: Math.max(known.rank, rank),
  };
}

/** The tallies of these alerts by rule. */
export function rulesOf(alerts: readonly Ranked[]): Map<string, RuleTally> {
  const rules = new Map<string, RuleTally>();
  for (const alert of alerts) rules.set(alert.rule, tallied(rules.get(alert.rule), alert));
  return rules;
}

/**
 * What an incident is named after, in its title and in the headline of its summary: the rule of the worst severity,
 * of those the rarest within the incident, then the first by name. Undefined where there is none.
 */
export function gravestRule(
  rules: ReadonlyMap<string, RuleTally>,
): { readonly rule: string; readonly tally: RuleTally } | undefined {
  const [first] = [...rules].sort(([a, x], [b, y]) => y.rank - x.rank || x.count - y.count || (a < b ? -1 : 1));
  return first === undefined ? undefined : { rule: first[0], tally: first[1] };
}
