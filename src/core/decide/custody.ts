import type { Id } from '../../base/id.ts';
import { MS_PER_DAY, parseTime, type UnixMs } from '../../base/time.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import {
  CUSTODY_DAYS_MAX,
  type CustodyStatement,
  type MachineState,
  ROTATE_AFTER_MS,
  UNUSED_MS_MAX,
} from '../../model/machine.ts';
import type { Person } from '../../model/review.ts';
import { readCustody, sealed } from './closed.ts';
import { checkPersonSignature, type SigningRules, type VerifyKey } from './signatures.ts';

/** Custody of a machine identity as it is stored. */
export interface StoredCustody {
  readonly statement: string;
  readonly signature: PersonSignature;
}

/** The newest custody of an identity that its owner really signed; undefined where nobody ever did. */
export async function custodyOf(
  identity: string,
  installation: string,
  stored: readonly StoredCustody[],
  people: ReadonlyMap<Id<'person'>, Person>,
  rules: SigningRules,
  verify: VerifyKey,
): Promise<CustodyStatement | undefined> {
  let newest: CustodyStatement | undefined;
  for (const { statement, signature } of stored) {
    const read = readCustody(statement);
    if (!read.ok || read.value.identity !== identity || read.value.installation !== installation) continue;
    if (newest !== undefined && Number(read.value.version) <= Number(newest.version)) continue;
    const owner = people.get(read.value.owner);
    // Also by a passkey that ended since: the statement stands, and who left is seen by being inactive.
    const credentials = [...(owner?.credentials ?? []), ...(owner?.former?.credentials ?? [])];
    const { digest } = sealed('countersign/custody/v1', read.value);
    if ((await checkPersonSignature(signature, digest, credentials, rules, verify)).ok) newest = read.value;
  }
  return newest;
}

/** What is known of a machine identity at one moment. */
export interface MachineFacts {
  readonly custody: CustodyStatement | undefined;
  /** Whose it is where nobody signed for it. */
  readonly fallback: Id<'person'> | undefined;
  /** When its secret was made, where that is known. */
  readonly madeAt: number | undefined;
  readonly lastUsedAt: number | undefined;
  /** Whether it is known when it is used: else nothing can be said of its being unused. */
  readonly isUseSeen: boolean;
  /** From what age on its secret is refused; absent where an old one is only said. */
  readonly refusedAfterMs?: number;
}

/** Whoever answers for it; undefined where nobody does, as where they left. */
export function ownerOf(
  { custody, fallback }: Pick<MachineFacts, 'custody' | 'fallback'>,
  people: ReadonlyMap<Id<'person'>, Person>,
): Person | undefined {
  const id = custody?.owner ?? fallback;
  const owner = id === undefined ? undefined : people.get(id);
  return owner?.isActive === true ? owner : undefined;
}

/**
 * What state it is in. Before the first person is enrolled nobody can answer for anything, and an installation that is being
 * set up is not broken for it.
 */
export function machineState(
  facts: MachineFacts,
  people: ReadonlyMap<Id<'person'>, Person>,
  now: UnixMs,
): MachineState {
  if (people.size === 0) return 'active';
  if (ownerOf(facts, people) === undefined) return 'ownerless';
  const { custody } = facts;
  const until = custody && spanEnd(custody);
  if (custody !== undefined && until === undefined) return 'expired';
  if (until !== undefined && now >= until) return 'expired';
  const last = Math.max(facts.lastUsedAt ?? 0, facts.madeAt ?? 0, (custody && parseTime(custody.since)) ?? 0);
  if (facts.isUseSeen && last > 0 && now - last > UNUSED_MS_MAX) return 'unused';
  const age = facts.madeAt === undefined ? 0 : now - facts.madeAt;
  if (facts.refusedAfterMs !== undefined && age > facts.refusedAfterMs) return 'overdue';
  return age > ROTATE_AFTER_MS ? 'rotation_due' : 'active';
}

/** Whether it can do nothing in that state. */
export function isDisabledIn(state: MachineState): boolean {
  return state === 'ownerless' || state === 'expired' || state === 'unused' || state === 'overdue';
}

/** Whoever set the installation up answers for what nobody signed for: the first who was enrolled. */
export function firstOf(people: ReadonlyMap<Id<'person'>, Person>): Id<'person'> | undefined {
  const [first] = people.keys();
  return first;
}

/** Until when it counts; undefined where that is no span, or a longer one than anybody may sign for. */
function spanEnd({ since, until }: CustodyStatement): UnixMs | undefined {
  const [start, end] = [parseTime(since), parseTime(until)];
  if (start === undefined || end === undefined) return undefined;
  return start < end && end - start <= CUSTODY_DAYS_MAX * MS_PER_DAY ? end : undefined;
}
