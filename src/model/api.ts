/**
 * What crosses the wire between the server and the page (and any other client). Types only. Times are RFC 3339 texts
 * where they are shown and `UnixMs` where they are plotted.
 */
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { EntityHit, InstructionLike, Severity } from './alert.ts';
import type { ProposalRow } from './api-proposals.ts';
import type { EntityInvolved, Gap, ResponseOption, Summary, TimelineEntry } from './claim.ts';
import type { SourceClock } from './clock.ts';
import type { Coverage } from './coverage.ts';
import type { DataSet, EnrichmentFact, FactStatus, Tlp } from './enrichment.ts';
import type { ExplainedField } from './explanation.ts';
import type { FailureCode } from './failure.ts';
import type { IncidentClosure, IncidentRow, JoinReason } from './incident.ts';
import type { ProposalState } from './proposal.ts';
import type { Role } from './review.ts';
import type { SuppressionOutcome } from './suppression.ts';

export type * from './api-ai.ts';
export type * from './api-handover.ts';
export type * from './api-people.ts';
export type * from './api-playbooks.ts';
export type * from './api-proposals.ts';
export type * from './api-sources.ts';
export type * from './conversation.ts';
export type { LeaseList } from './lease.ts';
export type * from './playbook-dry-run.ts';
export type * from './query.ts';
export type * from './since.ts';
export type * from './task.ts';

/** Every failed request. `shown` is for people. */
export interface ApiFailure {
  readonly code: FailureCode;
  readonly shown: string;
  readonly requestId: string;
  /** The reasons, where whoever asked may read them: they are about their own words, or about what they can read anyway. */
  readonly because?: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Opaque; undefined on the last page. */
  readonly next: string | undefined;
  readonly total: number | undefined;
}

/** GET /api/v1/me — also without a session. */
export interface Me {
  readonly person: { readonly id: Id<'person'>; readonly name: string; readonly roles: readonly Role[] } | null;
  /** Send back as `x-countersign-token` with every mutation. */
  readonly token: string;
  readonly installation: Id<'installation'>;
  readonly isDemo: boolean;
  readonly rpId: string;
  readonly origin: string;
  /** False until the first administrator is enrolled. */
  readonly hasAdministrator: boolean;
  /** People who could sign a T3 review now. Below two, T3 is unavailable, and says so. */
  readonly possibleT3Reviewers: number;
  readonly killSwitch: { readonly isOn: boolean; readonly since: string; readonly by: string; readonly reason: string };
  readonly processesIsolated: boolean;
  readonly ai: { readonly level: 'L0' | 'L1'; readonly because: string };
  readonly counts: {
    readonly openIncidents: number;
    readonly unownedHigh: number;
    readonly inReview: number;
    readonly quarantined: number;
    readonly silentStreams: number;
  };
  readonly health: readonly HealthItem[];
}

export interface HealthItem {
  readonly name: 'database' | 'executor' | 'log' | 'search_index' | 'intake' | 'sources' | 'ai' | 'notices';
  readonly status: 'ok' | 'degraded' | 'down';
  readonly text: string;
  /** What to do about it, where there is more to say than for the part as such. */
  readonly fix?: string;
}

/* ---------- incidents ---------- */

/** GET /api/v1/incidents?severity=high,critical&source=&owner=&coverage=&q=&sort=&cursor=&limit= */
export type IncidentPage = Page<IncidentRow> & {
  readonly openTotal: number;
  readonly unownedHigh: number;
  readonly sources: readonly string[];
  readonly owners: readonly string[];
};

/** GET /api/v1/incidents/:id */
export interface IncidentDetail {
  readonly row: IncidentRow;
  readonly summary: Summary;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly entities: readonly EntityInvolved[];
  readonly options: readonly ResponseOption[];
  readonly proposals: readonly ProposalRow[];
  readonly events: readonly IncidentEventRow[];
  readonly instructionBadges: readonly {
    readonly evidence: Id<'evidence'>;
    readonly pointer: string;
    readonly why: string;
  }[];
  /** What arrived after it was judged without it, by stream: the question is open again. */
  readonly lateNews: readonly LateNews[];
  /** Whether and as what it was closed last; absent where it never was. */
  readonly closure?: IncidentClosure | undefined;
  /** Where it was merged into another one: go there. */
  readonly mergedInto: Id<'incident'> | undefined;
}

/** Records of one stream that arrived so late that somebody may have judged without them. */
export interface LateNews {
  readonly stream: string;
  readonly records: number;
  /** When what they tell of happened. */
  readonly from: string;
  readonly to: string;
  readonly arrivedAt: string;
}

export interface IncidentEventRow {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly kind: string;
  readonly text: string;
  readonly canUndo: boolean;
}

/** GET /api/v1/incidents/:id/alerts?cursor=&limit= → Page<AlertRow> */
export interface AlertRow {
  readonly id: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  readonly title: string;
  readonly product: string;
  readonly source: string;
  readonly severity: Severity;
  readonly activityAt: UnixMs;
  readonly receivedAt: UnixMs;
  readonly entities: readonly EntityHit[];
  readonly because: readonly JoinReason[];
  readonly duplicates: number;
  /** Where it matched a suppression in force: what became of it. */
  readonly suppression?: SuppressionOutcome;
  /** ATT&CK techniques as the record states them; the name is empty where our version does not have the id. */
  readonly techniques: readonly { readonly id: string; readonly name: string; readonly tactics: readonly string[] }[];
}

/** GET /api/v1/incidents/:id/enrichment: what is known beside the alerts. It is shown, and nothing rests on it. */
export interface EnrichmentView {
  readonly entities: readonly {
    readonly key: string;
    readonly kind: string;
    readonly label: string;
    readonly facts: readonly EnrichmentFact[];
  }[];
  readonly techniques: readonly EnrichmentFact[];
  /** Those worth a line in the summary, gravest first. */
  readonly notable: readonly { readonly label: string; readonly fact: EnrichmentFact }[];
  /** Values that our history knows since the last day only; the first of them by name. */
  readonly newHere: { readonly labels: readonly string[]; readonly total: number };
  /** Values beyond the bound, about which nothing is said. */
  readonly omitted: number;
  readonly tlp: { readonly value: Tlp; readonly because: string };
  readonly lookUps: readonly LookUpPlan[];
}

/** What one look-up would be asked about this incident, before anything is sent. */
export interface LookUpPlan {
  readonly name: string;
  readonly title: string;
  readonly sends: string;
  readonly maxTlp: Tlp;
  readonly send: readonly { readonly kind: string; readonly value: string }[];
  readonly withheld: readonly { readonly kind: string; readonly value: string; readonly because: string }[];
  /** Some of many are shown. */
  readonly withheldTotal: number;
  /** Values whose answer is still fresh. */
  readonly fresh: number;
  readonly leftToday: number;
  readonly pending: number;
}

/** GET /api/v1/enrichment */
export interface EnrichmentHealth {
  readonly sets: readonly DataSet[];
  readonly lookUps: readonly LookUpHealth[];
}

export interface LookUpHealth {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly maxTlp: Tlp;
  readonly sends: string;
  readonly leftToday: number;
  readonly perDay: number;
  readonly pending: number;
  /** Of a collection: what is kept of it, and what of it we cannot compare. */
  readonly indicators: number;
  readonly notUnderstood: number;
  readonly lastAsked: string;
  readonly lastFailure: string;
  readonly lastFailureAt: string;
  readonly status: FactStatus;
}

/** GET /api/v1/incidents/:id/timeline */
export interface IncidentTimeline {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** Products, by name. An entry whose product has no lane of its own stands in the last. */
  readonly lanes: readonly string[];
  /** How late and how far off the clock of each lane is, by name. */
  readonly clocks: readonly SourceClock[];
  readonly entries: readonly TimelineEntry[];
  readonly gaps: readonly Gap[];
  /** Above the bound the middle is left out, and this says how many. */
  readonly omitted: number;
}

/** GET /api/v1/evidence/:id */
export interface EvidenceView {
  readonly id: Id<'evidence'>;
  readonly sha256: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly byteLength: number;
  /** The raw record as text, at most 256 KiB of it. */
  readonly raw: string;
  readonly isTruncated: boolean;
  readonly isJson: boolean;
  readonly alerts: readonly {
    readonly id: Id<'alert'>;
    readonly title: string;
    readonly incident: Id<'incident'> | undefined;
    /** Fields whose meaning was guessed, with how sure the guess is, the least sure first. */
    readonly guessed: readonly {
      readonly field: string;
      readonly value: string;
      readonly pointer: string;
      readonly confidence: number;
    }[];
  }[];
  readonly instructionLike: readonly InstructionLike[];
  /** What its command lines, scripts and addresses do, as far as rules can tell. */
  readonly explained: readonly ExplainedField[];
}

/** GET /api/v1/search?q=&limit= */
export interface SearchResult {
  readonly hits: readonly {
    readonly alert: Id<'alert'>;
    readonly evidence: Id<'evidence'>;
    readonly incident: Id<'incident'> | undefined;
    readonly title: string;
    readonly excerpt: string;
    readonly at: UnixMs;
  }[];
  /** How many alerts the index is behind by. */
  readonly indexLag: number;
  /** There may be more, and newer ones: the index is behind, or the search met a bound and stopped. */
  readonly isPartial: boolean;
}

/** GET /api/v1/quarantine */
export interface QuarantineRow {
  readonly id: string;
  readonly source: string;
  readonly code: string;
  readonly detail: string;
  readonly receivedAt: string;
  readonly excerpt: string;
  readonly byteLength: number;
}

/* ---------- log ---------- */

/** GET /api/v1/log */
export interface LogStatus {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  readonly checkpoint: string;
  readonly policy: string;
  readonly pending: number;
  readonly isWitnessed: boolean;
}

/** GET /api/v1/log/entries?before=&limit=&proposal=&type= (newest first) */
export interface LogEntryRow {
  readonly index: number;
  readonly leafHash: string;
  readonly type: string;
  readonly at: string;
  /** The canonical text of the leaf. */
  readonly text: string;
  /** One sentence, with names filled in from the directory of people. */
  readonly says: string;
}

/** GET /api/v1/events: server-sent events; each names what to fetch again. */
export type LiveEvent =
  | { readonly kind: 'incidents'; readonly changed: number }
  | { readonly kind: 'incident'; readonly id: Id<'incident'> }
  | { readonly kind: 'proposal'; readonly id: Id<'proposal'>; readonly state: ProposalState }
  | { readonly kind: 'log'; readonly size: number }
  | { readonly kind: 'kill_switch'; readonly isOn: boolean }
  | { readonly kind: 'coverage'; readonly silentStreams: number };
