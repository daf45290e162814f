import type { Contract } from './contract.ts';
import { FLAG, list, object, oneOf, operation, TEXT, WHOLE } from './slice-words.ts';

const USER = object(
  {
    id: TEXT,
    team_id: TEXT,
    name: TEXT,
    deleted: FLAG,
    is_bot: FLAG,
    is_admin: FLAG,
    is_owner: FLAG,
    is_primary_owner: FLAG,
    updated: WHOLE,
    profile: object({ real_name: TEXT, email: TEXT }),
  },
  ['id'],
);
/** A no is a 200, too. */
const answered = (more: { readonly [name: string]: object }) => object({ ok: FLAG, error: TEXT, ...more }, ['ok']);
const SCIM_ERROR = object({ Errors: object({ description: TEXT, code: WHOLE }) });
const SCIM_USER = object({ schemas: list(TEXT), id: TEXT, userName: TEXT, active: FLAG }, ['id', 'active']);
const PATCH = {
  ...object(
    {
      schemas: list(oneOf('urn:ietf:params:scim:api:messages:2.0:PatchOp')),
      Operations: list(object({ op: oneOf('replace'), path: oneOf('active'), value: FLAG }, ['op', 'path', 'value'])),
    },
    ['schemas', 'Operations'],
  ),
  additionalProperties: false,
};
const RESET = {
  ...object({ user_id: TEXT, mobile_only: FLAG, web_only: FLAG }, ['user_id']),
  additionalProperties: false,
};
const SCIM_NO = { '401': SCIM_ERROR, '403': SCIM_ERROR, '404': SCIM_ERROR, '429': SCIM_ERROR };

/** What is used of Slack's methods and of its SCIM, by hand. */
export const SLACK_CONTRACT: Contract = {
  source: 'docs.slack.dev: methods users.info and admin.users.session.reset, SCIM API 2.0 (RFC 7644, 3.5.2)',
  operations: [
    operation(
      'GET /api/users.info',
      ['users:read'],
      { '200': answered({ user: USER }), '429': answered({}) },
      { query: { user: TEXT, include_locale: FLAG } },
    ),
    operation(
      'POST /api/admin.users.session.reset',
      ['admin.users:write'],
      { '200': answered({}), '429': answered({}) },
      { body: RESET },
    ),
    operation('PATCH /scim/v2/Users/{id}', ['admin'], { '200': SCIM_USER, ...SCIM_NO }, { body: PATCH }),
  ],
};
