import type { ConformanceTarget } from '../../src/connector/target.ts';
import { startIamKeys, startIamRoles, startIamUsers } from './aws-iam-target.ts';
import { startCertificateTarget } from './certificate-target.ts';
import { startCloudflareTarget } from './cloudflare-target.ts';
import { NO_CROWDSEC } from './crowdsec-server.ts';
import { startCrowdsecTarget } from './crowdsec-target.ts';
import { NO_NAMED, startDnsTarget } from './dns-target.ts';
import { NO_DOVECOT } from './dovecot.ts';
import { startEntraApps, startEntraSecrets, startEntraUsers } from './entra-target.ts';
import { NO_HOST, startHostTarget } from './host-target.ts';
import { startJiraTarget } from './jira-target.ts';
import { startKeycloakEnding, startKeycloakRotation } from './keycloak-rotation-target.ts';
import { NO_KEYCLOAK } from './keycloak-server.ts';
import { startKeycloakUsers } from './keycloak-target.ts';
import { startKeystoneKeyTarget } from './keystone-key-target.ts';
import { startKeystoneEnding, startKeystoneRotation } from './keystone-rotation-target.ts';
import { NO_KEYSTONE } from './keystone-server.ts';
import { startKeystoneTarget } from './keystone-target.ts';
import { startLdapEnding, startLdapRotation } from './ldap-rotation-target.ts';
import { startLdapTarget } from './ldap-target.ts';
import { startMailTarget } from './mail-target.ts';
import { startOauthTarget } from './oauth-target.ts';
import { startOktaSecrets, startOktaUsers } from './okta-target.ts';
import { startPagerdutyTarget } from './pagerduty-target.ts';
import { startPostgresTarget } from './postgres-target.ts';
import { NO_REDIS, startRedisTarget } from './redis-target.ts';
import { startEndingTarget, startRotationTarget } from './rotation-target.ts';
import { NO_RT } from './rt-server.ts';
import { startRtTarget } from './rt-target.ts';
import { NO_SAMBA } from './samba.ts';
import { startSambaGroupTarget } from './samba-group-target.ts';
import { startSambaPasswordTarget } from './samba-password-target.ts';
import { startSambaTarget } from './samba-target.ts';
import { startScimTarget } from './scim-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { startSlackUsers } from './slack-target.ts';
import { NO_SLAPD } from './slapd.ts';
import { NO_SSHD } from './sshd.ts';
import { NO_SUPERVISORD, startSupervisorTarget } from './supervisor-target.ts';
import { NO_GITHUB_DOCUMENT } from './vendor/github-document.ts';
import { startWebhookTarget } from './webhook-target.ts';

/** Its double reads the document as it is loaded, so without it not even that can be. */
const github = () => import('./github-target.ts');

/** A target of the conformance suite that a test can start by its responder's name. */
export interface StartableTarget {
  readonly start: () => Promise<ConformanceTarget>;
  /** Why this machine, or this lane, does not start it. */
  readonly notHere: string | undefined;
}

/**
 * By the name of the responder, and by what of the product where that is one system of several. Those that act on this
 * installation itself have no target of their own; a vendor's is a double of ours.
 */
export const TARGETS: ReadonlyMap<string, StartableTarget> = new Map([
  ['postgres-role', { start: startPostgresTarget, notHere: undefined }],
  ['postgres-rotation', { start: startRotationTarget, notHere: undefined }],
  ['postgres-rotation, the end of the old login', { start: startEndingTarget, notHere: undefined }],
  ['ldap-account', { start: startLdapTarget, notHere: NO_SLAPD }],
  ['ldap-rotation', { start: startLdapRotation, notHere: NOT_IN_THIS_LANE ?? NO_SLAPD }],
  ['ldap-rotation, the end of the old login', { start: startLdapEnding, notHere: NOT_IN_THIS_LANE ?? NO_SLAPD }],
  ['ad-account', { start: startSambaTarget, notHere: NO_SAMBA }],
  ['ad-account, the reset of a password', { start: startSambaPasswordTarget, notHere: NO_SAMBA }],
  ['ad-account, the members of a group', { start: startSambaGroupTarget, notHere: NO_SAMBA }],
  ['redis-user', { start: startRedisTarget, notHere: NO_REDIS }],
  ['dns-block', { start: startDnsTarget, notHere: NO_NAMED }],
  ['crowdsec-decision', { start: startCrowdsecTarget, notHere: NO_CROWDSEC }],
  ['imap-mail', { start: startMailTarget, notHere: NOT_IN_THIS_LANE ?? NO_DOVECOT }],
  ['request-tracker', { start: startRtTarget, notHere: NO_RT }],
  ['scim-user', { start: startScimTarget, notHere: undefined }],
  ['oauth-token', { start: startOauthTarget, notHere: undefined }],
  ['signed-webhook', { start: startWebhookTarget, notHere: undefined }],
  [
    'github, an app',
    { start: async () => (await github()).startGithubApps(), notHere: NOT_IN_THIS_LANE ?? NO_GITHUB_DOCUMENT },
  ],
  [
    'github, a deploy key',
    { start: async () => (await github()).startGithubKeys(), notHere: NOT_IN_THIS_LANE ?? NO_GITHUB_DOCUMENT },
  ],
  ['okta, a user', { start: startOktaUsers, notHere: NOT_IN_THIS_LANE }],
  ['okta, a client secret', { start: startOktaSecrets, notHere: NOT_IN_THIS_LANE }],
  ['entra, a user', { start: startEntraUsers, notHere: NOT_IN_THIS_LANE }],
  ['entra, an app', { start: startEntraApps, notHere: NOT_IN_THIS_LANE }],
  ['entra, a client secret', { start: startEntraSecrets, notHere: NOT_IN_THIS_LANE }],
  ['aws-iam, an access key', { start: startIamKeys, notHere: NOT_IN_THIS_LANE }],
  ['aws-iam, a user', { start: startIamUsers, notHere: NOT_IN_THIS_LANE }],
  ['aws-iam, a role', { start: startIamRoles, notHere: NOT_IN_THIS_LANE }],
  ['cloudflare', { start: startCloudflareTarget, notHere: NOT_IN_THIS_LANE }],
  ['slack', { start: startSlackUsers, notHere: NOT_IN_THIS_LANE }],
  ['keystone, a user', { start: startKeystoneTarget, notHere: NO_KEYSTONE }],
  ['keystone, an application credential', { start: startKeystoneKeyTarget, notHere: NO_KEYSTONE }],
  ['keycloak-rotation', { start: startKeycloakRotation, notHere: NO_KEYCLOAK }],
  ['keycloak-rotation, the end of the old client', { start: startKeycloakEnding, notHere: NO_KEYCLOAK }],
  ['keystone-rotation', { start: startKeystoneRotation, notHere: NO_KEYSTONE }],
  ['keystone-rotation, the end of the old one', { start: startKeystoneEnding, notHere: NO_KEYSTONE }],
  ['supervisor-job', { start: startSupervisorTarget, notHere: NO_SUPERVISORD }],
  ['jira', { start: startJiraTarget, notHere: NOT_IN_THIS_LANE }],
  ['pagerduty', { start: startPagerdutyTarget, notHere: NOT_IN_THIS_LANE }],
  ['keycloak', { start: startKeycloakUsers, notHere: NO_KEYCLOAK }],
  ['ssh-certificate', { start: startCertificateTarget, notHere: NOT_IN_THIS_LANE ?? NO_SSHD }],
  ['linux-host', { start: startHostTarget, notHere: NO_HOST }],
]);
