import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';

/** Any JSON value as a vendor wrote it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** OCSF severity as a word. `unknown` is not `low`: we do not guess downwards. */
export type Severity = 'unknown' | 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** What an entity is. `nhi` is a machine identity: service account, key, token, agent. */
export type EntityKind =
  | 'user'
  | 'nhi'
  | 'host'
  | 'ip'
  | 'domain'
  | 'url'
  | 'hash'
  | 'file'
  | 'process'
  | 'command_line'
  | 'mailbox'
  | 'message'
  | 'cloud_resource'
  | 'cloud_account'
  | 'access_key'
  | 'session'
  | 'database'
  | 'service';

/**
 * What kind of machine identity an `nhi`, an access key or a session is. `service_principal` is an application in a
 * directory, `workload` what an orchestrator runs, `system` an operating system's own account, `computer` a machine's
 * account in a domain; `unknown` is a machine of which the record says no more.
 */
export type MachineKind =
  | 'service_account'
  | 'service_principal'
  | 'role'
  | 'key'
  | 'token'
  | 'bot'
  | 'workload'
  | 'computer'
  | 'system'
  | 'unknown';

/**
 * - `actor` did it, `target` it was done to, `observer` saw it (the sensor's host),
 *   `related` stands in the record in another mapped role.
 */
export type EntityRole = 'actor' | 'target' | 'observer' | 'related';

/**
 * An entity in one alert. It comes from a field that the source's schema maps, never from free text, and
 * `pointer` (RFC 6901) leads to its value in the raw record.
 */
export interface EntityHit {
  readonly kind: EntityKind;
  /** Normalised for comparison: lower case for hosts, users and domains; RFC 5952 for IPv6. */
  readonly value: string;
  /** As recorded. */
  readonly label: string;
  readonly role: EntityRole;
  readonly pointer: string;
  /** The vendor's stable id of the same thing, where the record has one (SID, object id, device id). */
  readonly vendorId: string | undefined;
  /** Of a machine identity its kind; absent for anything else. */
  readonly machine?: MachineKind;
  /** True where neither the source's schema nor a person's map names the field: it may be shown and joined, never acted on. */
  readonly isGuessed?: true;
}

/** The fields of `countersign normalize`, as the product's black-box contract names them. Values as recorded. */
export interface AlertFields {
  readonly time?: string;
  readonly src_ip?: string;
  readonly dst_ip?: string;
  readonly src_port?: string;
  readonly dst_port?: string;
  readonly user?: string;
  readonly host?: string;
  readonly process?: string;
  readonly command_line?: string;
  readonly file_path?: string;
  readonly hash_sha256?: string;
  readonly url?: string;
  readonly domain?: string;
  readonly rule_name?: string;
  readonly action?: string;
  readonly outcome?: 'success' | 'failure';
  /** The record's own word or number. */
  readonly severity?: string;
  readonly email_from?: string;
  readonly email_to?: string;
}

export type AlertField = keyof AlertFields;

/** A text in the record that reads like an instruction to an AI or a person. A badge; it changes nothing else. */
export interface InstructionLike {
  readonly pointer: string;
  readonly why: string;
}

/** What a source makes of one raw record. Pure: no ids of ours, no clock. */
export interface NormalisedAlert {
  readonly source: string;
  /** The vendor's own unique id; undefined where the record has none. */
  readonly vendorId: string | undefined;
  readonly product: string;
  readonly title: string;
  /** The vendor's rule, for dedupe and rarity: an id where there is one, else the title. */
  readonly rule: string;
  readonly severity: Severity;
  /** When it happened, by the source's clock (untrusted). Undefined where the record does not say. */
  readonly occurredAt: UnixMs | undefined;
  readonly endedAt: UnixMs | undefined;
  /** When the product raised it, by the source's clock. */
  readonly reportedAt: UnixMs | undefined;
  readonly fields: AlertFields;
  /** Where each field was read from (RFC 6901). */
  readonly pointers: { readonly [F in AlertField]?: string };
  /**
   * How sure it is that the value is of this field, 0 to 1, where that was guessed. Absent where the source's schema or
   * a person's map says so. It is shown, and moves no tier, option or cluster.
   */
  readonly confidence?: { readonly [F in AlertField]?: number };
  readonly entities: readonly EntityHit[];
  /** ATT&CK technique ids (T1078, T1059.001), as the record states them. */
  readonly techniques: readonly string[];
  /** ATT&CK tactic names in kebab case, as the record states them. */
  readonly tactics: readonly string[];
  /** Ids by which the vendor itself relates this alert to others (incident id, flow id, correlation id). */
  readonly vendorLinks: readonly string[];
  /** OCSF Detection Finding (class 2004). Holds only what the record says. */
  readonly ocsf: { readonly [key: string]: Json };
  readonly warnings: readonly string[];
}

/** An alert as we keep it. */
export interface Alert extends NormalisedAlert {
  readonly id: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  /** Hex SHA-256 of the raw bytes. */
  readonly sha256: string;
  readonly receivedAt: UnixMs;
}

/** The time to order by: when it happened, else when it was raised, else when we heard. */
export function activityTime(alert: Pick<Alert, 'occurredAt' | 'reportedAt' | 'receivedAt'>): UnixMs {
  return alert.occurredAt ?? alert.reportedAt ?? alert.receivedAt;
}

export const SEVERITY_RANK: { readonly [S in Severity]: number } = {
  informational: 1,
  low: 2,
  unknown: 3,
  medium: 3,
  high: 4,
  critical: 5,
};

/** The stable key of an entity across alerts. */
export function entityKey(entity: Pick<EntityHit, 'kind' | 'value'>): string {
  return `${entity.kind}:${entity.value}`;
}
