import { createHash } from 'node:crypto';
import { canonical } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { toldBy } from '../../core/study/told.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { OWN_SYSTEM } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import type { ReadStudy } from './study.ts';

/** Statements of the summary whose records stand with a closing. */
const CLAIMS_CITED_MAX = 6;

/** Longer evaluations are refused rather than cut: what is signed is what was read. */
export const EVALUATION_CHARS_MAX = 64_000;

/**
 * The choice of another version of a prompt. Its evaluation is kept as evidence and cited, so reviewers open it as they
 * open every record; whoever brings it is a contributor and signs nothing. Administrators alone propose one.
 */
export async function draftOfPrompt(
  context: ServerContext,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'prompt' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  if (!person.roles.includes('administrator')) return fail(failureOf('access.denied', person.id));
  const { prompt, version, evaluation } = request;
  const evidence = await keepRecord(context, { prompt, version, evaluation });
  const says = { prompt: 'the prompt that it is about', version: 'the version of it', evaluation: 'how it did' };
  const cited = Object.entries({ prompt, version, evaluation });
  return ok({
    proposal,
    revision: 1,
    incident: '',
    origin: { kind: 'person', by: person.id },
    contributors: [person.id],
    responder: 'countersign',
    system: OWN_SYSTEM,
    operation: 'choose-prompt',
    target: { name: prompt },
    params: { version },
    undoes: undefined,
    undoesTier: undefined,
    citations: cited.map(([field, value]) => ({ evidence, pointer: `/${field}`, value })),
    says: new Map(Object.entries(says).map(([field, text]) => [`${evidence}/${field}`, text])),
    coverage: { status: 'not_needed', gaps: [] },
    explained: 'needs_none',
  });
}

/**
 * The closing of an incident, with what it turned out to be. Whoever proposes it contributes, which matters where one person's
 * word is not enough: an incident of high severity, or one of which something is still in place.
 */
export async function draftOfClosing(
  readStudy: ReadStudy,
  person: Person,
  request: Extract<ProposalRequest, { kind: 'close' }>,
  proposal: `prp_${string}`,
): Promise<Result<Draft, Failure>> {
  const { incident, outcome } = request;
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
    operation: 'close-incident',
    target: { name: incident },
    params: { outcome },
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

/** Keeps what somebody brought as a record of its own, which came in no batch. A proposal that is then refused leaves it behind. */
export async function keepRecord(
  context: ServerContext,
  record: { readonly [field: string]: string },
): Promise<`evd_${string}`> {
  const id = context.newId('evidence');
  const bytes = Buffer.from(canonical(record), 'utf8');
  await context.pool.query(
    'INSERT INTO evidence (tenant_id, id, sha256, bytes, source, received_at, batch_id) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [context.tenant, id, createHash('sha256').update(bytes).digest(), bytes, OWN_SYSTEM, new Date(context.now()), ''],
  );
  return id;
}
