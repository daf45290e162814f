import type { Contract, Schema } from './contract.ts';
import { FLAG, list, object, orNull, operation as row, TEXT, TIME, WHOLE } from './slice-words.ts';

const ERROR = object({ errorCode: TEXT, errorSummary: TEXT, errorLink: TEXT, errorId: TEXT, errorCauses: list({}) });
const STATUS: Schema = {
  type: 'string',
  enum: ['ACTIVE', 'DEPROVISIONED', 'LOCKED_OUT', 'PASSWORD_EXPIRED', 'PROVISIONED', 'RECOVERY', 'STAGED', 'SUSPENDED'],
};
const USER = object({
  id: TEXT,
  status: STATUS,
  statusChanged: orNull(TIME),
  lastLogin: orNull(TIME),
  lastUpdated: TIME,
  profile: object({ login: { type: 'string', minLength: 5, maxLength: 100 }, email: TEXT }),
});
const ROLE = object(
  {
    id: TEXT,
    label: TEXT,
    type: {
      type: 'string',
      enum: [
        ...['API_ACCESS_MANAGEMENT_ADMIN', 'APP_ADMIN', 'GROUP_MEMBERSHIP_ADMIN', 'HELP_DESK_ADMIN'],
        ...['ORG_ADMIN', 'READ_ONLY_ADMIN', 'REPORT_ADMIN', 'SUPER_ADMIN', 'USER_ADMIN', 'WORKFLOWS_ADMIN', 'CUSTOM'],
        ...['ACCESS_CERTIFICATIONS_ADMIN', 'ACCESS_REQUESTS_ADMIN'],
      ],
    },
    status: { type: 'string', enum: ['ACTIVE', 'INACTIVE'] },
    assignmentType: { type: 'string', enum: ['CLIENT', 'GROUP', 'USER'] },
  },
  ['type'],
);
const SECRET = object({
  id: TEXT,
  client_secret: TEXT,
  secret_hash: TEXT,
  created: TEXT,
  lastUpdated: TEXT,
  status: { type: 'string', enum: ['ACTIVE', 'INACTIVE'] },
});
const ASSIGNEES = object({ value: list(object({ id: TEXT, orn: TEXT })), _links: object({}) });
const EVENT = object(
  {
    uuid: TEXT,
    published: TIME,
    eventType: TEXT,
    displayMessage: TEXT,
    actor: object({ id: TEXT, type: TEXT, alternateId: TEXT }),
    client: object({ id: TEXT, ipAddress: TEXT }),
    outcome: object({
      result: {
        type: 'string',
        enum: [
          ...['SUCCESS', 'FAILURE', 'SKIPPED', 'ALLOW', 'DENY', 'CHALLENGE', 'UNKNOWN', 'RATE_LIMIT', 'DEFERRED'],
          ...['SCHEDULED', 'ABANDONED', 'UNANSWERED'],
        ],
      },
    }),
    target: list(object({ id: TEXT, type: TEXT, alternateId: TEXT })),
  },
  [],
);
const APP = object({ id: TEXT, label: TEXT, status: { type: 'string', enum: ['ACTIVE', 'INACTIVE', 'DELETED'] } });

const ERRORS = { '403': ERROR, '404': ERROR, '429': ERROR } as const;
const WITH_401 = { '401': ERROR, ...ERRORS } as const;
const operation = (
  name: string,
  scope: string,
  answers: { readonly [status: string]: Schema | null },
  query: { readonly [name: string]: Schema } = {},
) => row(name, [scope], answers, { query });

const SECRETS = '/api/v1/apps/{appId}/credentials/secrets';

/**
 * What is used of Okta's management API, written by hand from its document. `okta-slice.test.ts` holds it against the document
 * itself, where that is at hand.
 */
export const OKTA_CONTRACT: Contract = {
  source: 'okta/okta-management-openapi-spec, dist/current/management-minimal.yaml, 2026.06.3 (Apache-2.0)',
  operations: [
    operation(
      'GET /api/v1/users',
      'okta.users.read',
      { '200': list(USER), '403': ERROR, '429': ERROR },
      { filter: TEXT, limit: WHOLE, after: TEXT, search: TEXT },
    ),
    operation('GET /api/v1/users/{id}', 'okta.users.read', { '200': USER, ...ERRORS }, { expand: TEXT }),
    operation('POST /api/v1/users/{id}/lifecycle/suspend', 'okta.users.manage', {
      '200': null,
      '400': ERROR,
      ...ERRORS,
    }),
    operation('POST /api/v1/users/{id}/lifecycle/unsuspend', 'okta.users.manage', { '200': null, ...ERRORS }),
    operation(
      'DELETE /api/v1/users/{userId}/sessions',
      'okta.users.manage',
      { '204': null, ...ERRORS },
      { oauthTokens: FLAG, forgetDevices: FLAG },
    ),
    operation(
      'GET /api/v1/users/{userId}/roles',
      'okta.roles.read',
      { '200': list(ROLE), ...ERRORS },
      { expand: TEXT },
    ),
    operation(
      'GET /api/v1/iam/assignees/users',
      'okta.roles.read',
      { '200': ASSIGNEES, '403': ERROR, '429': ERROR },
      { after: TEXT, limit: WHOLE },
    ),
    operation(
      'GET /api/v1/logs',
      'okta.logs.read',
      { '200': list(EVENT), '400': ERROR, '403': ERROR, '429': ERROR },
      {
        since: TEXT,
        after: TEXT,
        filter: TEXT,
        limit: WHOLE,
        sortOrder: { type: 'string', enum: ['ASCENDING', 'DESCENDING'] },
      },
    ),
    operation('GET /api/v1/apps/{appId}', 'okta.apps.read', { '200': APP, ...ERRORS }, { expand: TEXT }),
    operation(`GET ${SECRETS}`, 'okta.apps.read', { '200': list(SECRET), ...WITH_401 }),
    operation(`POST ${SECRETS}/{secretId}/lifecycle/activate`, 'okta.apps.manage', { '200': SECRET, ...WITH_401 }),
    operation(`POST ${SECRETS}/{secretId}/lifecycle/deactivate`, 'okta.apps.manage', {
      '200': SECRET,
      '400': ERROR,
      ...WITH_401,
    }),
  ],
};
