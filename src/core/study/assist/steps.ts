import { fail, ok, type Result } from '../../../base/result.ts';
import type { AnswerRefusal, Dropped } from '../../../model/assist.ts';
import { readEnvelope } from './envelope.ts';
import { type Part, says } from './parts.ts';
import type { Prepared, RawAnswer } from './read-answer.ts';

/** A step that refuses the whole answer, or makes of it what the next one takes. */
export interface WholeStep {
  readonly run: (value: unknown, answer: RawAnswer, prepared: Prepared) => Result<unknown, Dropped>;
}

/** A step that drops one part. */
export interface PartStep {
  readonly run: (part: Part, prepared: Prepared) => Omit<Dropped, 'pointer'> | undefined;
}

/** The verifier, step by step, with the codes by which each refuses. */
export const VERIFIER_STEPS = [
  {
    id: 'V0',
    name: 'envelope',
    codes: ['envelope.late', 'envelope.too_large', 'envelope.not_utf8', 'envelope.cut'],
    whole: { run: (_, answer, prepared) => envelope(answer, prepared) },
  },
  { id: 'V1', name: 'parse', codes: ['parse.not_json'], whole: { run: (_, { text }) => parse(text ?? '') } },
  {
    id: 'V2',
    name: 'schema',
    codes: ['schema.mismatch'],
    whole: { run: (value, _, { check }) => fits(value, check) },
  },
  {
    id: 'V3',
    name: 'reference',
    codes: ['reference.unknown_id', 'reference.other_packet'],
    whole: {
      run: (value, { packet }, { made }) => (packet === made.digest ? ok(value) : whole('reference.other_packet')),
    },
  },
  { id: 'V4', name: 'role', codes: ['claim.uncited', 'role.not_of_fact'], part: { run: bindsRoles } },
  { id: 'V5', name: 'recompute', codes: ['value.not_recomputed'], part: { run: isRecomputed } },
  { id: 'V6', name: 'scope', codes: ['scope.not_readable'], part: { run: isInScope } },
  { id: 'V7', name: 'absence', codes: ['absence.not_covered'], part: { run: isCovered } },
  {
    id: 'V8',
    name: 'consistency',
    codes: ['consistency.cycle', 'consistency.contradiction'],
    part: { run: isConsistent },
  },
  // It drops nothing: what it finds is appended (`selectionOf`).
  { id: 'V9', name: 'omission', codes: [] },
  // There is no prose at L1, and no other level of freedom.
  { id: 'V10', name: 'prose', codes: [] },
] as const satisfies readonly {
  readonly id: string;
  readonly name: string;
  readonly codes: readonly AnswerRefusal[];
  readonly whole?: WholeStep;
  readonly part?: PartStep;
}[];

export const WHOLE_STEPS: readonly WholeStep[] = VERIFIER_STEPS.flatMap(step => ('whole' in step ? [step.whole] : []));
export const PART_STEPS: readonly PartStep[] = VERIFIER_STEPS.flatMap(step => ('part' in step ? [step.part] : []));

function whole(code: AnswerRefusal, pointer = ''): { readonly ok: false; readonly failure: Dropped } {
  return fail({ code, pointer });
}

/** V0. */
function envelope(answer: RawAnswer, { world }: Prepared): Result<unknown, Dropped> {
  const read = readEnvelope(answer, world.limits);
  return read.ok ? read : whole(read.failure);
}

/** V1. What is nearly JSON is not JSON. */
function parse(text: string): Result<unknown, Dropped> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return whole('parse.not_json');
  }
}

/** V2, and of V3 that each id is one of the packet's. */
function fits(value: unknown, check: Prepared['check']): Result<unknown, Dropped> {
  const mismatch = check(value);
  return mismatch === undefined ? ok(value) : fail(mismatch);
}

/** V4. One cited fact has to give the predicate and every role; what it gives instead is told. */
function bindsRoles(part: Part): Omit<Dropped, 'pointer'> | undefined {
  if (part.kind === 'technique') return part.facts.length === 0 ? { code: 'claim.uncited' } : undefined;
  if (part.kind !== 'claim') return undefined;
  const [first] = part.facts;
  if (first === undefined) return { code: 'claim.uncited' };
  const alike = part.facts.filter(({ row }) => row.predicate === part.claim.predicate);
  if (alike.length === 0 || alike.some(fact => says(fact, part.claim))) return undefined;
  const [{ roles }] = alike as [Part['facts'][number]];
  const wrong = part.claim.roles.find(({ role, value }) => roles.get(role) !== value)?.role ?? '';
  const found = roles.get(wrong);
  return { code: 'role.not_of_fact', ...(found === undefined ? {} : { found }) };
}

/** V5. The records are read again: what the packet said of them does not count. */
function isRecomputed(part: Part): Omit<Dropped, 'pointer'> | undefined {
  const { facts } = part;
  if (part.kind === 'claim' && !facts.some(({ row }) => row.predicate === part.claim.predicate)) {
    return { code: 'value.not_recomputed', found: facts[0]?.row.predicate ?? '' };
  }
  const isSaid =
    part.kind !== 'technique' || facts.some(({ row: { techniques } }) => techniques.includes(part.technique));
  return isSaid && facts.every(fact => fact.isRecomputed()) ? undefined : { code: 'value.not_recomputed' };
}

/** V6. Tenant and incident are the records', so that whoever may not read one of them may not be told of it. */
function isInScope({ facts }: Part): Omit<Dropped, 'pointer'> | undefined {
  return facts.every(fact => fact.isReadable()) ? undefined : { code: 'scope.not_readable' };
}

/** V7. In the order an absence is told in the words of our template, which say how sure it is; it proves nothing. */
function isCovered({ kind, facts }: Part): Omit<Dropped, 'pointer'> | undefined {
  return kind !== 'order' && facts.some(fact => fact.isUncovered) ? { code: 'absence.not_covered' } : undefined;
}

/**
 * V8. What stands twice in an order stands before itself; what speaks for an explanation does not speak against it;
 * of claims that cannot all be true none supports anything.
 */
function isConsistent(part: Part): Omit<Dropped, 'pointer'> | undefined {
  if (part.kind === 'claim') return part.excluded === undefined ? undefined : { code: part.excluded };
  if ((part.kind === 'order' || part.kind === 'ranking') && part.isRepeated) return { code: 'consistency.cycle' };
  const isContradicted =
    part.kind === 'supports' || part.kind === 'contradicts' ? part.isContradicted : isRepeatedTechnique(part);
  return isContradicted ? { code: 'consistency.contradiction' } : undefined;
}

function isRepeatedTechnique(part: Part): boolean {
  return part.kind === 'technique' && part.isRepeated;
}
