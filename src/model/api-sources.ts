/** What crosses the wire about sources: how they are read, delivered, mapped, and joined. Part of `api.ts`. */
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { AlertField, AlertFields, Severity } from './alert.ts';
import type { StreamCoverage } from './coverage.ts';

/** A stream, or a gap of one, as `GET /api/v1/coverage` tells it. */
export interface StandingStream extends StreamCoverage {
  /** It is still so; otherwise it is of a time that is over. By the clock of activity. */
  readonly isNow: boolean;
}

/** GET /api/v1/sources */
export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly alerts: number;
  readonly quarantined: number;
  readonly lastHeard: string | undefined;
  readonly status: StreamCoverage['status'];
  /** Of one that an administrator configured: how its records are read. */
  readonly configured: { readonly kind: string; readonly fieldMap: Readonly<Record<string, string>> } | undefined;
  /** How its records get here; empty where nothing is set up for it. */
  readonly deliveries: readonly SourceDelivery[];
}

/** One way by which records of a source get here. Times are RFC 3339. */
export interface SourceDelivery {
  readonly how: 'push' | 'poll' | 'syslog';
  readonly text: string;
  /** The last delivery, or the last time it was asked. */
  readonly lastAt: string | undefined;
  /** The newest time in what was read, by the product's clock. */
  readonly reachedAt: string | undefined;
  /** When the product last had no more: what is newer may be missing here. */
  readonly wholeAt: string | undefined;
  /** Records that were heard and are not yet durable. */
  readonly waiting: number;
  readonly trouble:
    | {
        readonly text: string;
        readonly fix: string;
        readonly since: string | undefined;
        readonly retryAt: string | undefined;
      }
    | undefined;
  /** The newest stretches that are missing, or were read again. */
  readonly gaps: readonly {
    readonly kind: 'missing' | 'reread';
    readonly from: string;
    readonly to: string;
    readonly why: string;
  }[];
}

/** POST /api/v1/sources/preview: what would be made of sample records. Nothing of them is kept. */
export interface SourcePreview {
  readonly records: number;
  /** Records beyond the bound, which were not looked at. */
  readonly omittedRecords: number;
  /** What `auto` takes each for, most first. */
  readonly recognised: readonly { readonly source: string; readonly title: string; readonly records: number }[];
  readonly paths: readonly PreviewPath[];
  readonly omittedPaths: number;
  readonly samples: readonly PreviewSample[];
}

/** One path of the samples, and the field that is proposed for it. */
export interface PreviewPath {
  readonly path: string;
  /** True inside a text: a map cannot name it. */
  readonly isInText: boolean;
  readonly presence: number;
  readonly types: readonly string[];
  readonly distinct: number;
  readonly examples: readonly string[];
  readonly proposed:
    | { readonly field: AlertField; readonly confidence: number; readonly because: readonly string[] }
    | undefined;
}

/** One sample record beside what is made of it. */
export interface PreviewSample {
  /** The record's text, clipped. */
  readonly raw: string;
  /** The source that `auto` takes, and how sure it is, 0 to 1. */
  readonly recognised: { readonly source: string; readonly sureness: number } | undefined;
  readonly result:
    | {
        readonly ok: true;
        readonly source: string;
        readonly title: string;
        readonly severity: Severity;
        readonly fields: AlertFields;
        readonly confidence: { readonly [F in AlertField]?: number };
        readonly pointers: { readonly [F in AlertField]?: string };
        readonly warnings: readonly string[];
      }
    | { readonly ok: false; readonly code: string; readonly detail: string };
}

/** POST /api/v1/sources/:id/preview: what another mapping would make of the newest records that the source sent. */
export interface SourceDryRun {
  readonly records: number;
  readonly changed: number;
  readonly refusedBefore: number;
  readonly refusedAfter: number;
  /** Fields that would change, the most often first. */
  readonly fields: readonly {
    readonly field: string;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly example: { readonly before: string | undefined; readonly after: string | undefined };
  }[];
}

/** GET /api/v1/joining: by what alerts are joined, and what joins nothing. */
export interface JoiningView {
  /** Values that join nothing for now, the most common first, and why. */
  readonly overCommon: readonly { readonly value: string; readonly because: string; readonly hours: number }[];
  /** Alerts whose place may still change, because one that happened before them may still come. */
  readonly pending: number;
  readonly latenessMs: number;
  readonly fingerprints: readonly FingerprintRow[];
}

/** What makes two alerts of a source the same alert again. */
export interface FingerprintRow {
  readonly source: string;
  readonly title: string;
  /** How many of its alerts were kept. */
  readonly alerts: number;
  readonly version: string;
  readonly parts: readonly string[];
  readonly groupMinutes: number;
  /** Undefined where nobody changed it. */
  readonly changedAt: string | undefined;
  readonly changedBy: string | undefined;
}

/** POST /api/v1/fingerprints/:source and …/preview. `tried` is what the preview answered. */
export interface FingerprintChange {
  readonly parts: readonly string[];
  readonly groupMinutes: number;
  readonly tried?: string;
}

/** What a change would have done to what is stored. */
export interface FingerprintTrial {
  readonly tried: string;
  /** The latest alerts of the source that it was tried on. */
  readonly alerts: number;
  readonly shownNow: number;
  readonly shownThen: number;
  /** Some that would be duplicates and are none now, and the other way round. */
  readonly folded: readonly FingerprintExample[];
  readonly unfolded: readonly FingerprintExample[];
}
export interface FingerprintExample {
  readonly alert: Id<'alert'>;
  readonly incident: Id<'incident'>;
  readonly evidence: Id<'evidence'>;
  readonly title: string;
  readonly severity: Severity;
  readonly at: UnixMs;
  readonly because: string;
}
