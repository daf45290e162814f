import type { Contract, Schema } from './contract.ts';
import { list, object, operation, orNull, TEXT } from './slice-words.ts';

const STATUS = object({ id: TEXT, name: TEXT, statusCategory: object({ key: TEXT }) }, ['id', 'name']);
const PERSON = orNull(object({ accountId: TEXT, displayName: TEXT }));
const OTHER = object({ id: TEXT, key: TEXT }, ['key']);
const LINK = object({ type: object({ inward: TEXT, outward: TEXT }), inwardIssue: OTHER, outwardIssue: OTHER });
const ISSUE = object(
  {
    id: TEXT,
    key: TEXT,
    fields: object({
      summary: TEXT,
      status: STATUS,
      project: object({ id: TEXT, key: TEXT }),
      updated: TEXT,
      assignee: PERSON,
      reporter: PERSON,
      issuelinks: list(LINK),
      subtasks: list(OTHER),
    }),
  },
  ['id', 'key', 'fields'],
);
const TRANSITIONS = object({ transitions: list(object({ id: TEXT, name: TEXT, to: STATUS }, ['id', 'to'])) });
const ERROR = object({ errorMessages: list(TEXT), errors: object({}) });
const MOVE: Schema = object({ transition: { ...object({ id: TEXT }, ['id']), additionalProperties: false } }, [
  'transition',
]);
const ONE = '/rest/api/3/issue/{issueIdOrKey}';

/** What is used of Jira Cloud's REST API, by hand. Its classic scopes are named for each operation. */
export const JIRA_CONTRACT: Contract = {
  source: 'The Jira Cloud platform REST API, swagger-v3.v3.json: getIssue, getTransitions and doTransition',
  operations: [
    operation(
      `GET ${ONE}`,
      ['read:jira-work'],
      { '200': ISSUE, '401': ERROR, '404': ERROR },
      { query: { fields: TEXT, expand: TEXT } },
    ),
    operation(
      `GET ${ONE}/transitions`,
      ['read:jira-work'],
      { '200': TRANSITIONS, '401': ERROR, '404': ERROR },
      { query: { transitionId: TEXT, expand: TEXT } },
    ),
    operation(
      `POST ${ONE}/transitions`,
      ['write:jira-work'],
      { '204': null, '400': ERROR, '401': ERROR, '404': ERROR },
      { body: MOVE },
    ),
  ],
};
