// `npm run test:servers`: every responder against its real server, those that take minutes, too, with the attacks on it, and
// the executor killed at every request to it. Names what was not run, and why.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const named = process.argv.slice(2);
const files =
  named.length > 0
    ? named
    : [
        'postgres-role',
        'postgres-rotation',
        'postgres-rotation-service',
        'ldap-account',
        'ldap-rotation',
        'ldap-rotation-service',
        'ad-account',
        'ad-account-disable',
        'ad-account-reset',
        'redis-user',
        'dns-block',
        'crowdsec-decision',
        'imap-mail',
        'request-tracker',
        'scim-user',
        'oauth-token',
        'signed-webhook',
        'github',
        'okta',
        'entra',
        'aws-iam',
        'aws-iam-moto',
        'cloudflare',
        'supervisor-job',
        'jira',
        'keystone',
        'keystone-key',
        'keystone-rotation',
        'keystone-rotation-service',
        'pagerduty',
        'slack',
        'keycloak',
        'keycloak-trail',
        'keycloak-rotation',
        'keycloak-rotation-service',
        'linux-host',
        'ssh-certificate',
        'rights',
        'broken',
      ];
const suites = files.flatMap(name => [
  `test/conformance/${name}.test.ts`,
  ...[`test/attacks/${name}.test.ts`].filter(file => existsSync(`${root}${file}`)),
]);
const { status } = spawnSync(
  process.execPath,
  [
    `${root}tools/test.mjs`,
    ...suites,
    ...(named.length > 0 ? [] : ['test/attacks/trails.test.ts', 'test/crash/responders.test.ts']),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, COUNTERSIGN_TEST_SERVERS: '1', COUNTERSIGN_KILL_EVERY: '1' } },
);
process.exit(status ?? 1);
