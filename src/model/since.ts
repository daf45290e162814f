import type { Severity } from './alert.ts';
import type { EntityInvolved } from './claim.ts';
import type { Coverage } from './coverage.ts';

/** What somebody saw of an incident, as far as a later look is compared with it. Kept per person, never in the log. */
export interface Picture {
  readonly v: '1';
  readonly alerts: number;
  readonly severity: Severity;
  readonly owner: string;
  readonly coverage: Coverage['verdict'];
  /** Streams with a gap. */
  readonly gaps: readonly string[];
  /** Id and text of what was told. */
  readonly claims: readonly (readonly [id: string, text: string])[];
  readonly entities: readonly (readonly [key: string, label: string, role: EntityInvolved['role']])[];
  readonly proposals: readonly (readonly [id: string, sentence: string, state: string])[];
  /** The newest event of a person or the correlator. */
  readonly event: number;
}

/** One difference between two pictures, as a sentence of ours. `about` is an id that the page can go to. */
export interface Change {
  readonly kind:
    | 'alerts'
    | 'severity'
    | 'owner'
    | 'coverage'
    | 'gap'
    | 'claim'
    | 'claim_gone'
    | 'entity'
    | 'proposal'
    | 'event';
  readonly text: string;
  readonly about?: string;
}

/** GET /api/v1/incidents/:id/since */
export interface Since {
  /** RFC 3339; undefined where this person never looked. */
  readonly lookedAt: string | undefined;
  /** What matters most first. */
  readonly changes: readonly Change[];
  /** Further ones that are not listed. */
  readonly more: number;
}
