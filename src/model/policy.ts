import type { DrillSetting } from './drill.ts';
import type { KindId } from './kind.ts';
import type { Presentation, Tier } from './proposal.ts';
import type { Role } from './review.ts';

/** What a floor may ask of a target. Of a mark that is not known it is taken to be there. */
export type FloorTarget = 'privileged' | 'machine' | 'critical';

/**
 * One way in which an installation is stricter than the code. Everything that it names has to hold for it to apply; what it
 * does not name is any. There is no way to write one that asks for less.
 */
export interface PolicyFloor {
  readonly id: string;
  /** The least tier of what it applies to. TX: never done here. */
  readonly atLeast: 'T2' | 'T3' | 'TX';
  readonly kinds: readonly KindId[];
  readonly touches: readonly ('identity' | 'access' | 'production')[];
  /** Any one of them is enough. */
  readonly targets: readonly FloorTarget[];
  /** Only where telemetry is not complete. */
  readonly isForGaps: boolean;
  /** Only from so many acts of the kind within an hour on. */
  readonly fromActs: number;
  readonly because: string;
}

/** A Cedar policy that forbids somebody something. */
export interface PolicyForbid {
  readonly id: string;
  readonly cedar: string;
  readonly because: string;
}

/** What a test of a policy file describes: an act, or a person who wants to do something. */
export type PolicyTest =
  | {
      readonly of: 'act';
      readonly name: string;
      readonly kind: KindId;
      readonly touches: 'identity' | 'access' | 'production' | 'own';
      readonly marks: { readonly [T in FloorTarget]: 'yes' | 'no' | 'unknown' };
      readonly hasGaps: boolean;
      readonly actsOfLate: number;
      readonly expect: Tier;
    }
  | {
      readonly of: 'person';
      readonly name: string;
      readonly roles: readonly Role[];
      readonly action: string;
      readonly signedWith: 'passkey' | 'session' | 'browser_key' | 'none';
      readonly expect: 'allowed' | 'denied';
    };

/** A policy of an installation, as its file says it. */
export interface PolicyFile {
  readonly name: string;
  readonly version: string;
  readonly floors: readonly PolicyFloor[];
  readonly forbids: readonly PolicyForbid[];
  /** Who takes part in drills; undefined where nobody does. */
  readonly drills: DrillSetting | undefined;
  readonly tests: readonly PolicyTest[];
}

/** What is wrong with a policy file, and where: the path of the member, `floors.0.kinds`. */
export interface PolicyProblem {
  readonly at: string;
  readonly text: string;
}

/** The object of this installation's policy, of which there is one. */
export const POLICY_OBJECT = 'policy/house';
/** A policy file is one that a person can read. */
export const POLICY_CHARS_MAX = 32_768;

/** One rule of a policy, as a person reads it. */
export interface RuleLine {
  readonly id: string;
  readonly text: string;
}

/** A policy as it is told of: its name, and its rules. */
export interface ToldPolicy {
  readonly title: string;
  readonly lines: readonly RuleLine[];
}

/** The policy of an installation that adopted none. */
export const BUILT_IN: ToldPolicy = { title: 'the built-in rules alone', lines: [] };

/** What changes from one policy to another, as it is shown and signed. */
export function policyChanges(before: ToldPolicy, after: ToldPolicy): Presentation['changes'] {
  const was = new Map(before.lines.map(({ id, text }) => [id, text]));
  const is = new Map(after.lines.map(({ id, text }) => [id, text]));
  const ids = [...new Set([...was.keys(), ...is.keys()])].filter(id => was.get(id) !== is.get(id)).sort();
  return [
    { path: 'policy', from: before.title, to: after.title },
    ...ids.map(id => ({ path: `rule.${id}`, from: was.get(id) ?? 'no such rule', to: is.get(id) ?? 'no such rule' })),
  ];
}
