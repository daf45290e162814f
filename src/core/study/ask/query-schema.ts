import { z } from 'zod';
import { fail, ok, type Result } from '../../../base/result.ts';
import {
  type AlertField,
  type EntityKind,
  type EntityRole,
  SEVERITY_RANK,
  type Severity,
} from '../../../model/alert.ts';
import {
  ANSWER_ROWS_MAX,
  FILTER_LIST_MAX,
  type Grouping,
  ORDERS,
  QUERY_TEXT_MAX,
  type Query,
  WITHIN_MS_MAX,
} from '../../../model/query.ts';
import { ASKED_PREDICATES } from './lexicon.ts';

/*
 * What a query may look like, whoever made it: closed objects, words of closed lists, bounded lists and texts. Whatever
 * passes has a plan that reads no more than the incident's bound and gives no more than ANSWER_ROWS_MAX rows.
 */

export const ENTITY_KINDS = [
  'user',
  'nhi',
  'host',
  'ip',
  'domain',
  'url',
  'hash',
  'file',
  'process',
  'command_line',
  'mailbox',
  'message',
  'cloud_resource',
  'cloud_account',
  'access_key',
  'session',
  'database',
  'service',
] as const satisfies readonly EntityKind[];

export const ASKED_FIELDS = [
  'src_ip',
  'dst_ip',
  'user',
  'host',
  'process',
  'command_line',
  'file_path',
  'hash_sha256',
  'url',
  'domain',
  'rule_name',
  'action',
  'email_from',
  'email_to',
] as const satisfies readonly AlertField[];

export const INVOLVED_ROLES = ['entry', 'actor', 'pivot', 'target', 'infrastructure', 'bystander'] as const;
const ENTITY_ROLES = ['actor', 'target', 'observer', 'related'] as const satisfies readonly EntityRole[];
export const SEVERITIES = Object.keys(SEVERITY_RANK) as [Severity, ...Severity[]];
const TIME_MAX = 253_402_300_799_999;

const TEXT = z.string().min(1).max(QUERY_TEXT_MAX);
const TIME = z.int().min(0).max(TIME_MAX);
const KIND = z.enum(ENTITY_KINDS);
const KEY = TEXT.regex(new RegExp(`^(?:${ENTITY_KINDS.join('|')}):[^]+$`));
const LIMIT = z.int().min(1).max(ANSWER_ROWS_MAX);
const ORDER = z.enum(ORDERS);
const some = <T extends z.ZodType>(of: T) => z.array(of).min(1).max(FILTER_LIST_MAX);

const SPAN = z
  .strictObject({ from: TIME.optional(), to: TIME.optional() })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, 'it ends before it begins');

const WHERE = z.strictObject({
  entities: some(z.strictObject({ key: KEY, as: z.enum(ENTITY_ROLES).optional() })).optional(),
  predicates: some(z.enum(ASKED_PREDICATES as [string, ...string[]])).optional(),
  rules: some(TEXT).optional(),
  products: some(TEXT).optional(),
  techniques: some(z.string().regex(/^T\d{4}(\.\d{3})?$/)).optional(),
  severities: some(z.enum(SEVERITIES)).optional(),
  outcome: z.enum(['success', 'failure']).optional(),
  about: some(z.string().min(1).max(64)).optional(),
  span: SPAN.optional(),
});

const GROUPING = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('entity'), kinds: some(KIND), as: z.enum(ENTITY_ROLES).optional() }),
  z.strictObject({ by: z.literal('field'), field: z.enum(ASKED_FIELDS) }),
  z.strictObject({ by: z.literal('record'), name: z.string().min(1).max(64) }),
  z.strictObject({ by: z.enum(['rule', 'product', 'severity', 'technique', 'predicate', 'hour']) }),
]);

const ANCHOR = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('alert'), alert: z.string().regex(/^alr_[0-9a-z]{1,32}$/) }),
  z.strictObject({ kind: z.literal('time'), at: TIME }),
  z.strictObject({ kind: z.enum(['first', 'last']), where: WHERE }),
]);

/** Its members are those of {@link Query}; `test/ask` compares the two by their examples. */
export const QUERY = z.discriminatedUnion('form', [
  z.strictObject({ form: z.literal('alerts'), where: WHERE, order: ORDER, limit: LIMIT }),
  z.strictObject({ form: z.literal('values'), where: WHERE, of: GROUPING, order: ORDER, limit: LIMIT }),
  z.strictObject({ form: z.literal('count'), where: WHERE }),
  z.strictObject({
    form: z.literal('entities'),
    roles: z.array(z.enum(INVOLVED_ROLES)).max(INVOLVED_ROLES.length),
    kinds: z.array(KIND).max(ENTITY_KINDS.length),
    limit: LIMIT,
  }),
  z.strictObject({ form: z.literal('held'), entity: KEY, at: TIME.optional(), limit: LIMIT }),
  z.strictObject({
    form: z.literal('around'),
    anchor: ANCHOR,
    side: z.enum(['before', 'after', 'both']),
    withinMs: z.int().min(1).max(WITHIN_MS_MAX),
    where: WHERE,
    limit: LIMIT,
  }),
  z.strictObject({
    form: z.literal('coverage'),
    stream: TEXT.optional(),
    span: SPAN.optional(),
    only: z.enum(['all', 'gaps']),
    limit: LIMIT,
  }),
  z.strictObject({
    form: z.literal('decisions'),
    what: z.enum(['proposals', 'reviews', 'acts']),
    target: KEY.optional(),
    limit: LIMIT,
  }),
  z.strictObject({ form: z.literal('prevalence'), entity: KEY }),
  z.strictObject({ form: z.literal('absent'), where: WHERE }),
]);

/** A query from outside, or where it is wrong; says nothing of the value. Total. */
export function readQuery(value: unknown): Result<Query, string> {
  const parsed = QUERY.safeParse(value);
  if (parsed.success) return ok(parsed.data as Query);
  const [issue] = parsed.error.issues;
  return fail(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

/** Groupings of a builder, as a closed list: by kind of entity, by field, and by what we say of an alert. */
export const GROUPINGS: readonly Grouping[] = [
  { by: 'entity', kinds: ['user', 'nhi'] },
  ...ENTITY_KINDS.filter(kind => kind !== 'user' && kind !== 'command_line').map(
    (kind): Grouping => ({ by: 'entity', kinds: [kind] }),
  ),
  { by: 'field', field: 'command_line' },
  { by: 'field', field: 'action' },
  { by: 'field', field: 'email_from' },
  ...(['rule', 'predicate', 'product', 'severity', 'technique', 'hour'] as const).map((by): Grouping => ({ by })),
];
