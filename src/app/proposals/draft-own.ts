import { fail, ok, type Result } from '../../base/result.ts';
import type { ProposalRequest } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import { citedRecord, citedStory, ownAct } from './own-draft.ts';
import type { ReadStudy } from './study.ts';

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
  const cited = await citedRecord(
    context,
    { prompt, version, evaluation },
    { prompt: 'the prompt that it is about', version: 'the version of it', evaluation: 'how it did' },
  );
  const act = { operation: 'choose-prompt', target: { name: prompt }, params: { version } };
  return ok({ ...ownAct(person, proposal, act), ...cited });
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
  const act = { operation: 'close-incident', target: { name: incident }, params: { outcome } };
  return ok({ ...ownAct(person, proposal, act), incident, ...citedStory(study) });
}
