/** What crosses the wire about a shift, a day or a week. Part of `api.ts`. */
import type { Id } from '../base/id.ts';
import type { Severity } from './alert.ts';

/** Our words, or a value out of a record or from a person: text that is shown and never followed. */
export type HandoverPart = { readonly words: string } | { readonly value: string };

/** What a line is about, as a place to go to. */
export type HandoverPlace =
  | { readonly kind: 'incident'; readonly id: Id<'incident'> }
  | { readonly kind: 'proposal'; readonly id: Id<'proposal'> }
  | { readonly kind: 'health' }
  | { readonly kind: 'queue' }
  | { readonly kind: 'decisions' }
  | { readonly kind: 'audit' };

export interface HandoverLine {
  readonly text: readonly HandoverPart[];
  readonly to: HandoverPlace;
  /** RFC 3339. */
  readonly at?: string;
  readonly severity?: Severity;
  /** Telemetry that is missing, or something that runs out: it stands out. */
  readonly isGap?: true;
}

export interface HandoverSection {
  readonly id:
    | 'silent'
    | 'reviews'
    | 'doubt'
    | 'unowned'
    | 'news'
    | 'decided'
    | 'opened'
    | 'changed'
    | 'intake'
    | 'rules';
  readonly title: string;
  readonly lines: readonly HandoverLine[];
  /** Further lines that are not listed. */
  readonly more: number;
  /** What it means that there is no line. */
  readonly empty: string;
}

/** GET /api/v1/handover?from=&to= */
export interface Handover {
  /** RFC 3339. */
  readonly from: string;
  readonly to: string;
  readonly writtenAt: string;
  /** Coverage first, then what needs somebody, then what was done. */
  readonly sections: readonly HandoverSection[];
}
