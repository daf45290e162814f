import { uuidOf } from './random.ts';

/*
 * Records as the vendors write them, for the demo's scenario. All people, hosts and addresses are made up; the addresses
 * are of the ranges that RFC 5737 sets aside for documents.
 */

export interface Made {
  /** The id of the source that reads it. */
  readonly source: 'okta' | 'microsoft' | 'aws-cloudtrail' | 'aws-guardduty' | 'wazuh' | 'suricata' | 'ocsf';
  readonly at: number;
  readonly record: object;
}

export interface Maker {
  readonly random: () => number;
}

const iso = (at: number) => new Date(at).toISOString();
const AWS_ACCOUNT = '210987654321';
const OKTA_SEVERITY = { SUCCESS: 'INFO', FAILURE: 'WARN' } as const;

export function oktaEvent(
  { random }: Maker,
  at: number,
  event: {
    readonly type: string;
    readonly message: string;
    readonly user: string;
    readonly name: string;
    readonly ip: string;
    readonly result: 'SUCCESS' | 'FAILURE';
    readonly reason?: string;
    readonly agent?: string;
    readonly network?: string;
  },
): Made {
  return {
    source: 'okta',
    at,
    record: {
      uuid: uuidOf(random),
      published: iso(at),
      eventType: event.type,
      version: '0',
      severity: OKTA_SEVERITY[event.result],
      displayMessage: event.message,
      actor: {
        id: `00u${event.user.replaceAll(/[^a-z]/g, '')}`,
        type: 'User',
        alternateId: event.user,
        displayName: event.name,
      },
      client: {
        userAgent: {
          rawUserAgent: event.agent ?? 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
          os: 'Linux',
          browser: 'FIREFOX',
        },
        ipAddress: event.ip,
        zone: 'null',
      },
      outcome: { result: event.result, ...(event.reason === undefined ? {} : { reason: event.reason }) },
      securityContext: { asOrg: event.network ?? 'northwind office', isProxy: false },
      transaction: { type: 'WEB', id: uuidOf(random).slice(0, 22) },
      authenticationContext: { authenticationStep: 0, externalSessionId: `ses-${uuidOf(random).slice(0, 8)}` },
      target: [
        {
          id: `0oa${event.user.length}`,
          type: 'AppInstance',
          alternateId: 'vpn.northwind.example',
          displayName: 'Northwind VPN',
        },
      ],
    },
  };
}

export function defenderAlert(
  { random }: Maker,
  at: number,
  alert: {
    readonly title: string;
    readonly severity: string;
    readonly host: string;
    readonly description: string;
    readonly tactics?: string;
    readonly techniques?: readonly string[];
    readonly user?: string;
    readonly commandLine?: string;
    readonly process?: string;
  },
): Made {
  const entities: object[] = [
    { $id: '1', HostName: alert.host, DnsDomain: 'northwind.example', OSFamily: 'Linux', Type: 'host' },
  ];
  if (alert.user !== undefined) entities.push({ $id: '2', Name: alert.user, Type: 'account' });
  if (alert.process !== undefined)
    entities.push({
      $id: '3',
      ProcessId: String(2_000 + Math.floor(random() * 30_000)),
      CommandLine: alert.commandLine ?? alert.process,
      ImageFile: { $id: '4', Name: alert.process, Directory: '/usr/bin', Type: 'file' },
      Type: 'process',
    });
  return {
    source: 'microsoft',
    at,
    record: {
      TimeGenerated: iso(at + 40_000),
      SystemAlertId: uuidOf(random),
      DisplayName: alert.title,
      AlertName: alert.title,
      AlertSeverity: alert.severity,
      Description: alert.description,
      ProviderName: 'MDATP',
      VendorName: 'Microsoft',
      ProductName: 'Microsoft Defender for Endpoint',
      AlertType: alert.title.toLowerCase().replaceAll(/[^a-z]+/g, '-'),
      StartTime: iso(at),
      EndTime: iso(at),
      ProcessingEndTime: iso(at + 30_000),
      Status: 'New',
      Tactics: alert.tactics ?? '',
      Techniques: JSON.stringify(alert.techniques ?? []),
      CompromisedEntity: alert.host,
      Entities: JSON.stringify(entities),
      Type: 'SecurityAlert',
    },
  };
}

export function cloudTrailEvent(
  { random }: Maker,
  at: number,
  event: {
    readonly name: string;
    readonly service: string;
    readonly user: string;
    readonly key: string;
    readonly ip: string;
    readonly agent: string;
    readonly parameters?: object;
    readonly isReadOnly?: boolean;
    readonly error?: string;
  },
): Made {
  return {
    source: 'aws-cloudtrail',
    at,
    record: {
      eventVersion: '1.10',
      userIdentity: {
        type: 'IAMUser',
        principalId: 'AIDAEXAMPLECIDEPLOY',
        arn: `arn:aws:iam::${AWS_ACCOUNT}:user/${event.user}`,
        accountId: AWS_ACCOUNT,
        accessKeyId: event.key,
        userName: event.user,
      },
      eventTime: iso(at).replace(/\.\d{3}Z$/, 'Z'),
      eventSource: `${event.service}.amazonaws.com`,
      eventName: event.name,
      awsRegion: 'eu-central-1',
      sourceIPAddress: event.ip,
      userAgent: event.agent,
      ...(event.error === undefined
        ? {}
        : { errorCode: event.error, errorMessage: `User ${event.user} is not authorized to perform ${event.name}` }),
      requestParameters: event.parameters ?? null,
      responseElements: null,
      requestID: uuidOf(random),
      eventID: uuidOf(random),
      readOnly: event.isReadOnly ?? false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: AWS_ACCOUNT,
      eventCategory: 'Management',
    },
  };
}

export function guardDutyFinding(
  { random }: Maker,
  at: number,
  finding: {
    readonly type: string;
    readonly title: string;
    readonly severity: number;
    readonly user?: string;
    readonly key?: string;
    readonly ip: string;
    readonly api?: string;
  },
): Made {
  const isKey = finding.key !== undefined;
  return {
    source: 'aws-guardduty',
    at,
    record: {
      schemaVersion: '2.0',
      accountId: AWS_ACCOUNT,
      region: 'eu-central-1',
      partition: 'aws',
      id: uuidOf(random).replaceAll('-', ''),
      arn: `arn:aws:guardduty:eu-central-1:${AWS_ACCOUNT}:detector/demo/finding/${uuidOf(random).slice(0, 8)}`,
      type: finding.type,
      title: finding.title,
      description: finding.title,
      severity: finding.severity,
      createdAt: iso(at + 180_000),
      updatedAt: iso(at + 180_000),
      resource: isKey
        ? {
            resourceType: 'AccessKey',
            accessKeyDetails: {
              accessKeyId: finding.key,
              principalId: 'AIDAEXAMPLECIDEPLOY',
              userType: 'IAMUser',
              userName: finding.user,
            },
          }
        : { resourceType: 'Instance', instanceDetails: { instanceId: 'i-0demo0000000000a', imageId: 'ami-0demo' } },
      service: {
        serviceName: 'guardduty',
        detectorId: 'demo',
        eventFirstSeen: iso(at),
        eventLastSeen: iso(at),
        archived: false,
        count: 1,
        action: isKey
          ? {
              actionType: 'AWS_API_CALL',
              awsApiCallAction: {
                api: finding.api ?? 'GetCallerIdentity',
                serviceName: 'iam.amazonaws.com',
                callerType: 'Remote IP',
                remoteIpDetails: { ipAddressV4: finding.ip },
              },
            }
          : {
              actionType: 'PORT_PROBE',
              portProbeAction: {
                blocked: true,
                portProbeDetails: [
                  { localPortDetails: { port: 22, portName: 'SSH' }, remoteIpDetails: { ipAddressV4: finding.ip } },
                ],
              },
            },
      },
    },
  };
}

/** Hosts of the demo have one address each. */
function addressOf(host: string): string {
  const sum = [...host].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return `10.20.4.${10 + (sum % 200)}`;
}

export function wazuhAlert(
  { random }: Maker,
  at: number,
  alert: {
    readonly rule: string;
    readonly level: number;
    readonly description: string;
    readonly host: string;
    readonly groups: readonly string[];
    readonly log: string;
    readonly data?: object;
    readonly techniques?: readonly string[];
  },
): Made {
  return {
    source: 'wazuh',
    at,
    record: {
      timestamp: iso(at).replace('Z', '+0000'),
      rule: {
        level: alert.level,
        description: alert.description,
        id: alert.rule,
        firedtimes: 1,
        mail: false,
        groups: alert.groups,
        ...(alert.techniques === undefined ? {} : { mitre: { id: alert.techniques } }),
      },
      agent: { id: String(100 + alert.host.length), name: alert.host, ip: addressOf(alert.host) },
      manager: { name: 'wazuh-01' },
      id: `${Math.floor(at / 1_000)}.${Math.floor(random() * 9_000_000)}`,
      full_log: alert.log,
      decoder: { name: 'syslog' },
      data: alert.data ?? {},
      location: '/var/log/syslog',
    },
  };
}

export function suricataAlert(
  { random }: Maker,
  at: number,
  alert: {
    readonly signature: string;
    readonly id: number;
    readonly severity: number;
    readonly from: string;
    readonly to: string;
    readonly port: number;
    readonly category: string;
    readonly host: string;
  },
): Made {
  return {
    source: 'suricata',
    at,
    record: {
      timestamp: iso(at).replace('Z', '000+0000'),
      flow_id: Math.floor(random() * 1e15),
      in_iface: 'eth0',
      host: alert.host,
      event_type: 'alert',
      src_ip: alert.from,
      src_port: 30_000 + Math.floor(random() * 30_000),
      dest_ip: alert.to,
      dest_port: alert.port,
      proto: 'TCP',
      alert: {
        action: 'allowed',
        gid: 1,
        signature_id: alert.id,
        rev: 3,
        signature: alert.signature,
        category: alert.category,
        severity: alert.severity,
      },
    },
  };
}

/** A finding of the database monitor, which speaks OCSF by itself. */
export function databaseFinding(
  { random }: Maker,
  at: number,
  finding: {
    readonly title: string;
    readonly severity: number;
    readonly user: string;
    readonly host: string;
    readonly ip: string;
    readonly application: string;
    readonly message: string;
    readonly rule: string;
  },
): Made {
  return {
    source: 'ocsf',
    at,
    record: {
      class_uid: 2004,
      category_uid: 2,
      activity_id: 1,
      type_uid: 200_401,
      time: at,
      severity_id: finding.severity,
      message: finding.message,
      metadata: {
        version: '1.5.0',
        product: { name: 'Tidewater Database Monitor', vendor_name: 'Tidewater' },
        uid: uuidOf(random),
        logged_time: at + 5_000,
      },
      finding_info: {
        uid: uuidOf(random),
        title: finding.title,
        created_time: at,
        analytic: { uid: finding.rule, name: finding.title, type_id: 1 },
      },
      evidences: [
        {
          actor: { user: { name: finding.user, type: 'User' }, app_name: finding.application },
          src_endpoint: { ip: finding.ip },
          database: { name: 'orders', type: 'Relational' },
          device: { hostname: finding.host, type_id: 1 },
        },
      ],
      resources: [{ name: 'orders', type: 'database' }],
      is_alert: true,
    },
  };
}
