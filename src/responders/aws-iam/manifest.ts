import type { Operation, ResponderManifest } from '../../ports/responder.ts';

const COMMON = { version: '1', touches: 'access', concurrencyControl: 'reread', settleMs: 5_000 } as const;

const pair = (
  contain: Pick<Operation, 'name' | 'title' | 'kind' | 'targetType' | 'd3fend'>,
  release: Pick<Operation, 'name' | 'title' | 'kind'>,
): readonly [Operation, Operation] => [
  { ...COMMON, ...contain, reversibility: 'exact', undo: release.name, residue: [] },
  {
    ...COMMON,
    ...release,
    targetType: contain.targetType,
    d3fend: 'D3-RUAA',
    reversibility: 'exact',
    undo: contain.name,
    residue: [],
  },
];

export const [DEACTIVATE_KEY, ACTIVATE_KEY] = pair(
  {
    name: 'deactivate-key',
    title: 'Deactivate an access key of a user in AWS',
    kind: 'rotate_key',
    targetType: 'saas_key',
    d3fend: 'D3-CR',
  },
  {
    name: 'activate-key',
    title: 'Activate an access key again that Countersign deactivated',
    kind: 'enable_account',
  },
);

export const [DENY_USER, ALLOW_USER] = pair(
  {
    name: 'deny-user',
    title: 'Deny a user in AWS everything, by a policy of its own',
    kind: 'disable_account',
    targetType: 'saas_user',
    d3fend: 'D3-AL',
  },
  {
    name: 'allow-user',
    title: 'Take the policy away by which Countersign denied a user everything',
    kind: 'enable_account',
  },
);

export const [DENY_ROLE, ALLOW_ROLE] = pair(
  {
    name: 'deny-role',
    title: 'Deny a role in AWS everything, sessions that are open too, by a policy of its own',
    kind: 'disable_account',
    targetType: 'saas_app',
    d3fend: 'D3-AL',
  },
  {
    name: 'allow-role',
    title: 'Take the policy away by which Countersign denied a role everything',
    kind: 'enable_account',
  },
);

/** What this responder can do in IAM, and the actions that its two users may. */
export const iamManifest: ResponderManifest = {
  name: 'aws-iam',
  title: 'Access keys, users and roles of an AWS account',
  operations: [DEACTIVATE_KEY, ACTIVATE_KEY, DENY_USER, ALLOW_USER, DENY_ROLE, ALLOW_ROLE],
  scopes: {
    read: [
      'iam:GetAccessKeyLastUsed',
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:GetUser',
      'iam:GetUserPolicy',
      'iam:ListAccessKeys',
      'iam:ListAttachedRolePolicies',
      'iam:ListAttachedUserPolicies',
    ],
    write: [
      'iam:DeleteRolePolicy',
      'iam:DeleteUserPolicy',
      'iam:PutRolePolicy',
      'iam:PutUserPolicy',
      'iam:UpdateAccessKey',
    ],
    forbidden: ['iam:CreateAccessKey', 'iam:AttachUserPolicy', 'iam:AttachRolePolicy', 'iam:PassRole'],
  },
};
