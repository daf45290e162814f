import type { ConformanceTarget } from '../../src/connector/target.ts';
import { NO_CROWDSEC } from './crowdsec-server.ts';
import { startCrowdsecTarget } from './crowdsec-target.ts';
import { NO_NAMED, startDnsTarget } from './dns-target.ts';
import { NO_HOST, startHostTarget } from './host-target.ts';
import { startLdapTarget } from './ldap-target.ts';
import { startOauthTarget } from './oauth-target.ts';
import { startPostgresTarget } from './postgres-target.ts';
import { NO_REDIS, startRedisTarget } from './redis-target.ts';
import { startScimTarget } from './scim-target.ts';
import { NO_SLAPD } from './slapd.ts';
import { startWebhookTarget } from './webhook-target.ts';

/** A target of the conformance suite that a test can start by its responder's name. */
export interface StartableTarget {
  readonly start: () => Promise<ConformanceTarget>;
  /** Why this machine, or this lane, does not start it. */
  readonly notHere: string | undefined;
}

/** By the name of the responder. Those that act on this installation itself have no target of their own. */
export const TARGETS: ReadonlyMap<string, StartableTarget> = new Map([
  ['postgres-role', { start: startPostgresTarget, notHere: undefined }],
  ['ldap-account', { start: startLdapTarget, notHere: NO_SLAPD }],
  ['redis-user', { start: startRedisTarget, notHere: NO_REDIS }],
  ['dns-block', { start: startDnsTarget, notHere: NO_NAMED }],
  ['crowdsec-decision', { start: startCrowdsecTarget, notHere: NO_CROWDSEC }],
  ['scim-user', { start: startScimTarget, notHere: undefined }],
  ['oauth-token', { start: startOauthTarget, notHere: undefined }],
  ['signed-webhook', { start: startWebhookTarget, notHere: undefined }],
  ['linux-host', { start: startHostTarget, notHere: NO_HOST }],
]);
