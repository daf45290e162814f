import type { Command } from 'commander';
import { pathFrom } from '../app/data-directory.ts';
import { inertText } from '../base/inert.ts';
import { policyFloorOf } from '../core/decide/floor.ts';
import type { HousePolicy } from '../core/decide/house-policy.ts';
import { KIND_FLOORS } from '../core/decide/kinds.ts';
import { BUILT_IN_POLICIES, policyDigestOf } from '../core/decide/policy.ts';
import { quorumOf } from '../core/decide/quorum.ts';
import { type Known, TIER_TABLE, type TierFacts, tierOf } from '../core/decide/tier.ts';
import { TIMES } from '../core/decide/times.ts';
import { TIER_REASON_TEXT, type Tier, type TierReason } from '../model/proposal.ts';
import { RESPONDERS } from '../responders/index.ts';
import { policyFileCommands, policyFrom } from './policy-file.ts';

interface Flags {
  readonly privileged: string;
  readonly machine: string;
  readonly critical: string;
  readonly dependents: string;
  readonly coverage: string;
  readonly requiredGap?: true;
  readonly undoes?: string;
  readonly acts: string;
  readonly policy?: string;
  readonly json?: true;
}

/** Why a tier is what it is, each reason with the rule of the table that it comes from. */
interface Explained {
  readonly operation: string;
  readonly kind: string;
  readonly policyDigest: string;
  readonly tier: Tier;
  /** Floors of the policy file that apply. */
  readonly rules: readonly string[];
  readonly seats: readonly string[];
  readonly reviewSeconds: string;
  readonly startWithinSeconds: string;
  readonly reasons: readonly { readonly reason: TierReason; readonly tier: Tier; readonly text: string }[];
}

/** Adds `countersign policy`: which rules are in force, and what they ask for an act that is described. Offline. */
export function policyCommand(program: Command): void {
  const policy = program.command('policy').description('the rules that are in force, and what they ask for an act');
  policy
    .command('show')
    .description('every rule and the least tier of every kind of response, with the digest that reviews sign')
    .option('--json', 'as one line of JSON')
    .action(({ json }: Pick<Flags, 'json'>) => {
      const digest = policyDigestOf(BUILT_IN_POLICIES);
      print(json === true ? JSON.stringify({ digest, tiers: TIER_TABLE, policies: BUILT_IN_POLICIES }) : shown(digest));
    });
  policyFileCommands(policy);
  policy
    .command('explain')
    .description('tier, seats and every reason for an act; whatever is not said of its target is unknown')
    .argument('<operation>', 'as responder/operation: postgres-role/lock')
    .option('--privileged <yes|no>', 'whether the target is privileged', 'unknown')
    .option('--machine <yes|no>', 'whether it is a machine identity', 'unknown')
    .option('--critical <yes|no>', 'whether it is business-critical', 'unknown')
    .option('--dependents <known>', 'whether everything that rests on it is known', 'unknown')
    .option('--coverage <complete|gaps>', 'what the telemetry is', 'unknown')
    .option('--required-gap', 'telemetry that the decision needs is missing')
    .option('--undoes <T1|T2|T3>', 'the tier of the act that it undoes')
    .option('--acts <number>', 'acts of its kind that were begun within the last hour', '0')
    .option('--policy <file>', 'together with the rules of this policy file', pathFrom)
    .option('--json', 'as one line of JSON')
    .addHelpText('after', '\nExit code: 0 explained, 2 unusable input.')
    .action(async (name: string, flags: Flags) => {
      const explained = explain(name, flags, await policyFrom(flags.policy));
      if (typeof explained === 'string') {
        process.stderr.write(inertText(`countersign policy explain: ${explained}\n`));
        process.exitCode = 2;
        return;
      }
      print(flags.json === true ? JSON.stringify(explained) : told(explained));
    });
}

function print(text: string): void {
  process.stdout.write(inertText(`${text}\n`));
}

function shown(digest: string): string {
  const rules = TIER_TABLE.rules.map(({ tier, because }) => `  ${tier}  ${TIER_REASON_TEXT[because]}`);
  const kinds = Object.entries(KIND_FLOORS).map(([kind, floor]) => `  ${floor.padEnd(6)}  ${kind}`);
  const policies = Object.keys(BUILT_IN_POLICIES).map(id => `  ${id}`);
  return [
    `policy ${digest}`,
    `rules of tiers, version ${TIER_TABLE.version}; the strictest that applies decides`,
    ...rules,
    'least tier of each kind of response',
    ...kinds,
    'who may do what',
    ...policies,
  ].join('\n');
}

/** The explanation, or what is wrong with what was asked. */
function explain(name: string, flags: Flags, house: HousePolicy): Explained | string {
  const [responder = '', operationName = ''] = name.split('/');
  const operation = RESPONDERS.get(responder)?.manifest.operations.find(one => one.name === operationName);
  if (operation === undefined) {
    const all = [...RESPONDERS.values()].flatMap(({ manifest }) =>
      manifest.operations.map(one => `${manifest.name}/${one.name}`),
    );
    return `\`${name}\` is no operation; there are ${all.join(', ')}`;
  }
  const facts = factsOf(flags);
  if (typeof facts === 'string') return facts;
  const { kind, touches, reversibility } = operation;
  const described = { ...facts, kind, touches, reversibility };
  const floor = policyFloorOf(house.set.floors, described);
  const { tier, reasons } = tierOf({ ...described, policyFloor: floor.tier });
  const times = tier === 'TX' ? { reviewMs: 0, startWithinSeconds: 0 } : TIMES[tier];
  return {
    operation: name,
    kind,
    policyDigest: house.set.digest,
    tier,
    rules: floor.rules,
    seats: quorumOf(tier, undefined).map(({ slot }) => slot),
    reviewSeconds: String(times.reviewMs / 1_000),
    startWithinSeconds: String(times.startWithinSeconds),
    reasons: reasons.map(reason => ({
      reason,
      tier: TIER_TABLE.rules.find(rule => rule.because === reason)?.tier ?? tier,
      text: TIER_REASON_TEXT[reason],
    })),
  };
}

type DescribedFacts = Omit<TierFacts, 'kind' | 'touches' | 'reversibility' | 'policyFloor'>;

function factsOf(flags: Flags): DescribedFacts | string {
  const wrong: string[] = [];
  const oneOf = <T extends string>(option: string, value: string, allowed: readonly T[]): T => {
    const found = allowed.find(one => one === value);
    if (found === undefined) wrong.push(`--${option} is one of ${allowed.join(', ')}`);
    return found ?? (allowed[0] as T);
  };
  const known: readonly Known[] = ['unknown', 'yes', 'no'];
  const facts: DescribedFacts = {
    isPrivileged: oneOf('privileged', flags.privileged, known),
    isMachine: oneOf('machine', flags.machine, known),
    isCritical: oneOf('critical', flags.critical, known),
    // Nobody describes these two: they are read at the target, and the explanation says so.
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate: /^\d{1,6}$/.test(flags.acts) ? Number(flags.acts) : wrong.push('--acts is a whole number'),
    dependentsKnown: oneOf('dependents', flags.dependents, ['unknown', 'known']) === 'known',
    coverage: oneOf('coverage', flags.coverage, ['unknown', 'complete', 'gaps']),
    hasRequiredGap: flags.requiredGap === true,
    undoesTier: flags.undoes === undefined ? undefined : oneOf<Tier>('undoes', flags.undoes, ['T3', 'T2', 'T1']),
  };
  return wrong.length === 0 ? facts : wrong.join('; ');
}

function told({
  operation,
  kind,
  policyDigest,
  tier,
  seats,
  reviewSeconds,
  startWithinSeconds,
  reasons,
  rules,
}: Explained) {
  return [
    `${operation} (${kind}): ${tier}, ${tier === 'TX' ? 'never done' : `seats: ${seats.join(', ')}`}`,
    ...reasons.map(
      reason =>
        `  ${reason.tier}  ${reason.text}${reason.reason === 'policy_is_stricter' ? `: ${rules.join(', ')}` : ''}`,
    ),
    `to be reviewed within ${reviewSeconds} s, and to start within ${startWithinSeconds} s of the last review`,
    'what a live read of the target finds can only raise this: the last administrator and our own login are never touched',
    `policy ${policyDigest}`,
  ].join('\n');
}
