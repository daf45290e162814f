import type { Responder } from '../ports/responder.ts';
import { adAccount } from './ad-account/responder.ts';
import { awsIam } from './aws-iam/responder.ts';
import { cloudflare } from './cloudflare/responder.ts';
import { countersign } from './countersign/responder.ts';
import { crowdsecDecision } from './crowdsec-decision/responder.ts';
import { dnsBlock } from './dns-block/responder.ts';
import { entra } from './entra/responder.ts';
import { github } from './github/responder.ts';
import { httpCall } from './http-call/responder.ts';
import { imapMail } from './imap-mail/responder.ts';
import { jira } from './jira/responder.ts';
import { keycloak } from './keycloak/responder.ts';
import { keycloakRotation } from './keycloak-rotation/responder.ts';
import { keystone } from './keystone/responder.ts';
import { keystoneRotation } from './keystone-rotation/responder.ts';
import { ldapAccount } from './ldap-account/responder.ts';
import { ldapRotation } from './ldap-rotation/responder.ts';
import { linuxHost } from './linux-host/responder.ts';
import { mcpTool } from './mcp-tool/responder.ts';
import { oauthToken } from './oauth-token/responder.ts';
import { okta } from './okta/responder.ts';
import { pagerduty } from './pagerduty/responder.ts';
import { postgresRole } from './postgres-role/responder.ts';
import { postgresRotation } from './postgres-rotation/responder.ts';
import { redisUser } from './redis-user/responder.ts';
import { requestTracker } from './request-tracker/responder.ts';
import { scimUser } from './scim-user/responder.ts';
import { signedWebhook } from './signed-webhook/responder.ts';
import { slack } from './slack/responder.ts';
import { sshCertificate } from './ssh-certificate/responder.ts';
import { supervisorJob } from './supervisor-job/responder.ts';

/** Everything by which Countersign can change anything that people have to sign for, by name. Each is a folder here, and there is no other. */
export const RESPONDERS: ReadonlyMap<string, Responder> = new Map(
  [
    adAccount,
    awsIam,
    cloudflare,
    countersign,
    crowdsecDecision,
    dnsBlock,
    entra,
    github,
    httpCall,
    imapMail,
    jira,
    keycloak,
    keycloakRotation,
    keystone,
    keystoneRotation,
    ldapAccount,
    ldapRotation,
    linuxHost,
    mcpTool,
    oauthToken,
    pagerduty,
    postgresRole,
    postgresRotation,
    redisUser,
    requestTracker,
    scimUser,
    signedWebhook,
    slack,
    sshCertificate,
    supervisorJob,
    okta,
  ].map(responder => [responder.manifest.name, responder]),
);
