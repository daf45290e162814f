import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import { everyRight } from '../../src/core/act/rights.ts';
import { looker } from '../../src/executor/looker.ts';
import type { RightSeen } from '../../src/ports/responder.ts';
import { entraManifest } from '../../src/responders/entra/manifest.ts';
import { keycloakManifest } from '../../src/responders/keycloak/manifest.ts';
import { ldapAccountManifest } from '../../src/responders/ldap-account/manifest.ts';
import { startEntraUsers } from './entra-target.ts';
import { NO_KEYCLOAK, START_MS_MAX } from './keycloak-server.ts';
import { type KeycloakTarget, READ, startKeycloakUsers, WRITE } from './keycloak-target.ts';
import { type LdapTarget, startLdapTarget } from './ldap-target.ts';
import { startOktaUsers } from './okta-target.ts';
import { type PostgresTarget, startPostgresTarget } from './postgres-target.ts';
import { NO_REDIS, type RedisTarget, startRedisTarget } from './redis-target.ts';
import { NO_SLAPD } from './slapd.ts';
import type { VendorTarget } from './vendor/vendor-target.ts';

/** What a look shows of a real server: each right as `credential need scope`, by whether it is granted. */
async function looked(
  target: ConformanceTarget,
  timeoutMs?: number,
): Promise<ReadonlyMap<string, RightSeen['granted']> | string> {
  const { responder, system, secrets } = target;
  const context = looker({
    config: system,
    readCredential: secrets.read,
    writeCredential: 'a look has no use for it',
    probeCredential: undefined,
  });
  const answered = await responder.rights?.(system, timeoutMs === undefined ? context : { ...context, timeoutMs });
  if (answered === undefined) throw new Error('it tells no rights');
  if (!answered.ok) return answered.failure.code;
  const rights = everyRight(responder.manifest, answered.value, '');
  return new Map(rights.map(({ credential, need, scope, granted }) => [`${credential} ${need} ${scope}`, granted]));
}

/** Those that are not as they should be. */
function faults(rights: ReadonlyMap<string, RightSeen['granted']> | string): readonly string[] | string {
  if (typeof rights === 'string') return rights;
  return [...rights]
    .filter(([right, granted]) => granted !== 'unknown' && (granted === 'yes') !== right.includes(' needed '))
    .map(([right, granted]) => `${right}: ${granted}`);
}

async function during<T>({ apply, revert }: Pick<Change, 'apply' | 'revert'>, work: () => Promise<T>): Promise<T> {
  await apply();
  try {
    return await work();
  } finally {
    await revert();
  }
}

/** What a look shows while each change holds, as `change: what is not as it should be`. */
async function seenDuring(target: ConformanceTarget, changes: readonly Change[]): Promise<readonly string[]> {
  const seen: string[] = [];
  for (const change of changes) {
    const found = await during(change, async () => faults(await looked(target)));
    seen.push(`${change.name}: ${Array.isArray(found) ? found.join(', ') : found}`);
  }
  return seen;
}

function rightsOf(
  title: string,
  start: () => Promise<ConformanceTarget>,
  notHere: string | undefined,
  {
    missing,
    told,
    tooMuch,
  }: {
    /** What is seen while each right that the suite takes away is gone. */
    readonly missing: readonly string[];
    /** Rights that the target tells of; `all`: nothing is unknown. */
    readonly told: readonly string[] | 'all';
    /** Rights that are given beyond what is needed, and what is seen of each. */
    readonly tooMuch: (target: ConformanceTarget) => readonly (Change & { readonly seen: string })[];
  },
) {
  const named = `the rights of ${title}${notHere === undefined ? '' : ` (${notHere})`}`;
  describe.skipIf(notHere !== undefined)(named, () => {
    let target: ConformanceTarget;
    beforeAll(async () => {
      target = await start();
    }, START_MS_MAX);
    afterEach(() => target?.restore());
    afterAll(() => target?.close());

    test('are as they should be where it was set up as its README says, and looking changes nothing', async () => {
      const before = await target.snapshot();
      const rights = await looked(target);
      expect(faults(rights)).toEqual([]);
      if (typeof rights === 'string') throw new Error(rights);
      const known = [...rights].filter(([, granted]) => granted !== 'unknown').map(([right]) => right);
      expect(known).toEqual(told === 'all' ? [...rights.keys()] : told);
      expect(await target.snapshot()).toBe(before);
    });
    test('are shown as missing when one is taken away', async () => {
      expect(await seenDuring(target, target.scopes)).toEqual(missing);
    });
    test('are shown as too much when more is given', async () => {
      const changes = tooMuch(target);
      expect(await seenDuring(target, changes)).toEqual(changes.map(({ name, seen }) => `${name}: ${seen}`));
    });
    test('are told by nobody while the server does not answer', async () => {
      target.proxy.reset();
      target.proxy.silenceAt(0);
      const unreachable = { ...target, system: target.proxied };
      expect(await looked(unreachable, 500)).toBe('responder.unreachable');
      target.proxy.reset();
    });
  });
}

rightsOf('redis-user, on a Redis', startRedisTarget, NO_REDIS, {
  told: 'all',
  missing: [
    '+acl|getuser of the reader: responder.missing_scope',
    '+acl|users of the reader: read needed +acl|users: no',
    '+acl|dryrun of the reader: responder.missing_scope',
    '+client|list of the reader: read needed +client|list: no',
    '+acl|getuser of the writer: write needed +acl|getuser: no',
    '+acl|setuser of the writer: write needed +acl|setuser: no',
    '+client|kill of the writer: write needed +client|kill: no',
    '+multi of the writer: write needed +multi: no',
    '+exec of the writer: write needed +exec: no',
    'the writer itself: write needed +acl|getuser: no, write needed +acl|setuser: no, write needed +client|kill: no, write needed +multi: no, write needed +exec: no',
  ],
  tooMuch: target => {
    const given = (right: string, seen: string, user = 'countersign-write') => ({
      name: `${right} to ${user}`,
      seen,
      apply: () => (target as RedisTarget).set(user, right),
      revert: () => target.restore(),
    });
    return [
      given('+config|get', 'write forbidden +config: yes'),
      given('+flushall', 'write forbidden +flushall: yes'),
      given('~payroll:*', 'write forbidden any key: yes'),
      given('(%R~payroll:* +get)', 'write forbidden any key: yes'),
      given('&news', 'read forbidden any channel: yes', 'countersign-read'),
      given('+eval', 'read forbidden +eval: yes', 'countersign-read'),
    ];
  },
});

rightsOf('ldap-account, on a slapd', startLdapTarget, NO_SLAPD, {
  // Nothing of the account that writes, and nothing that it would take a change to try.
  told: [
    `read needed ${ldapAccountManifest.scopes.read[0]}`,
    'read needed read supportedControl of the root DSE',
    'read forbidden read userPassword',
  ],
  missing: [
    ...['entryUUID', 'entryCSN', 'pwdAccountLockedTime'].map(
      attribute =>
        `dn.subtree="ou=people,dc=example,dc=org" attrs=${attribute}: read needed ${ldapAccountManifest.scopes.read[0]}: no`,
    ),
    // A group whose members may not be seen looks like one without any.
    'dn.exact="cn=admins,ou=groups,dc=example,dc=org" attrs=member: ',
    '*: responder.missing_scope',
    'the bind: responder.missing_scope',
  ],
  tooMuch: target => {
    const { rules, usualRules } = target as LdapTarget;
    const reader = target.system.settings['readDn'];
    return [
      {
        name: 'passwords to the account that reads',
        seen: 'read forbidden read userPassword: yes',
        apply: () => rules([`to attrs=userPassword by dn.exact="${reader}" read by * break`, ...usualRules]),
        revert: () => rules(usualRules),
      },
    ];
  },
});

rightsOf('postgres-role, on a PostgreSQL', startPostgresTarget, undefined, {
  told: 'all',
  missing: [
    ...['role_state', 'role_sessions'].map(
      name =>
        `EXECUTE ON FUNCTION countersign.${name}(oid) from countersign_read: read needed EXECUTE on countersign.${name}(oid): no`,
    ),
    ...['lock_role', 'unlock_role', 'end_role_sessions'].map(
      name =>
        `EXECUTE ON FUNCTION countersign.${name}(oid, jsonb, text) from countersign_write: write needed EXECUTE on countersign.${name}(oid, jsonb, text): no`,
    ),
    'USAGE ON SCHEMA countersign from countersign_read: responder.missing_scope',
    'USAGE ON SCHEMA countersign from countersign_write: write needed USAGE on schema countersign: no',
    // Rights of the functions' owner are no rights of either login: each plan says that they are missing.
    'pg_signal_backend from countersign_owner: ',
    'pg_read_all_stats from countersign_owner: ',
    'ADMIN on the role from countersign_owner: ',
    'CREATEROLE from countersign_owner: ',
    'CONNECT on the database: responder.missing_scope',
  ],
  tooMuch: target => {
    const { sql } = target as PostgresTarget;
    const given = (apply: string, revert: string, seen: string) => ({
      name: apply,
      seen,
      apply: async () => void (await sql(apply)),
      revert: async () => void (await sql(revert)),
    });
    return [
      given(
        'ALTER ROLE countersign_write CREATEDB',
        'ALTER ROLE countersign_write NOCREATEDB',
        'write forbidden CREATEDB: yes',
      ),
      given(
        'ALTER ROLE countersign_read SUPERUSER',
        'ALTER ROLE countersign_read NOSUPERUSER',
        [
          'SUPERUSER',
          'ALTER ROLE',
          'EXECUTE on pg_terminate_backend for sessions of others',
          'SELECT, INSERT, UPDATE or DELETE on countersign.act',
          'SELECT, INSERT, UPDATE or DELETE on countersign.trail',
          'SELECT on pg_authid',
        ]
          .map(scope => `read forbidden ${scope}: yes`)
          .join(', '),
      ),
      given(
        'GRANT ops TO countersign_read',
        'REVOKE ops FROM countersign_read',
        'read forbidden membership in any other role: yes',
      ),
      given(
        'GRANT DELETE ON countersign.act TO countersign_write',
        'REVOKE DELETE ON countersign.act FROM countersign_write',
        'write forbidden SELECT, INSERT, UPDATE or DELETE on countersign.act: yes',
      ),
    ];
  },
});

rightsOf('okta, on its double', startOktaUsers, undefined, {
  told: ['read needed okta.users.read', 'read needed okta.roles.read', 'read needed okta.logs.read'],
  missing: ['okta.users.read', 'okta.roles.read'].map(scope => `${scope}: read needed ${scope}: no`),
  tooMuch: () => [],
});

const { forbidden: neverOfEntra } = entraManifest.scopes;

rightsOf('entra, on its double', startEntraUsers, undefined, {
  told: [
    'read needed Directory.Read.All',
    ...neverOfEntra.map(scope => `read forbidden ${scope}`),
    'write needed User.EnableDisableAccount.All',
    'write needed User.RevokeSessions.All',
    ...neverOfEntra.map(scope => `write forbidden ${scope}`),
  ],
  // Without it nobody can look.
  missing: ['Directory.Read.All: responder.missing_scope'],
  tooMuch: target =>
    (target as VendorTarget).tooMuch.map((change, at) => ({
      ...change,
      seen: `${at === 0 ? 'read' : 'write'} forbidden RoleManagement.ReadWrite.Directory: yes`,
    })),
});

rightsOf('keycloak, on a Keycloak', startKeycloakUsers, NO_KEYCLOAK, {
  told: 'all',
  missing: ['view-users: responder.missing_scope'],
  tooMuch: target => {
    const given = (client: string, role: string, seen: string) => {
      const { idOf, role: roleOf } = target as KeycloakTarget;
      const change = async () => await roleOf(`/users/${await idOf(`service-account-${client}`)}`, role);
      return {
        name: `${role} to ${client}`,
        seen,
        apply: async () => await (await change()).revert(),
        revert: async () => await (await change()).apply(),
      };
    };
    return [
      given(READ, 'view-clients', 'read forbidden realm-management: view-clients: yes'),
      given(WRITE, 'view-clients', 'write forbidden realm-management: view-clients: yes'),
      given(WRITE, 'impersonation', 'write forbidden realm-management: impersonation: yes'),
      // What a role brings with it counts as its own.
      given(
        WRITE,
        'realm-admin',
        keycloakManifest.scopes.forbidden.map(scope => `write forbidden ${scope}: yes`).join(', '),
      ),
    ];
  },
});
