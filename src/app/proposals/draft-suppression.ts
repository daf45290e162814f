import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY } from '../../base/time.ts';
import type { EntityHit } from '../../model/alert.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { isMeant } from '../../model/suppression.ts';
import { ruleObject } from '../../responders/countersign/rule.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import { citedStory, ownAct } from './own-draft.ts';
import type { ReadStudy } from './study.ts';

/**
 * The suppression of the rule of an alert, where it names one entity of that alert. Whoever proposes it contributes, so somebody
 * else signs. Where it would have applied is looked at by the executor, which also refuses what is never done.
 */
export async function draftOfSuppression(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'suppress' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  const { alert, entity, days, why } = request;
  const { rows } = await context.pool.query<{
    incident: `inc_${string}`;
    source: string;
    rule: string;
    entities: readonly EntityHit[];
  }>(
    `SELECT incident_id AS incident, source, rule, body -> 'entities' AS entities FROM alert WHERE tenant_id = $1 AND id = $2`,
    [context.tenant, alert],
  );
  const [found] = rows;
  if (found === undefined) return fail(failureOf('not_found', alert));
  const { incident, source, rule } = found;
  const scope = { source, rule, kind: entity.kind, value: entity.value };
  if (!isMeant(scope, { ...found, entities: found.entities ?? [] }))
    return fail(failureOf('not_found', `${entity.kind} in ${alert}`));
  const study = await readStudy(incident);
  if (study === undefined) return fail(failureOf('not_found', incident));
  const until = new Date(context.now() + days * MS_PER_DAY).toISOString();
  const act = { operation: 'suppress-rule', target: { name: ruleObject(scope) }, params: { ...scope, until, why } };
  return ok({ ...ownAct(person, proposal, act), incident, ...citedStory(study) });
}
