import { fail, ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { ResponderContext, RightSeen, SystemConfig } from '../../ports/responder.ts';
import { readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { readSettings } from './config.ts';
import { postgresRoleManifest } from './manifest.ts';

const EXECUTE_ON = 'EXECUTE on ';
const executes = (signature: string) =>
  `coalesce(has_function_privilege(r.oid, to_regprocedure('${signature}'), 'EXECUTE'), false)`;
const touches = (table: string) =>
  `coalesce(has_table_privilege(r.oid, to_regclass('${table}'), 'SELECT, INSERT, UPDATE, DELETE'), false)`;

/** How each right of the manifest is asked of the catalogue, of the login `r`. */
const ASKED: { readonly [scope: string]: string } = {
  'CONNECT on the database': "has_database_privilege(r.oid, current_database(), 'CONNECT')",
  'USAGE on schema countersign':
    "coalesce(has_schema_privilege(r.oid, to_regnamespace('countersign'), 'USAGE'), false)",
  ...Object.fromEntries(
    [...postgresRoleManifest.scopes.read, ...postgresRoleManifest.scopes.write]
      .filter(scope => scope.startsWith(EXECUTE_ON))
      .map(scope => [scope, executes(scope.slice(EXECUTE_ON.length))]),
  ),
  SUPERUSER: 'r.rolsuper',
  CREATEROLE: 'r.rolcreaterole',
  CREATEDB: 'r.rolcreatedb',
  'membership in any other role': 'EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)',
  'ALTER ROLE': '(r.rolsuper OR r.rolcreaterole)',
  'EXECUTE on pg_terminate_backend for sessions of others': "pg_has_role(r.oid, 'pg_signal_backend', 'MEMBER')",
  'SELECT, INSERT, UPDATE or DELETE on countersign.act': touches('countersign.act'),
  'SELECT, INSERT, UPDATE or DELETE on countersign.trail': touches('countersign.trail'),
  'SELECT on pg_authid': "has_any_column_privilege(r.oid, 'pg_catalog.pg_authid', 'SELECT')",
};

/** Every right that the manifest needs or forbids, as the catalogue has it now for both logins. */
export async function seeRights(
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<readonly RightSeen[], Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const { readUser, writeUser } = settings.value;
  const secret = await context.readCredential();
  const login = { user: readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    return await withSession(settings.value, login, async session => {
      const seen: RightSeen[] = [];
      for (const [credential, user] of [
        ['read', readUser],
        ['write', writeUser],
      ] as const) {
        const wanted = wantedOf(credential);
        const columns = wanted.map(({ scope }, at) => `(${ASKED[scope] ?? 'NULL::boolean'})::text AS right_${at}`);
        const [row] = await session.ask(`SELECT ${columns.join(', ')} FROM pg_roles r WHERE r.rolname::text = $1`, [
          user,
        ]);
        for (const [at, { scope, need }] of wanted.entries()) {
          const value = row?.[`right_${at}`];
          // A login that is not there has no right at all.
          const granted = row === undefined ? 'no' : value === 'true' ? 'yes' : value === 'false' ? 'no' : 'unknown';
          const because = granted === 'unknown' ? 'nothing in the catalogue says' : '';
          seen.push({ credential, scope, need, granted, because });
        }
      }
      return ok(seen);
    });
  } catch (error) {
    return fail(readFailure('postgres-role', error, [secret]));
  }
}

function wantedOf(credential: 'read' | 'write'): readonly Pick<RightSeen, 'scope' | 'need'>[] {
  const { scopes } = postgresRoleManifest;
  return [
    ...scopes[credential].map(scope => ({ scope, need: 'needed' as const })),
    ...scopes.forbidden.map(scope => ({ scope, need: 'forbidden' as const })),
  ];
}
