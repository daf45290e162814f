import type { UnixMs } from '../../base/time.ts';
import type {
  AlertField,
  EntityHit,
  EntityKind,
  EntityRole,
  MachineKind,
  NormalisedAlert,
  Severity,
} from '../../model/alert.ts';
import { type At, isPlaceholder, textAt } from './at.ts';
import { ENTITIES_MAX, LABEL_CHARS_MAX, LEAVES_MAX, TITLE_CHARS_MAX } from './bounds.ts';
import { detectionFinding } from './ocsf.ts';
import { normaliseEntity } from './values.ts';
import { timeAt, timeText } from './when.ts';

type Values = { -readonly [F in keyof NormalisedAlert['fields']]: NormalisedAlert['fields'][F] };
type Pointers = { [F in AlertField]?: string };
type Confidence = { [F in AlertField]?: number };

/** An alert while a source reads a record. Filled by the functions below, closed by {@link closeDraft}. */
export interface Draft {
  readonly root: unknown;
  readonly fields: Values;
  readonly pointers: Pointers;
  /** Filled by a source that guesses; undefined for one that knows. */
  confidence: Confidence | undefined;
  readonly entities: EntityHit[];
  readonly warnings: string[];
  dropped: number;
}

export function openDraft(root: unknown): Draft {
  return { root, fields: {}, pointers: {}, confidence: undefined, entities: [], warnings: [], dropped: 0 };
}

export type TextField = Exclude<AlertField, 'time' | 'outcome'>;

/** Takes a field from a place in the record, as recorded. The first value wins; what is absent changes nothing. */
export function putField(draft: Draft, name: TextField, at: At | undefined, part?: string): void {
  if (at === undefined || draft.fields[name] !== undefined) return;
  const text = part ?? textAt(at);
  if (text === undefined || isPlaceholder(text)) return;
  draft.fields[name] = text;
  draft.pointers[name] = at.pointer;
}

export function putOutcome(draft: Draft, outcome: 'success' | 'failure' | undefined, at?: At): void {
  if (outcome === undefined || draft.fields.outcome !== undefined) return;
  draft.fields.outcome = outcome;
  if (at !== undefined) draft.pointers.outcome = at.pointer;
}

/** Says how sure a guess is, of a field that was put; the first that is said of a field stands. */
export function putConfidence(draft: Draft, name: AlertField, confidence: number): void {
  draft.confidence ??= {};
  draft.confidence[name] ??= confidence;
}

/** Reads when it happened. A text that is there and is no time is a warning, not a guess. */
export function putTime(draft: Draft, at: At | undefined): UnixMs | undefined {
  const time = timeAt(at);
  if (time === undefined) {
    if (at !== undefined) warn(draft, `no time at ${at.pointer}`);
    return undefined;
  }
  if (draft.fields.time === undefined && at !== undefined) {
    draft.fields.time = timeText(time);
    draft.pointers.time = at.pointer;
  }
  return time;
}

/** The warning of a source that finds no time. A map that finds one takes it away. */
export const NO_TIME = 'no time is recognised';

export function warn(draft: Draft, text: string): void {
  if (!draft.warnings.includes(text)) draft.warnings.push(text);
}

export interface EntityOptions {
  /** The part of the text at the pointer that names the entity; the whole text where absent. */
  readonly part?: string | undefined;
  /** The value to compare by, where it is more than the label alone says (a name with its domain). */
  readonly value?: string | undefined;
  readonly vendorId?: string | undefined;
  /** Of a machine identity its kind. */
  readonly machine?: MachineKind | undefined;
  /** True where the field was guessed. */
  readonly isGuessed?: true;
}

const ROLE_RANK: { readonly [R in EntityRole]: number } = { actor: 3, target: 2, observer: 1, related: 0 };

/**
 * Adds an entity, once for each kind and value: a later mention raises a vague role and supplies a missing vendor id.
 * What cannot be of that kind is left in the raw record.
 */
export function putEntity(
  draft: Draft,
  kind: EntityKind,
  role: EntityRole,
  at: At | undefined,
  options: EntityOptions = {},
): void {
  if (at === undefined) return;
  const label = options.part ?? textAt(at);
  if (label === undefined || typeof at.value === 'boolean') return;
  if (label.length > LABEL_CHARS_MAX) {
    warn(draft, `too long to be an entity: ${at.pointer}`);
    return;
  }
  const value = options.value ?? normaliseEntity(kind, label);
  if (value === undefined) return;
  const index = draft.entities.findIndex(one => one.value === value && one.kind === kind);
  const earlier = draft.entities[index];
  if (earlier !== undefined) {
    const machine = earlier.machine ?? options.machine;
    draft.entities[index] = {
      ...earlier,
      role: ROLE_RANK[role] > ROLE_RANK[earlier.role] ? role : earlier.role,
      vendorId: earlier.vendorId ?? options.vendorId,
      ...(machine === undefined ? {} : { machine }),
    };
    return;
  }
  if (draft.entities.length >= ENTITIES_MAX) {
    draft.dropped += 1;
    return;
  }
  const hit: Hit = { kind, value, label, role, pointer: at.pointer, vendorId: options.vendorId };
  if (options.machine !== undefined) hit.machine = options.machine;
  if (options.isGuessed === true) hit.isGuessed = true;
  draft.entities.push(hit);
}

type Hit = { -readonly [K in keyof EntityHit]: EntityHit[K] };

export interface Closing {
  readonly source: string;
  readonly vendorId: string | undefined;
  readonly product: string;
  readonly vendor: string | undefined;
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly occurredAt: UnixMs | undefined;
  readonly endedAt?: UnixMs | undefined;
  readonly reportedAt?: UnixMs | undefined;
  readonly techniques?: readonly string[];
  readonly tactics?: readonly string[];
  readonly vendorLinks?: readonly string[];
  /** False where the product logs and does not judge (an audit log). */
  readonly isAlert: boolean;
}

/** An alert but for its OCSF form. */
export type Unformed = Omit<NormalisedAlert, 'ocsf'>;

/**
 * Adds the OCSF form, made when it is first asked for: correlating a million alerts never looks at it, and it costs
 * more than the rest of reading them.
 */
export function formed(alert: Unformed, finding: () => NormalisedAlert['ocsf']): NormalisedAlert {
  return new FormedAlert(alert, finding);
}

class FormedAlert implements NormalisedAlert {
  readonly source: string;
  readonly vendorId: string | undefined;
  readonly product: string;
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly occurredAt: UnixMs | undefined;
  readonly endedAt: UnixMs | undefined;
  readonly reportedAt: UnixMs | undefined;
  readonly fields: NormalisedAlert['fields'];
  readonly pointers: NormalisedAlert['pointers'];
  readonly entities: readonly EntityHit[];
  readonly techniques: readonly string[];
  readonly tactics: readonly string[];
  readonly vendorLinks: readonly string[];
  declare readonly ocsf: NormalisedAlert['ocsf'];
  readonly warnings: readonly string[];
  declare readonly confidence?: NonNullable<NormalisedAlert['confidence']>;
  readonly #finding: () => NormalisedAlert['ocsf'];
  #made: NormalisedAlert['ocsf'] | undefined;

  constructor(alert: Unformed, finding: () => NormalisedAlert['ocsf']) {
    this.source = alert.source;
    this.vendorId = alert.vendorId;
    this.product = alert.product;
    this.title = alert.title;
    this.rule = alert.rule;
    this.severity = alert.severity;
    this.occurredAt = alert.occurredAt;
    this.endedAt = alert.endedAt;
    this.reportedAt = alert.reportedAt;
    this.fields = alert.fields;
    this.pointers = alert.pointers;
    this.entities = alert.entities;
    this.techniques = alert.techniques;
    this.tactics = alert.tactics;
    this.vendorLinks = alert.vendorLinks;
    Object.defineProperty(this, 'ocsf', FormedAlert.#ocsf);
    this.warnings = alert.warnings;
    if (alert.confidence !== undefined) this.confidence = alert.confidence;
    this.#finding = finding;
  }

  /** The alert's own, so that a copy has it; one for all, because a getter made for each makes each a slow object. */
  static readonly #ocsf: PropertyDescriptor & ThisType<FormedAlert> = {
    enumerable: true,
    configurable: true,
    get() {
      this.#made ??= this.#finding();
      return this.#made;
    },
  };
}

const NONE: readonly string[] = [];

export function closeDraft(draft: Draft, closing: Closing): NormalisedAlert {
  if (draft.dropped > 0) warn(draft, `${draft.dropped} more entities than the ${ENTITIES_MAX} that are kept`);
  if (closing.title.length > TITLE_CHARS_MAX) warn(draft, `the title is cut at ${TITLE_CHARS_MAX} characters`);
  const alert: { -readonly [K in keyof Unformed]: Unformed[K] } = {
    source: closing.source,
    vendorId: closing.vendorId,
    product: closing.product,
    title: cut(closing.title),
    rule: cut(closing.rule),
    severity: closing.severity,
    occurredAt: closing.occurredAt,
    endedAt: closing.endedAt,
    reportedAt: closing.reportedAt,
    fields: draft.fields,
    pointers: draft.pointers,
    entities: draft.entities,
    techniques: closing.techniques ?? NONE,
    tactics: closing.tactics ?? NONE,
    vendorLinks: closing.vendorLinks ?? NONE,
    warnings: draft.warnings,
  };
  if (draft.confidence !== undefined) alert.confidence = draft.confidence;
  const { vendor, isAlert } = closing;
  // The leaves are counted when the form is asked for: until then the record stays with its alert, which is short.
  return formed(alert, () => {
    const unmappedCount = Math.max(0, countLeaves(draft.root) - mappedPointers(draft));
    return detectionFinding({ ...alert, vendor, isAlert, unmappedCount });
  });
}

function cut(text: string): string {
  return text.length <= TITLE_CHARS_MAX ? text : text.slice(0, TITLE_CHARS_MAX).toWellFormed();
}

function mappedPointers(draft: Draft): number {
  const pointers = new Set<string>();
  for (const entity of draft.entities) pointers.add(entity.pointer);
  for (const pointer of Object.values(draft.pointers)) pointers.add(pointer);
  return pointers.size;
}

/** Scalars in a record, counted to {@link LEAVES_MAX}. Not recursive, so that no depth can exhaust the stack. */
function countLeaves(root: unknown): number {
  if (typeof root !== 'object' || root === null) return 0;
  let count = 0;
  const open: object[] = [root];
  for (let node = open.pop(); node !== undefined && count < LEAVES_MAX; node = open.pop()) {
    for (const value of Object.values(node)) {
      if (typeof value === 'object' && value !== null) open.push(value);
      else count += 1;
    }
  }
  return count;
}
