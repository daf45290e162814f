import { overdueOf } from '../core/decide/glass.ts';
import type { HeardReview } from '../core/decide/tally.ts';
import type { Person } from '../model/review.ts';
import { standingFindings } from './findings.ts';
import type { ExecutorPorts } from './ports.ts';

/**
 * Of whoever breaks the glass here: executions for which they did before, and that two others did not review in time. From
 * what executors wrote themselves and from signatures, so that no server can leave one out or make a review up.
 */
export async function overdueGlass(
  heard: readonly HeardReview[],
  people: ReadonlyMap<Person['id'], Person>,
  ports: ExecutorPorts,
): Promise<readonly string[]> {
  const breakers = heard.flatMap(({ review: { intent } }) =>
    intent.verdict === 'break_glass' ? [intent.reviewer] : [],
  );
  const overdue: string[] = [];
  for (const breaker of new Set(breakers)) {
    const uses = await ports.glassUses(breaker);
    for (const use of uses) {
      const findings = await standingFindings(use.execution, use.proposal, people, 'review_t3', ports);
      overdue.push(...overdueOf(breaker, [use], findings, ports.now()).map(({ execution }) => execution));
    }
  }
  return overdue;
}
