import { type Digest, digestOf } from '../../../base/canonical.ts';
import type { UnixMs } from '../../../base/time.ts';
import type { Gap } from '../../../model/claim.ts';
import { type Coverage, streamText } from '../../../model/coverage.ts';
import { computed } from './computed.ts';
import type { Asked, ClaimKind, ClaimWorld, Told } from './kind.ts';
import { borrow, saidAs, swap } from './mutations.ts';

/** Of the expected streams so many per cent must have been heard for an absence to say something. */
export const ABSENCE_COVERAGE_MIN = 80;
const HEARD = 'although the telemetry that would show it was heard';

/** What was looked for: records that say this of somebody, in a window. */
export interface FactQuery {
  readonly predicate: string;
  readonly role: string;
  readonly value: string;
  readonly from: UnixMs;
  readonly to: UnixMs;
}

export function queryDigest({ predicate, role, value, from, to }: FactQuery): Digest {
  const of = (text: string): string => text.toWellFormed();
  return digestOf('countersign/query/v1', {
    predicate: of(predicate),
    role: of(role),
    value: of(value),
    from: String(from),
    to: String(to),
  });
}

/** The share of expected streams that was heard, in whole per cent, rounded down. Nothing expected is nothing heard. */
export function coveragePercent(coverage: Pick<Coverage, 'expected' | 'heard'> | undefined): number {
  if (coverage === undefined || coverage.expected <= 0) return 0;
  return Math.floor((100 * Math.min(coverage.heard, coverage.expected)) / coverage.expected);
}

/**
 * That something was not seen. Without the telemetry that would show it the claim does not say that it did not happen,
 * only that what we have does not hold it: which of the two it says is computed, never asked for.
 */
function notObserved({ roles, at, until }: Asked, world: ClaimWorld): Told | string {
  const { predicate = '', role = '', value = '' } = roles;
  const noun = world.nounOf(predicate);
  if (noun === undefined) return 'it does not say what was looked for';
  if (at === undefined || until === undefined || until < at) return 'it does not say when it was looked for';
  const found = world
    .index()
    .with(role, value)
    .some(fact => fact.predicate === predicate && overlaps(fact.at, fact.until, at, until));
  if (found) return 'the records hold what is said to be absent';
  const percent = coveragePercent(world.coverage);
  const isHeard =
    percent >= ABSENCE_COVERAGE_MIN &&
    world.coverage?.verdict !== 'unknown' &&
    !world.gaps.some(gap => gap.from < until && gap.to > at);
  const digest = queryDigest({ predicate, role, value, from: at, to: until });
  return {
    id: `not_observed.${digest}`,
    predicate: 'not_observed',
    roles: { predicate, what: noun, role, value, ...(isHeard ? { sure: HEARD } : {}) },
    at,
    until,
    count: 0,
    citations: [],
    basis: { kind: 'query', digest, coverage: percent },
  };
}

/** A record that does not say when it happened may have happened then. */
function overlaps(begin: UnixMs | undefined, end: UnixMs | undefined, from: UnixMs, to: UnixMs): boolean {
  return begin === undefined || (begin <= to && (end ?? begin) >= from);
}

function coverageGap({ id }: Asked, world: ClaimWorld): Told | string {
  const gap = world.gaps.find(one => gapId(one) === id);
  if (gap === undefined) return 'no such gap is known';
  return {
    id,
    predicate: 'coverage_gap',
    roles: { stream: streamText(gap.stream), because: gap.because, required: gap.isRequired ? 'yes' : 'no' },
    at: gap.from,
    until: gap.to,
    count: 1,
    citations: [],
    basis: {
      kind: 'coverage',
      digest: digestOf('countersign/coverage/v1', {
        stream: gap.stream.toWellFormed(),
        from: String(gap.from),
        to: String(gap.to),
        because: gap.because.toWellFormed(),
        required: gap.isRequired,
      }),
    },
  };
}

export function gapId({ stream, from }: Pick<Gap, 'stream' | 'from'>): string {
  return `coverage_gap.${from}.${stream}`;
}

/** What is not there: telemetry, and what telemetry would have shown. */
export const ABSENCE: readonly ClaimKind[] = [
  computed('coverage_gap', {
    template: 'Telemetry of {stream} is missing: {because}',
    noun: 'gap in telemetry',
    roles: ['stream', 'because', 'required'],
    recompute: coverageGap,
    mutations: [
      borrow('stream'),
      swap('stream', 'because'),
      saidAs('not_observed', 'last_seen'),
      {
        class: 'absence',
        name: 'a required gap told as of no account',
        mutate: claim => ({
          ...claim,
          roles: { ...claim.roles, required: claim.roles['required'] === 'yes' ? 'no' : 'yes' },
        }),
      },
    ],
  }),
  computed('not_observed', {
    template:
      '[No {what} of {value} stands in these alerts, {sure}|No {what} of {value} stands in these alerts; not all telemetry that would show it is there]',
    noun: 'absence',
    roles: ['predicate', 'what', 'role', 'value', 'sure'],
    recompute: notObserved,
    mutations: [
      borrow('value'),
      swap('what', 'value'),
      saidAs('coverage_gap', 'last_seen'),
      {
        class: 'absence',
        name: 'an absence told as sure that is not, or the other way round',
        mutate: ({ roles: { sure, ...roles }, ...claim }) => ({
          ...claim,
          roles: sure === undefined ? { ...roles, sure: HEARD } : roles,
        }),
      },
      {
        class: 'absence',
        name: 'an absence with more coverage than there was',
        mutate: claim =>
          claim.basis?.kind === 'query' && claim.basis.coverage !== 100
            ? { ...claim, basis: { ...claim.basis, coverage: 100 } }
            : undefined,
      },
    ],
  }),
];
