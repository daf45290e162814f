import type { Contract, Schema } from './contract.ts';
import { FLAG, list, object, oneOf, operation, TEXT } from './slice-words.ts';

const NAME: Schema = { type: 'string', pattern: '^[\\w+=,.@-]+$', minLength: 1, maxLength: 128 };
const KEY: Schema = { type: 'string', pattern: '^[\\w]+$', minLength: 16, maxLength: 128 };
const STATUS = oneOf('Active', 'Inactive');
const VERSION = { Version: oneOf('2010-05-08') };

const USER = object({ UserName: TEXT, UserId: TEXT, Arn: TEXT, Path: TEXT, CreateDate: TEXT }, [
  'UserName',
  'UserId',
  'Arn',
  'Path',
  'CreateDate',
]);
const ROLE = object({ RoleName: TEXT, RoleId: TEXT, Arn: TEXT, Path: TEXT, CreateDate: TEXT }, [
  'RoleName',
  'RoleId',
  'Arn',
  'Path',
  'CreateDate',
]);
const USED = object(
  {
    UserName: TEXT,
    AccessKeyLastUsed: object({ LastUsedDate: TEXT, ServiceName: TEXT, Region: TEXT }, ['ServiceName', 'Region']),
  },
  [],
);
const KEYS = object(
  {
    AccessKeyMetadata: list(object({ UserName: TEXT, AccessKeyId: KEY, Status: STATUS, CreateDate: TEXT })),
    IsTruncated: FLAG,
  },
  ['AccessKeyMetadata'],
);
const policyOf = (word: string) =>
  object({ [`${word}Name`]: TEXT, PolicyName: TEXT, PolicyDocument: TEXT }, [
    `${word}Name`,
    'PolicyName',
    'PolicyDocument',
  ]);
const ATTACHED = object({ AttachedPolicies: list(object({ PolicyName: TEXT, PolicyArn: TEXT })), IsTruncated: FLAG });
const ERROR = object({ Error: object({ Code: TEXT, Message: TEXT }, ['Code']) }, ['Error']);
const ERRORS = { '400': ERROR, '403': ERROR, '404': ERROR };

const read = (action: string, result: Schema, query: { readonly [name: string]: Schema }) =>
  operation(`GET /${action}`, [`iam:${action}`], { '200': result, ...ERRORS }, { query: { ...VERSION, ...query } });
const write = (action: string, body: { readonly [name: string]: Schema }) =>
  operation(
    `POST /${action}`,
    [`iam:${action}`],
    { '200': object({}), ...ERRORS },
    {
      body: object({ ...VERSION, ...body }, ['Version', ...Object.keys(body)]),
    },
  );
const on = (word: string) => ({ [`${word}Name`]: NAME });

/**
 * What is used of IAM's query API, by hand from its service model: each action a path, its parameters a query or a body. The
 * right to an action bears its name.
 */
export const IAM_CONTRACT: Contract = {
  source: 'boto/botocore, botocore/data/iam/2010-05-08/service-2.json',
  operations: [
    read('GetUser', object({ User: USER }, ['User']), on('User')),
    read('GetRole', object({ Role: ROLE }, ['Role']), on('Role')),
    read('GetAccessKeyLastUsed', USED, { AccessKeyId: KEY }),
    read('ListAccessKeys', KEYS, on('User')),
    ...['User', 'Role'].flatMap(word => [
      read(`Get${word}Policy`, policyOf(word), { ...on(word), PolicyName: NAME }),
      read(`ListAttached${word}Policies`, ATTACHED, on(word)),
      write(`Put${word}Policy`, { ...on(word), PolicyName: NAME, PolicyDocument: { type: 'string', minLength: 1 } }),
      write(`Delete${word}Policy`, { ...on(word), PolicyName: NAME }),
    ]),
    write('UpdateAccessKey', { ...on('User'), AccessKeyId: KEY, Status: STATUS }),
  ],
};
