import type { Contract } from './contract.ts';
import { FLAG, list, object, operation, orNull, TEXT, TIME, WHOLE } from './slice-words.ts';

const ERROR = object({ error: object({ code: TEXT, message: TEXT }, ['code', 'message']) }, ['error']);
const USER = object(
  {
    id: TEXT,
    userPrincipalName: TEXT,
    accountEnabled: orNull(FLAG),
    signInSessionsValidFromDateTime: orNull(TIME),
    onPremisesSyncEnabled: orNull(FLAG),
  },
  ['id'],
);
const ROLE = object({ id: TEXT, displayName: TEXT, roleTemplateId: TEXT }, ['id']);
const APP_ROLE = object({ id: TEXT, value: orNull(TEXT) }, ['id']);
const APP = object(
  { id: TEXT, appId: TEXT, displayName: TEXT, accountEnabled: orNull(FLAG), appRoles: list(APP_ROLE) },
  ['id'],
);
const GRANT = object({ id: TEXT, resourceDisplayName: orNull(TEXT), appRoleId: TEXT, resourceId: TEXT });
const PASSWORD = object({ keyId: TEXT, displayName: orNull(TEXT), endDateTime: orNull(TIME), hint: orNull(TEXT) });
const REGISTRATION = object({ id: TEXT, appId: TEXT, displayName: TEXT, passwordCredentials: list(PASSWORD) }, ['id']);
const page = (entry: object) => object({ value: list({ ...entry }), '@odata.nextLink': TEXT }, ['value']);

const READ = ['Directory.Read.All'];
const WRITE_APPS = ['Application.ReadWrite.All'];
const SELECT = { query: { $select: TEXT } };
const ERRORS = { '400': ERROR, '403': ERROR, '404': ERROR, '429': ERROR };
const GLOBALS = "/directoryRoles(roleTemplateId='{roleTemplateId}')/members/microsoft.graph.user";

/** What is used of Microsoft Graph v1.0, by hand from its reference. Of several rights that suffice the one that is used is named. */
export const GRAPH_CONTRACT: Contract = {
  source:
    'learn.microsoft.com/graph/api, v1.0: user-get, user-list, user-update, user-revokesigninsessions, serviceprincipal-get, serviceprincipal-update, application-get, application-removepassword, directoryrole-list-members',
  operations: [
    operation(
      'GET /users',
      READ,
      { '200': page(USER), ...ERRORS },
      { query: { $filter: TEXT, $select: TEXT, $top: WHOLE } },
    ),
    operation('GET /users/{id}', READ, { '200': USER, ...ERRORS }, SELECT),
    operation(
      'PATCH /users/{id}',
      ['User.EnableDisableAccount.All'],
      { '204': null, ...ERRORS },
      {
        body: object({ accountEnabled: FLAG }, ['accountEnabled']),
      },
    ),
    operation('POST /users/{id}/revokeSignInSessions', ['User.RevokeSessions.All'], {
      '200': object({ value: FLAG }, ['value']),
      ...ERRORS,
    }),
    operation(
      'GET /users/{id}/transitiveMemberOf/microsoft.graph.directoryRole',
      READ,
      { '200': page(ROLE), ...ERRORS },
      SELECT,
    ),
    operation(`GET ${GLOBALS}`, READ, { '200': page(USER), ...ERRORS }, SELECT),
    operation("GET /servicePrincipals(appId='{appId}')", READ, { '200': APP, ...ERRORS }, SELECT),
    operation('GET /servicePrincipals/{id}', READ, { '200': APP, ...ERRORS }, SELECT),
    operation('GET /servicePrincipals/{id}/appRoleAssignments', READ, { '200': page(GRANT), ...ERRORS }),
    operation(
      'PATCH /servicePrincipals/{id}',
      WRITE_APPS,
      { '204': null, ...ERRORS },
      {
        body: object({ accountEnabled: FLAG }, ['accountEnabled']),
      },
    ),
    operation("GET /applications(appId='{appId}')", READ, { '200': REGISTRATION, ...ERRORS }, SELECT),
    operation('GET /applications/{id}', READ, { '200': REGISTRATION, ...ERRORS }, SELECT),
    operation(
      'POST /applications/{id}/removePassword',
      WRITE_APPS,
      { '204': null, ...ERRORS },
      {
        body: object({ keyId: TEXT }, ['keyId']),
      },
    ),
  ],
};
