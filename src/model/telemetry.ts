/**
 * What a stream can tell of. `endpoint` is what runs on a machine, `authentication` who signed in on it, `network` what
 * it talked to, `dns` what it asked for, `cloud_audit` what was done to a cloud's resources, `identity_provider` who
 * signed in to a directory, `database_audit` what was done in a database, `mail` what was sent and received,
 * `cluster_audit` what was done to a cluster.
 */
export const TELEMETRY_KINDS = [
  'endpoint',
  'authentication',
  'network',
  'dns',
  'cloud_audit',
  'identity_provider',
  'database_audit',
  'mail',
  'cluster_audit',
] as const;

export type TelemetryKind = (typeof TELEMETRY_KINDS)[number];

/** As a person reads it. */
export const TELEMETRY_TEXT: { readonly [K in TelemetryKind]: string } = {
  endpoint: 'endpoint detection',
  authentication: 'authentication log',
  network: 'network sensor',
  dns: 'DNS log',
  cloud_audit: 'cloud audit log',
  identity_provider: 'identity provider log',
  database_audit: 'database audit log',
  mail: 'mail log',
  cluster_audit: 'cluster audit log',
};

/**
 * What products give, by words of their names in lower case; the first that fits decides. A product that is not here
 * gives an unknown kind and never counts as present.
 */
const GIVEN: readonly (readonly [word: string, kinds: readonly TelemetryKind[]])[] = [
  ['defender for office', ['mail']],
  ['defender for identity', ['identity_provider', 'authentication']],
  ['defender for endpoint', ['endpoint']],
  ['defender advanced threat protection', ['endpoint']],
  ['defender for cloud', ['cloud_audit']],
  ['365 defender', ['endpoint', 'identity_provider', 'mail']],
  ['defender xdr', ['endpoint', 'identity_provider', 'mail']],
  ['defender', ['endpoint']],
  ['entra', ['identity_provider']],
  ['azure active directory', ['identity_provider']],
  ['azure ad', ['identity_provider']],
  ['azure activity', ['cloud_audit']],
  ['azure monitor activity', ['cloud_audit']],
  ['cloudtrail', ['cloud_audit']],
  ['guardduty', ['cloud_audit', 'network']],
  ['gcp', ['cloud_audit']],
  ['google cloud audit', ['cloud_audit']],
  ['google workspace', ['identity_provider', 'mail']],
  ['okta', ['identity_provider']],
  ['kubernetes', ['cluster_audit']],
  ['wazuh', ['endpoint', 'authentication']],
  ['crowdstrike', ['endpoint']],
  ['sentinelone', ['endpoint']],
  ['falco', ['endpoint']],
  ['sysmon', ['endpoint']],
  ['windows task scheduler', ['endpoint']],
  ['windows', ['authentication', 'endpoint']],
  ['auditd', ['endpoint', 'authentication']],
  ['suricata', ['network']],
  ['zeek', ['network', 'dns']],
  ['pgaudit', ['database_audit']],
  ['email', ['mail']],
];

/** What a product gives; undefined where that is not known. */
export function telemetryOf(product: string): readonly TelemetryKind[] | undefined {
  const name = product.toLowerCase();
  return GIVEN.find(([word]) => name.includes(word))?.[1];
}

/** What we expect to hear of an entity of a class. `host` of high criticality should be seen on the network, too. */
export type EntityClass = 'host' | 'critical_host' | 'cloud_principal' | 'identity' | 'database' | 'mailbox';

export const EXPECTED_OF: { readonly [C in EntityClass]: readonly TelemetryKind[] } = {
  host: ['endpoint', 'authentication'],
  critical_host: ['endpoint', 'authentication', 'network'],
  cloud_principal: ['cloud_audit'],
  identity: ['identity_provider'],
  database: ['database_audit'],
  mailbox: ['mail'],
};
