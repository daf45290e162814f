import { rfc3339 } from '../../base/time.ts';
import type { Gap } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import { isOwnTarget, type Presentation, type Tier, type TierReason } from '../../model/proposal.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import { makeSeen } from './closed.ts';
import { leaseSentence } from './lease.ts';
import type { Seat } from './quorum.ts';
import type { TargetClass } from './target-class.ts';

/** Longer lists are cut here, and the last line says by how many. */
const LINES_MAX = 60;
const CITED_CHARS_MAX = 1_000;

export interface ShownEvidence {
  readonly id: Presentation['evidence'][number]['id'];
  readonly sha256: string;
  readonly pointer: string;
  readonly value: string;
  readonly says: string;
}

/**
 * What a reviewer will see and sign: rendered from the plan, the manifest and verified citations by our templates. No
 * word of a model is in it. Attacker-written text has every invisible character written out.
 */
export function present(input: {
  readonly operation: Operation;
  readonly plan: Plan;
  readonly target: TargetClass;
  readonly tier: Tier;
  readonly reasons: readonly TierReason[];
  readonly coverage: Presentation['coverage'];
  readonly evidence: readonly ShownEvidence[];
  readonly seats: readonly Seat[];
  readonly leaseEndsAt: string | undefined;
  readonly undoCheck: Presentation['undo']['check'];
}): Presentation {
  const { operation, plan, target } = input;
  const name = makeSeen(plan.facts.displayName);
  return {
    v: '1',
    sentence: sentenceOf(operation, plan),
    targetName: name,
    changes: bounded(plan.changes).map(({ path, from, to }) => ({
      path: makeSeen(path),
      from: makeSeen(from),
      to: makeSeen(to),
    })),
    tier: input.tier,
    reasons: input.reasons,
    coverage: input.coverage,
    blast: {
      direct: lines(plan.blast.direct),
      dependents: lines([...target.dependents, ...plan.blast.dependents]),
      unknown: lines([
        ...plan.blast.unknown,
        ...(target.record === undefined && !isOwnTarget(plan.target)
          ? ['what depends on it: it is not in a signed inventory']
          : []),
      ]),
    },
    undo: {
      operation: operation.undo ?? 'none',
      sentence:
        operation.undo === undefined
          ? 'This cannot be undone.'
          : `Undone by "${operation.undo}", which is a proposal of its own.`,
      residue: lines([...operation.residue, ...plan.sideEffects]),
      reversibility: operation.reversibility,
      ...shownCheck(input.undoCheck),
    },
    ...(input.leaseEndsAt === undefined
      ? {}
      : { lease: { endsAt: input.leaseEndsAt, sentence: leaseSentence(input.leaseEndsAt) } }),
    evidence: bounded(input.evidence).map(shown => ({
      ...shown,
      value: makeSeen(shown.value.slice(0, CITED_CHARS_MAX)),
      says: makeSeen(shown.says.slice(0, CITED_CHARS_MAX)),
    })),
    refusals: lines(plan.refusals.map(refusal => refusal.text)),
    dryRun: plan.dryRun,
    ...namedSeats(input.seats),
  };
}

function shownCheck(check: Presentation['undo']['check']): Pick<Presentation['undo'], 'check'> {
  if (check === undefined) return {};
  const { verdict, brings, leaves, obstacles } = check;
  return {
    check: {
      verdict,
      brings: bounded(brings).map(({ path, from, to }) => ({
        path: makeSeen(path),
        from: makeSeen(from),
        to: makeSeen(to),
      })),
      leaves: bounded(leaves).map(makeSeen),
      obstacles: lines(obstacles),
    },
  };
}

/** What of the seats stands in what is signed: all of them where one names somebody, else nothing. */
export function namedSeats(seats: readonly Seat[]): Pick<Presentation, 'seats'> {
  return seats.some(({ people }) => people.length > 0) ? { seats } : {};
}

/** More changes than this are not told in the sentence but for the first; all of them stand below it. */
const TOLD_CHANGES_MAX = 2;

/** Exactly what would be done, in one line. What belongs to this installation needs no system named. */
function sentenceOf(operation: Operation, plan: Plan): string {
  const { displayName, title } = plan.facts;
  const name = title === undefined ? displayName : `“${title}”, ${displayName}`;
  const where = isOwnTarget(plan.target) ? '' : ` on ${plan.target.system}`;
  const told = plan.changes.length > TOLD_CHANGES_MAX ? plan.changes.slice(0, 1) : plan.changes;
  const changes = told.map(change => `${change.path} ${change.from} → ${change.to}`);
  const others = plan.changes.length - told.length;
  if (others > 0) changes.push(`${others} more changes below`);
  return makeSeen(`${operation.title}: ${name}${where}. ${changes.join(', ')}.`);
}

/** The coverage of an incident as it stands in what is signed. */
export function presentCoverage(coverage: Coverage, gaps: readonly Gap[]): Presentation['coverage'] {
  return {
    status: coverage.verdict,
    gaps: bounded([...gaps].sort((a, b) => Number(b.isRequired) - Number(a.isRequired))).map(gap => ({
      stream: makeSeen(gap.stream),
      from: rfc3339(gap.from),
      to: rfc3339(gap.to),
      required: gap.isRequired,
    })),
  };
}

function lines(texts: readonly string[]): readonly string[] {
  const all = [...new Set(texts)];
  const kept = all.slice(0, LINES_MAX).map(makeSeen);
  return all.length > LINES_MAX ? [...kept, `and ${all.length - LINES_MAX} more`] : kept;
}

function bounded<T>(items: readonly T[]): readonly T[] {
  return items.slice(0, LINES_MAX);
}
