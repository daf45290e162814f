import type { UnixMs } from '../../base/time.ts';
import type { AlertFields, EntityHit, EntityKind, Json, Severity } from '../../model/alert.ts';
import { OCSF_SEVERITY_ID } from './severity.ts';

/** The OCSF version whose names we write. */
const OCSF_VERSION = '1.6.0';

/** OCSF observable type ids (schema 1.6, `observable.type_id`); 99 is `Other`. */
const OBSERVABLE: { readonly [K in EntityKind]: number } = {
  host: 1,
  ip: 2,
  user: 4,
  mailbox: 5,
  url: 6,
  file: 7,
  hash: 8,
  process: 9,
  cloud_resource: 10,
  command_line: 13,
  access_key: 19,
  domain: 1,
  nhi: 4,
  message: 99,
  cloud_account: 35,
  session: 99,
  database: 99,
  service: 99,
};

export interface OcsfParts {
  readonly vendorId: string | undefined;
  readonly product: string;
  readonly vendor: string | undefined;
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly occurredAt: UnixMs | undefined;
  readonly endedAt: UnixMs | undefined;
  readonly reportedAt: UnixMs | undefined;
  readonly fields: AlertFields;
  readonly entities: readonly EntityHit[];
  readonly techniques: readonly string[];
  readonly tactics: readonly string[];
  readonly isAlert: boolean;
  readonly unmappedCount: number;
}

type Mutable = { [key: string]: Json };

/** An OCSF Detection Finding (class 2004). A key whose value the record does not state is absent. */
export function detectionFinding(parts: OcsfParts): { readonly [key: string]: Json } {
  const activity = parts.isAlert ? 1 : 0;
  const info: Mutable = {
    title: parts.title,
    analytic: { uid: parts.rule, name: parts.fields.rule_name ?? parts.rule },
  };
  if (parts.vendorId !== undefined) info['uid'] = parts.vendorId;
  if (parts.occurredAt !== undefined) info['first_seen_time'] = parts.occurredAt;
  if (parts.endedAt !== undefined) info['last_seen_time'] = parts.endedAt;
  if (parts.reportedAt !== undefined) info['created_time'] = parts.reportedAt;
  const attacks: Json[] = [
    ...parts.techniques.map(uid => ({ technique: { uid } })),
    ...parts.tactics.map(name => ({ tactic: { name } })),
  ];
  if (attacks.length > 0) info['attacks'] = attacks;

  const product: Mutable = { name: parts.product };
  if (parts.vendor !== undefined) product['vendor_name'] = parts.vendor;
  const finding: Mutable = {
    class_uid: 2004,
    category_uid: 2,
    activity_id: activity,
    type_uid: 200_400 + activity,
    severity_id: OCSF_SEVERITY_ID[parts.severity],
    severity: parts.fields.severity ?? parts.severity,
    metadata: { version: OCSF_VERSION, product },
    finding_info: info,
  };
  if (parts.isAlert) finding['is_alert'] = true;
  const time = parts.occurredAt ?? parts.reportedAt;
  if (time !== undefined) finding['time'] = time;
  const { outcome } = parts.fields;
  if (outcome !== undefined) finding['status_id'] = outcome === 'success' ? 1 : 2;
  const evidence = evidenceOf(parts.fields);
  if (evidence !== undefined) finding['evidences'] = [evidence];
  if (parts.entities.length > 0) {
    finding['observables'] = parts.entities.map(entity => ({
      name: entity.pointer,
      type_id: OBSERVABLE[entity.kind],
      type: entity.kind,
      value: entity.label,
    }));
  }
  if (parts.unmappedCount > 0) finding['unmapped'] = { count: parts.unmappedCount };
  return finding;
}

function object(members: readonly (readonly [string, Json | undefined])[]): Mutable | undefined {
  const made: Mutable = {};
  let count = 0;
  for (const [key, value] of members) {
    if (value === undefined) continue;
    made[key] = value;
    count += 1;
  }
  return count === 0 ? undefined : made;
}

function port(text: string | undefined): number | undefined {
  return text === undefined || !/^\d{1,5}$/.test(text) ? undefined : Number(text);
}

function evidenceOf(fields: AlertFields): Mutable | undefined {
  const user = object([['name', fields.user]]);
  return object([
    [
      'src_endpoint',
      object([
        ['ip', fields.src_ip],
        ['port', port(fields.src_port)],
      ]),
    ],
    [
      'dst_endpoint',
      object([
        ['ip', fields.dst_ip],
        ['port', port(fields.dst_port)],
      ]),
    ],
    ['device', object([['hostname', fields.host]])],
    ['actor', object([['user', user]])],
    [
      'process',
      object([
        ['name', fields.process],
        ['cmd_line', fields.command_line],
      ]),
    ],
    ['file', fileOf(fields)],
    ['url', object([['url_string', fields.url]])],
    ['query', object([['hostname', fields.domain]])],
    ['api', object([['operation', fields.action]])],
    [
      'email',
      object([
        ['from', fields.email_from],
        ['to', fields.email_to === undefined ? undefined : [fields.email_to]],
      ]),
    ],
  ]);
}

function fileOf(fields: AlertFields): Mutable | undefined {
  const sha256 = fields.hash_sha256;
  return object([
    ['path', fields.file_path],
    ['hashes', sha256 === undefined ? undefined : [{ algorithm_id: 3, algorithm: 'SHA-256', value: sha256 }]],
  ]);
}
