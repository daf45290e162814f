import { parseTime, type UnixMs } from '../../base/time.ts';
import {
  CONDITIONS,
  type Condition,
  type Doing,
  type DoingRow,
  HEARD_MS_MAX,
  type PowerReason,
  type PowerRow,
  type RightsSummary,
} from '../../model/api-powers.ts';

/** What the condition of a connected system rests on. */
export interface PowerFacts {
  readonly isExecutorHeard: boolean;
  readonly doings: readonly DoingRow[];
  readonly rights: RightsSummary;
  /** When the executor looked at its rights last; undefined where it did not yet. */
  readonly lookedAt: UnixMs | undefined;
  /** It is this installation itself, which the executor cannot speak without. */
  readonly isOwn: boolean;
  readonly isDisabled: boolean;
  readonly isRotationDue: boolean;
  readonly isShared: boolean;
  readonly troubled: number;
  readonly isBudgetSpent: boolean;
  readonly waitUntil: UnixMs | undefined;
  readonly trail: PowerRow['trail'];
}

const FAILING: { readonly [D in Doing]: PowerReason } = {
  plan: 'plan_failing',
  execute: 'execute_failing',
  observe: 'observe_failing',
};

/**
 * Each reason, the condition that it makes of a system, and when it holds. Not knowing is a condition of its own and comes first:
 * a system that nobody heard of for a month may be well, and may be gone.
 */
const RULES: readonly {
  readonly reason: PowerReason;
  readonly makes: Condition;
  readonly holds: (facts: PowerFacts, now: UnixMs) => boolean;
}[] = [
  { reason: 'executor_silent', makes: 'unknown', holds: ({ isExecutorHeard }) => !isExecutorHeard },
  { reason: 'never_heard', makes: 'unknown', holds: facts => !facts.isOwn && heardAt(facts) === undefined },
  {
    reason: 'not_heard_of_late',
    makes: 'unknown',
    holds: (facts, now) => !facts.isOwn && now - (heardAt(facts) ?? now) > HEARD_MS_MAX,
  },
  { reason: 'look_failed', makes: 'failing', holds: ({ rights }) => rights.kind === 'failed' },
  ...(['plan', 'execute', 'observe'] as const).map(doing => ({
    reason: FAILING[doing],
    makes: 'failing' as const,
    holds: ({ doings }: PowerFacts) => doings.some(row => row.doing === doing && isFailing(row)),
  })),
  { reason: 'changed_by_nobody', makes: 'failing', holds: ({ trail }) => trail.unknownChanges > 0 },
  { reason: 'credential_disabled', makes: 'failing', holds: ({ isDisabled }) => isDisabled },
  {
    reason: 'right_missing',
    makes: 'failing',
    holds: ({ rights }) => rights.missing > 0,
  },
  {
    reason: 'right_too_much',
    makes: 'attention',
    holds: ({ rights }) => rights.tooMuch > 0,
  },
  { reason: 'act_not_shown', makes: 'attention', holds: ({ trail }) => trail.notShown > 0 },
  { reason: 'trail_silent', makes: 'attention', holds: ({ trail }) => trail.state === 'silent' },
  { reason: 'secret_shared', makes: 'attention', holds: ({ isShared }) => isShared },
  { reason: 'rotation_due', makes: 'attention', holds: ({ isRotationDue }) => isRotationDue },
  { reason: 'acts_troubled', makes: 'attention', holds: ({ troubled }) => troubled > 0 },
  { reason: 'budget_spent', makes: 'attention', holds: ({ isBudgetSpent }) => isBudgetSpent },
  {
    reason: 'asks_to_wait',
    makes: 'attention',
    holds: ({ waitUntil }, now) => waitUntil !== undefined && now < waitUntil,
  },
  // Said with every system of which it holds, and no reason to look at one that is well otherwise.
  {
    reason: 'rights_unknown',
    makes: 'well',
    holds: ({ rights }) => rights.kind !== 'failed' && rights.unknown > 0,
  },
];

/** How a connected system is, and every reason for that. Pure, and total: with nothing known it is unknown. */
export function conditionOf(
  facts: PowerFacts,
  now: UnixMs,
): { readonly condition: Condition; readonly reasons: readonly PowerReason[] } {
  const holding = RULES.filter(({ holds }) => holds(facts, now));
  const makes = new Set(holding.map(rule => rule.makes));
  return {
    condition: CONDITIONS.find(condition => makes.has(condition)) ?? 'well',
    reasons: holding.map(({ reason }) => reason),
  };
}

/** Whether it failed last. */
export function isFailing({ wellAt, illAt }: DoingRow): boolean {
  return illAt !== '' && (parseTime(illAt) ?? 0) > (parseTime(wellAt) ?? 0);
}

/** When the system answered last, or was last found not to. */
function heardAt({ doings, rights, lookedAt }: PowerFacts): UnixMs | undefined {
  const looked = rights.kind === 'not_told' || lookedAt === undefined ? [] : [lookedAt];
  const times = [...looked, ...doings.flatMap(({ wellAt, illAt }) => [parseTime(wellAt), parseTime(illAt)])];
  return times.reduce(
    (latest, time) => (time !== undefined && (latest === undefined || time > latest) ? time : latest),
    undefined,
  );
}
