import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { AlertField, EntityKind, EntityRole, Severity } from './alert.ts';
import type { Citation, EntityInvolved, Gap, Predicate } from './claim.ts';

/*
 * Questions that can be asked of an incident, as data. Closed: whoever makes one (a person in the builder, the reader of
 * questions, a model) can say nothing else, and whatever was said is shown as a sentence of ours beside its answer.
 */

/** From included, to excluded; an end that is absent is open. */
export interface AskedSpan {
  readonly from?: UnixMs;
  readonly to?: UnixMs;
}

/** Which alerts. Within a list one is enough, between lists all have to hold; of entities every one has to stand in it. */
export interface AlertFilter {
  readonly entities?: readonly { readonly key: string; readonly as?: EntityRole }[];
  readonly predicates?: readonly Predicate[];
  readonly rules?: readonly string[];
  readonly products?: readonly string[];
  readonly techniques?: readonly string[];
  readonly severities?: readonly Severity[];
  readonly outcome?: 'success' | 'failure';
  /** Words of the alert's title, rule, fields and entities; those that match best, by how rare the words are here. */
  readonly about?: readonly string[];
  readonly span?: AskedSpan;
}

/** What is told apart. `record` is a field of the raw record, by the last name of its path. */
export type Grouping =
  | { readonly by: 'entity'; readonly kinds: readonly EntityKind[]; readonly as?: EntityRole }
  | { readonly by: 'field'; readonly field: AlertField }
  | { readonly by: 'record'; readonly name: string }
  | { readonly by: 'rule' | 'product' | 'severity' | 'technique' | 'predicate' | 'hour' };

export const ORDERS = ['first', 'last', 'gravest', 'most', 'best'] as const;
export type AskedOrder = (typeof ORDERS)[number];

/** A moment that something else is before or after. */
export type Anchor =
  | { readonly kind: 'alert'; readonly alert: Id<'alert'> }
  | { readonly kind: 'time'; readonly at: UnixMs }
  | { readonly kind: 'first' | 'last'; readonly where: AlertFilter };

export type Query =
  /** Alerts, one a row. */
  | { readonly form: 'alerts'; readonly where: AlertFilter; readonly order: AskedOrder; readonly limit: number }
  /** Values that stand in alerts, with how often and when. */
  | {
      readonly form: 'values';
      readonly where: AlertFilter;
      readonly of: Grouping;
      readonly order: AskedOrder;
      readonly limit: number;
    }
  | { readonly form: 'count'; readonly where: AlertFilter }
  /** Who was involved, in which role. */
  | {
      readonly form: 'entities';
      readonly roles: readonly EntityInvolved['role'][];
      readonly kinds: readonly EntityKind[];
      readonly limit: number;
    }
  /** Who held an address, an account or a name, at a moment or over the whole incident. */
  | { readonly form: 'held'; readonly entity: string; readonly at?: UnixMs; readonly limit: number }
  | {
      readonly form: 'around';
      readonly anchor: Anchor;
      readonly side: 'before' | 'after' | 'both';
      readonly withinMs: number;
      readonly where: AlertFilter;
      readonly limit: number;
    }
  /** What was heard, and what is missing. */
  | {
      readonly form: 'coverage';
      readonly stream?: string;
      readonly span?: AskedSpan;
      readonly only: 'all' | 'gaps';
      readonly limit: number;
    }
  | {
      readonly form: 'decisions';
      readonly what: 'proposals' | 'reviews' | 'acts';
      /** An entity of the incident. */
      readonly target?: string;
      readonly limit: number;
    }
  /** How common a value is in all that this installation has seen. */
  | { readonly form: 'prevalence'; readonly entity: string }
  /** What is not there: answered with the telemetry that would show it, and its gaps. */
  | { readonly form: 'absent'; readonly where: AlertFilter };

export type QueryForm = Query['form'];

/** Rows of an answer, and of a list within a query. */
export const ANSWER_ROWS_MAX = 100;
export const ANSWER_ROWS_USUAL = 25;
export const FILTER_LIST_MAX = 20;
/** Characters of a name, key or word within a query. */
export const QUERY_TEXT_MAX = 400;
export const QUESTION_CHARS_MAX = 1_000;
/** Queries that one question may be read as. */
export const CANDIDATES_MAX = 3;
/** Citations of one row. */
export const ROW_CITATIONS_MAX = 6;
/** How far around a moment may be asked. */
export const WITHIN_MS_MAX = 31 * 86_400_000;

/** Names that a question about one incident can be about. From its alerts, so a value is whatever somebody wrote there. */
export interface Vocabulary {
  readonly entities: readonly { readonly key: string; readonly kind: EntityKind; readonly label: string }[];
  readonly rules: readonly { readonly rule: string; readonly title: string }[];
  readonly products: readonly string[];
  readonly techniques: readonly string[];
  readonly streams: readonly string[];
  /** Names of fields of the raw records. */
  readonly recordFields: readonly string[];
  /** Words of titles, rules, fields and entities. */
  readonly words: readonly string[];
  readonly window: { readonly from: UnixMs; readonly to: UnixMs };
}

/** One piece of a query's sentence. `value` was written by somebody else, and is shown inert. */
export interface SentencePart {
  readonly kind: 'ours' | 'value';
  readonly text: string;
}

/** How a question was read. */
export interface ReadQuestion {
  /** The likeliest first; empty where nothing was understood. */
  readonly queries: readonly Query[];
  /** What of the question led to what, in its order. */
  readonly understood: readonly { readonly text: string; readonly as: string }[];
  readonly notUnderstood: readonly string[];
}

/** What a row rests on: records, telemetry that was or was not heard, our own counts, or the signed log. */
export type Ground = 'evidence' | 'coverage' | 'history' | 'log';

export interface AnswerCell {
  /** `value` is as recorded. */
  readonly kind: 'ours' | 'value' | 'time' | 'count';
  readonly text: string;
  readonly at?: UnixMs;
  /** Where it stands. */
  readonly citation?: Citation;
}

export interface AnswerRow {
  readonly rests: Ground;
  readonly cells: readonly AnswerCell[];
  /** Never empty where it rests on evidence. */
  readonly citations: readonly Citation[];
  readonly proposal?: Id<'proposal'>;
}

/** What a query gave. It has no form without its query, and no row without what it rests on. */
export interface Answer {
  readonly query: Query;
  readonly sentence: readonly SentencePart[];
  readonly columns: readonly string[];
  readonly rows: readonly AnswerRow[];
  readonly totals: {
    /** Rows that there are, shown or not. */
    readonly rows: number;
    /** Alerts that match. */
    readonly alerts: number;
    /** Alerts that were looked at, of so many. */
    readonly looked: number;
    readonly of: number;
  };
  /** What was left out and why, as sentences of ours. */
  readonly leftOut: readonly string[];
  /** Where nothing was found: what that is worth. */
  readonly absence: { readonly text: string; readonly gaps: readonly Gap[] } | undefined;
}

/** A question in words, or a query; the API takes either. */
export interface AskRequest {
  readonly question?: string;
  readonly query?: Query;
}

export interface AskAnswer {
  readonly understood: ReadQuestion['understood'];
  readonly notUnderstood: readonly string[];
  /** Every reading of the question with its sentence; the first is answered. */
  readonly queries: readonly { readonly query: Query; readonly sentence: readonly SentencePart[] }[];
  readonly answers: readonly Answer[];
  /** What the search can be asked instead; empty where the question has no words for it. */
  readonly search: string;
}

/** What can be asked of one incident: its names, and questions made from them. */
export interface AskOffers {
  readonly examples: readonly string[];
  readonly vocabulary: Omit<Vocabulary, 'words'>;
}

/** A form of the builder: its parts, each with the closed list that it is chosen from. */
export interface AskForms {
  readonly forms: readonly {
    readonly form: QueryForm;
    readonly title: string;
    readonly parts: readonly string[];
    /** A query of this form to begin with. */
    readonly begin: Query;
  }[];
  readonly predicates: readonly { readonly value: Predicate; readonly title: string }[];
  readonly groupings: readonly { readonly value: Grouping; readonly title: string }[];
  readonly orders: readonly { readonly value: AskedOrder; readonly title: string }[];
  readonly severities: readonly Severity[];
  readonly roles: readonly EntityInvolved['role'][];
  readonly limits: { readonly rows: number; readonly questionChars: number };
}
