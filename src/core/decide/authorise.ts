import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Digest } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { DrillSetting } from '../../model/drill.ts';
import type { PolicyFloor } from '../../model/policy.ts';
import type { Person, Role } from '../../model/review.ts';
import { BUILT_IN_POLICIES, policyDigestOf, SCHEMA } from './policy.ts';

const SCHEMA_NAME = 'countersign';

/** Everything that somebody may want to do. Each is an action of the policy schema. */
export const ACTIONS = [
  'read',
  'ingest',
  'edit_incident',
  'propose',
  'review_t1',
  'review_t2',
  'review_t3',
  'break_glass',
  'invite',
  'sign_inventory',
  'stop',
  'release_stop',
  'read_log',
  'read_metrics',
  'change_policy',
] as const;
export type Action = (typeof ACTIONS)[number];

/** Who asks. A machine has no roles: what it may do is spelled out per action in the policy. */
export type Principal =
  | { readonly kind: 'person'; readonly id: string; readonly roles: readonly Role[]; readonly isActive: boolean }
  | {
      readonly kind: 'machine';
      readonly id: string;
      readonly purpose: 'ingest' | 'operator_cli' | 'agent' | 'ai' | 'executor';
    };

/** A person as who asks. */
export function principalOf({ id, roles, isActive }: Person): Principal {
  return { kind: 'person', id, roles, isActive };
}

export interface Authorisation {
  readonly isAllowed: boolean;
  /** Ids of the policies that decided; for an error, what went wrong. */
  readonly reasons: readonly string[];
}

/** Facts of the request that policies may look at. */
export interface RequestContext {
  readonly isContributor?: boolean;
  readonly signedWith?: 'passkey' | 'session' | 'browser_key' | 'none';
}

/** A set of policies that passed strict validation, made by {@link loadPolicies} alone. Its digest is what a review binds. */
export interface PolicySet {
  readonly digest: Digest;
  readonly policies: Readonly<Record<string, string>>;
  /** Where this installation asks for more than the code does. */
  readonly floors: readonly PolicyFloor[];
  /** Who takes part in drills; absent where nobody does. It decides on no act, so the digest leaves it out. */
  readonly drills?: DrillSetting;
}

/**
 * Loads policies, or says why not. Strict validation, because an error inside a `forbid` is skipped by the engine and
 * would turn a no into a yes. The built-in policies are always part of the set: others can only add to them.
 */
export function loadPolicies(
  extra: Readonly<Record<string, string>>,
  floors: readonly PolicyFloor[] = [],
): Result<PolicySet, string> {
  for (const id of Object.keys(extra)) {
    if (Object.hasOwn(BUILT_IN_POLICIES, id)) return fail(`policy \`${id}\` would replace a built-in one`);
    // By the engine's own reading: a word in the text may stand in an annotation or a comment.
    const read = cedar.policyToJson(extra[id] ?? '');
    if (read.type === 'failure') return fail(`policy \`${id}\`: ${read.errors.map(error => error.message).join('; ')}`);
    if (read.json.effect !== 'forbid') return fail(`policy \`${id}\` is not a forbid: policies can only tighten`);
  }
  const policies = { ...BUILT_IN_POLICIES, ...extra };
  const validated = cedar.validate({
    schema: SCHEMA,
    policies: { staticPolicies: policies },
    validationSettings: { mode: 'strict' },
  });
  if (validated.type === 'failure') return fail(validated.errors.map(error => error.message).join('; '));
  const [error] = validated.validationErrors;
  if (error !== undefined) return fail(`policy \`${error.policyId}\`: ${error.error.message}`);
  const digest = policyDigestOf(policies, floors);
  // The engine keeps parsed policies under a name; parsing them for each decision is some ten times slower.
  for (const parsed of [
    cedar.preparseSchema(SCHEMA_NAME, SCHEMA),
    cedar.preparsePolicySet(digest, { staticPolicies: policies }),
  ]) {
    if (parsed.type === 'failure') return fail(parsed.errors.map(problem => problem.message).join('; '));
  }
  return ok({ digest, policies, floors });
}

/**
 * May this principal do this? No unless a policy permits it and none forbids it. Any error, of the engine or of one
 * policy, is a no (POL-01): Cedar itself would leave an erring `forbid` out and allow.
 */
export function authorise(
  set: PolicySet,
  principal: Principal,
  action: Action,
  context: RequestContext = {},
): Authorisation {
  // Nothing but what stands in the question can change its answer, and asking the engine costs more than most requests do besides.
  const { isContributor = true, signedWith = 'none' } = context;
  const question = JSON.stringify([set.digest, principal, action, isContributor, signedWith]);
  const known = ANSWERED.get(question);
  if (known !== undefined) return known;
  const answer = ask(set, principal, action, context);
  // A no may come of an engine that failed, which must not keep anybody out for longer than it fails.
  if (!answer.isAllowed) return answer;
  if (ANSWERED.size >= ANSWERED_MAX) ANSWERED.clear();
  ANSWERED.set(question, answer);
  return answer;
}

const ANSWERED_MAX = 1_000;
const ANSWERED = new Map<string, Authorisation>();

function ask(set: PolicySet, principal: Principal, action: Action, context: RequestContext): Authorisation {
  let answer: cedar.AuthorizationAnswer;
  try {
    answer = cedar.statefulIsAuthorized({
      principal: { type: principal.kind === 'person' ? 'Person' : 'Machine', id: principal.id },
      action: { type: 'Action', id: action },
      resource: { type: 'Installation', id: 'this' },
      context: { isContributor: context.isContributor ?? true, signedWith: context.signedWith ?? 'none' },
      preparsedPolicySetId: set.digest,
      preparsedSchemaName: SCHEMA_NAME,
      entities: entitiesOf(principal),
      validateRequest: true,
    });
  } catch (thrown) {
    return { isAllowed: false, reasons: [`policy engine: ${thrown instanceof Error ? thrown.message : 'failed'}`] };
  }
  if (answer.type === 'failure')
    return { isAllowed: false, reasons: answer.errors.map(error => `policy engine: ${error.message}`) };
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) {
    return {
      isAllowed: false,
      reasons: diagnostics.errors.map(error => `policy \`${error.policyId}\` failed: ${error.error.message}`),
    };
  }
  return { isAllowed: decision === 'allow', reasons: diagnostics.reason };
}

function entitiesOf(principal: Principal): cedar.Entities {
  const installation = { uid: { type: 'Installation', id: 'this' }, attrs: {}, parents: [] };
  return principal.kind === 'person'
    ? [
        installation,
        {
          uid: { type: 'Person', id: principal.id },
          attrs: { roles: [...principal.roles], isActive: principal.isActive },
          parents: [],
        },
      ]
    : [
        installation,
        { uid: { type: 'Machine', id: principal.id }, attrs: { purpose: principal.purpose }, parents: [] },
      ];
}
