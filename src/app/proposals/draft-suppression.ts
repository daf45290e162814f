import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY } from '../../base/time.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { toldBy } from '../../core/study/told.ts';
import type { EntityHit } from '../../model/alert.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { OWN_SYSTEM } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { isMeant } from '../../model/suppression.ts';
import { ruleObject } from '../../responders/countersign/rule.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import type { ReadStudy } from './study.ts';

/** Statements of the summary whose records stand with a suppression. */
const CLAIMS_CITED_MAX = 6;

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
  const { headline, story, coverage, gaps } = study.summary;
  const told = [headline, ...toldBy(story)].slice(0, CLAIMS_CITED_MAX);
  return ok({
    proposal,
    revision: 1,
    incident,
    origin: { kind: 'person', by: person.id },
    contributors: [person.id],
    responder: 'countersign',
    system: OWN_SYSTEM,
    operation: 'suppress-rule',
    target: { name: ruleObject(scope) },
    params: { ...scope, until: new Date(context.now() + days * MS_PER_DAY).toISOString(), why },
    undoes: undefined,
    undoesTier: undefined,
    citations: told.flatMap(claim => claim.citations),
    says: new Map(
      told.flatMap(claim =>
        claim.citations.map(citation => [`${citation.evidence}${citation.pointer}`, claim.text] as const),
      ),
    ),
    coverage: presentCoverage(coverage, gaps),
    explained: 'needs_none',
  });
}
