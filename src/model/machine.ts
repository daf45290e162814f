import type { Id } from '../base/id.ts';
import { MS_PER_DAY } from '../base/time.ts';

/** What kind of thing a machine identity is. */
export type MachineKind = 'process' | 'database_role' | 'key' | 'command' | 'agent' | 'source' | 'poll' | 'responder';

/** What it can bring about here. NHI-02: none holds two of proposing, reviewing and executing. */
export const MACHINE_POWERS = ['ingest', 'read', 'propose', 'review', 'execute', 'sign_log'] as const;
export type MachinePower = (typeof MACHINE_POWERS)[number];

/**
 * That a person answers for a machine identity: until when it counts, and from which addresses it is used. Closed; signed by
 * that person's own passkey under `countersign/custody/v1`. A later version takes the place of an earlier one.
 */
export interface CustodyStatement {
  readonly v: '1';
  readonly installation: string;
  /** `source:okta`, `responder:orders-db`, `operator-cli`. */
  readonly identity: string;
  /** Decimal, rising by one. */
  readonly version: string;
  readonly owner: Id<'person'>;
  /** CIDR blocks; empty where it is used from anywhere. */
  readonly from: readonly string[];
  /** RFC 3339, both: for a year at most. */
  readonly since: string;
  readonly until: string;
  readonly nonce: string;
}

/** `rotation_due` is said and takes nothing away; `unused`, `ownerless`, `expired` and `overdue` are disabled. */
export type MachineState = 'active' | 'rotation_due' | 'unused' | 'ownerless' | 'expired' | 'overdue';

/** For how long somebody answers for a machine identity at most, by one signature. */
export const CUSTODY_DAYS_MAX = 365;
/** What nobody used for so long is disabled: nobody would notice who uses it next. */
export const UNUSED_MS_MAX = 90 * MS_PER_DAY;
/** A secret that is older should be made anew. */
export const ROTATE_AFTER_MS = 180 * MS_PER_DAY;
/** A response credential that was known for longer is not opened any more. */
export const CREDENTIAL_AGE_MS_MAX = 365 * MS_PER_DAY;

/** GET /api/v1/machines */
export interface MachineRow {
  readonly identity: string;
  readonly kind: MachineKind;
  /** What it is for, in our words. */
  readonly purpose: string;
  /** Whoever answers for it; empty where nobody does. */
  readonly owner: Id<'person'> | '';
  readonly ownerName: string;
  /** Nobody signed for it: it is of whoever made it here, or of the first administrator. */
  readonly isByDefault: boolean;
  readonly powers: readonly MachinePower[];
  /** What the work that it does needs; `unknown` where the other side alone can tell. */
  readonly needs: readonly MachinePower[];
  readonly scope: string;
  /** RFC 3339; empty where nobody knows. */
  readonly madeAt: string;
  readonly lastUsedAt: string;
  readonly rotateBy: string;
  /** Empty where it has no end. */
  readonly until: string;
  readonly from: readonly string[];
  readonly state: MachineState;
  /** Whether it can do nothing while its state is what it is. */
  readonly isDisabled: boolean;
  /** Whether a person can sign for it here. */
  readonly canBeTaken: boolean;
  /** Uses that were refused in the last seven days. */
  readonly refused: number;
}

/** POST /api/v1/machines/begin */
export interface CustodyBegun {
  readonly statement: CustodyStatement;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}
