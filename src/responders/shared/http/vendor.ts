import { fail, ok, type Result } from '../../../base/result.ts';
import type { UnixMs } from '../../../base/time.ts';
import { type Failure, failureOf } from '../../../model/failure.ts';
import type {
  Observation,
  Operation,
  Plan,
  PlanRequest,
  Receipt,
  Responder,
  ResponderContext,
  ResponderManifest,
  RightSeen,
  Secret,
  SystemConfig,
  TargetFacts,
  TrailPage,
  WriteCapability,
} from '../../../ports/responder.ts';
import { type Answer, carryOut, nothingSent } from '../carry-out.ts';
import { inTurn } from '../in-turn.ts';
import { sealPlan } from '../seal.ts';
import { shownText } from '../wire-text.ts';
import { Denied, httpWriteOutcome } from './ask-http.ts';
import type { VendorClient } from './vendor-client.ts';
import { lookedBefore, vendorReadFailure } from './vendor-http.ts';

interface Values {
  readonly [path: string]: string;
}

/** What one look at a target told. */
export interface Seen {
  readonly immutableId: string;
  readonly facts: TargetFacts;
  /** Everything that an act rests on or changes, by its path. */
  readonly values: { readonly [path: string]: string };
  /** What the act and its undo have to be told again, because the target does not say it any more once it is done. */
  readonly keeps?: { readonly [name: string]: string };
  readonly direct?: readonly string[];
  readonly dependents?: readonly string[];
  readonly refusals?: Plan['refusals'];
}

/** One operation of a product's API, as a row: where it looks, what it changes and by which request. */
export interface VendorOperation {
  readonly operation: Operation;
  /**
   * The values that it brings about, by their paths; of an undo that brings back what was, made of what the act kept. All other
   * paths that {@link Seen.values} has only rest.
   */
  readonly to: Values | ((told: Values) => Values);
  /** Paths that have to be at the write as they were when it was planned, besides those that change. */
  readonly rests: readonly string[];
  /** Of an undo: the path that shows whether anybody changed the target after our act. */
  readonly undoneIf?: { readonly path: string };
  /** `nowhere`: the product tells nobody whether it came about. */
  readonly isSeen: 'afterwards' | 'nowhere';
  readonly unknown: readonly string[];
  readonly sideEffects: readonly string[];
  /** What stays unproven when the state is as wanted. */
  readonly unproven: string;
  canBeId(immutableId: string): boolean;
  /** The target behind a name or an id, and no other; undefined where there is none. `told` is what an earlier look keeps. */
  look(
    client: VendorClient,
    target: PlanRequest['target'],
    told: { readonly [name: string]: string } | undefined,
  ): Promise<Seen | undefined>;
  /** The one request that changes something. */
  write(client: VendorClient, seen: Seen): Promise<void>;
}

/** A product with an API over HTTP: its operations, and how one connects to it. */
export interface Vendor<S> {
  readonly manifest: ResponderManifest;
  readonly parseConfig: Responder['parseConfig'];
  readSettings(given: SystemConfig['settings']): Result<S, Failure>;
  connect(settings: S, secret: Secret, access: 'read' | 'write', timeoutMs: number): VendorClient;
  /** What each credential may do there, by the one that reads. Absent where the product tells nobody. */
  rights?(settings: S, secret: Secret, timeoutMs: number): Promise<readonly RightSeen[]>;
  /** What the product's own log says was done with the write credential since a cursor. Absent where it keeps none. */
  trail?(
    settings: S,
    connect: (access: 'read') => VendorClient,
    cursor: string,
    now: UnixMs,
  ): Promise<Result<TrailPage, Failure>>;
  /** Those that a system of these settings is for. */
  operations(settings: S): readonly VendorOperation[];
}

interface Ready {
  readonly row: VendorOperation;
  connect(secret: Secret, access: 'read' | 'write'): VendorClient;
}

/** A responder of a product's API. Everything but the operations is the same for all. */
export function vendorResponder<S>(vendor: Vendor<S>): Responder {
  const { name } = vendor.manifest;
  const ready = (
    operation: string,
    { settings }: SystemConfig,
    { timeoutMs }: ResponderContext,
  ): Result<Ready, Failure> => {
    const read = vendor.readSettings(settings);
    if (!read.ok) return read;
    const row = vendor.operations(read.value).find(candidate => candidate.operation.name === operation);
    return row === undefined
      ? fail(failureOf('proposal.not_expressible', `${name}: there is no operation ${shownText(operation)}`))
      : ok({ row, connect: (secret, access) => vendor.connect(read.value, secret, access, timeoutMs) });
  };
  return {
    manifest: vendor.manifest,
    parseConfig: vendor.parseConfig,
    ...(vendor.rights === undefined ? {} : { rights: (system, context) => rights(vendor, system, context) }),
    ...(vendor.trail === undefined
      ? {}
      : { auditTrail: (cursor, system, context) => trail(vendor, cursor, system, context) }),
    offers(settings) {
      const read = vendor.readSettings(settings);
      return read.ok ? vendor.operations(read.value).map(({ operation }) => operation.name) : [];
    },
    async plan(request, system, context) {
      const found = ready(request.operation, system, context);
      return found.ok ? await plan(name, found.value, request, system.system, context) : found;
    },
    async execute(given, system, capability, context) {
      return await execute(ready(given.operation, system, context), given, system, capability, context);
    },
    async observe(given, system, context) {
      const found = ready(given.operation, system, context);
      return found.ok ? await observe(name, found.value, given, context) : found;
    },
  };
}

async function rights<S>(
  vendor: Vendor<S>,
  { settings }: SystemConfig,
  { readCredential, timeoutMs }: ResponderContext,
): Promise<Result<readonly RightSeen[], Failure>> {
  const read = vendor.readSettings(settings);
  if (!read.ok) return read;
  const secret = await readCredential();
  try {
    return ok((await vendor.rights?.(read.value, secret, timeoutMs)) ?? []);
  } catch (error) {
    return fail(vendorReadFailure(vendor.manifest.name, error, [secret]));
  }
}

async function trail<S>(
  vendor: Vendor<S>,
  cursor: string,
  { settings }: SystemConfig,
  { readCredential, timeoutMs, now }: ResponderContext,
): Promise<Result<TrailPage, Failure>> {
  const { name } = vendor.manifest;
  const read = vendor.readSettings(settings);
  if (!read.ok) return read;
  const secret = await readCredential();
  try {
    const connect = (access: 'read') => vendor.connect(read.value, secret, access, timeoutMs);
    return (await vendor.trail?.(read.value, connect, cursor, now())) ?? fail(failureOf('responder.no_trail', name));
  } catch (error) {
    return fail(vendorReadFailure(name, error, [secret]));
  }
}

/** Whether this target can be named so: what goes into paths and filters is bounded and has no control characters. */
function canBeAsked(row: VendorOperation, target: PlanRequest['target']): boolean {
  if ('immutableId' in target) return row.canBeId(target.immutableId);
  const { name } = target;
  return name !== '' && name.isWellFormed() && !/\p{Cc}/u.test(name) && name.length <= NAME_CHARS_MAX;
}

const NAME_CHARS_MAX = 256;

async function plan(
  name: string,
  { row, connect }: Ready,
  request: PlanRequest,
  system: string,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const nobody = fail(failureOf('proposal.target_not_found', `${name}: there is no such target, or more than one`));
  if (!canBeAsked(row, request.target)) return nobody;
  const secret = await context.readCredential();
  try {
    const seen = await row.look(connect(secret, 'read'), request.target, request.before);
    return seen === undefined || !row.canBeId(seen.immutableId) ? nobody : ok(describe(row, request, system, seen));
  } catch (error) {
    return fail(vendorReadFailure(name, error, [secret]));
  }
}

function describe(row: VendorOperation, request: PlanRequest, system: string, seen: Seen): Plan {
  const { operation, rests, undoneIf } = row;
  const to = toOf(row, request.before);
  const paths = new Set([...Object.keys(to), ...rests, ...(undoneIf === undefined ? [] : [undoneIf.path])]);
  return sealPlan({
    operation: operation.name,
    operationVersion: operation.version,
    target: { type: operation.targetType, system, immutableId: seen.immutableId },
    facts: shownFacts(seen.facts),
    params: seen.keeps ?? {},
    preconditions: [...paths].map(path => ({ path, value: seen.values[path] ?? '' })),
    changes: Object.entries(to).map(([path, value]) => ({ path, from: seen.values[path] ?? '', to: value })),
    blast: {
      direct: (seen.direct ?? []).map(shownText),
      dependents: (seen.dependents ?? []).map(shownText),
      unknown: row.unknown,
    },
    sideEffects: row.sideEffects,
    refusals: [...never(seen), ...stateRefusals(row, request, seen)],
    dryRun: 'predicted',
  });
}

/** The product's own texts, as people may be shown them. The name stays one that the target can be asked for by. */
function shownFacts({ displayName, title, ...facts }: Seen['facts']): Seen['facts'] {
  return { ...facts, displayName: shownText(displayName), ...(title === undefined ? {} : { title: shownText(title) }) };
}

/** What is never done, whatever was signed. Held when it is planned, and again when it is written. */
function never({ facts, refusals }: Seen): Plan['refusals'] {
  return [
    ...(facts.isOwnIdentity ? [{ reason: 'own_identity' as const, text: 'Countersign itself uses it there.' }] : []),
    ...(facts.isLastAdministrator
      ? [{ reason: 'last_administrator' as const, text: 'It is the last that is known to administer the product.' }]
      : []),
    ...(refusals ?? []),
  ];
}

function toOf({ to }: Pick<VendorOperation, 'to'>, told: Values | undefined): Values {
  return typeof to === 'function' ? to(told ?? {}) : to;
}

function isDone(to: Values, { values }: Pick<Seen, 'values'>): boolean {
  return Object.entries(to).every(([path, value]) => values[path] === value);
}

const SINCE = 'After';

function stateRefusals(row: VendorOperation, { before }: PlanRequest, seen: Seen): Plan['refusals'] {
  const { undoneIf } = row;
  const to = toOf(row, before);
  const nothing = {
    reason: 'nothing_to_undo',
    text: 'There is nothing of Countersign that this would undo.',
  } as const;
  if (before !== undefined && !isDone(to, { values: before })) return [nothing];
  if (undoneIf === undefined)
    return isDone(to, seen) ? [{ reason: 'already_in_effect', text: 'It is so already.' }] : [];
  if (before === undefined) return [nothing];
  const mark = before[undoneIf.path + SINCE] ?? '';
  return mark !== '' && mark === seen.values[undoneIf.path] && !isDone(to, seen)
    ? []
    : [{ reason: 'changed_since', text: 'Somebody changed it since. Look at it there first.' }];
}

async function execute(
  found: Result<Ready, Failure>,
  given: Plan,
  system: SystemConfig,
  capability: WriteCapability,
  context: ResponderContext,
): Promise<Receipt> {
  const operation = found.ok ? found.value.row.operation : undefined;
  const unfit = !found.ok
    ? found.failure.detail
    : found.value.row.canBeId(given.target.immutableId)
      ? undefined
      : 'the plan is for another kind of target';
  return await carryOut(
    { plan: given, system, operation, unfit, capability, context },
    async secret =>
      found.ok
        ? await inTurn(`${system.system}\n${given.target.immutableId}`, () =>
            change(found.value, given, secret, context),
          )
        : nothingSent(found.failure.detail),
    httpWriteOutcome,
  );
}

const DRIFTED: Answer = { outcome: 'refused_drift', detail: 'it is not as it was planned for', before: {} };
/** The answer of a product that compares before it writes (RFC 9110, 13.1.1). */
const CHANGED_SINCE = 412;

/** Looks with the credential that only reads, and writes with the one that writes: that one needs no more than this one right. */
async function change(
  { row, connect }: Ready,
  given: Plan,
  secret: Secret,
  context: ResponderContext,
): Promise<Answer> {
  const reading = connect(await context.readCredential(), 'read');
  const target = { immutableId: given.target.immutableId };
  const now = await lookedBefore(() => row.look(reading, target, given.params));
  if (now === undefined || !given.preconditions.every(({ path, value }) => now.values[path] === value)) return DRIFTED;
  const [refusal] = never(now);
  if (refusal !== undefined) return nothingSent(refusal.text);
  try {
    await row.write(connect(secret, 'write'), now);
  } catch (error) {
    if (error instanceof Denied && error.status === CHANGED_SINCE) return DRIFTED;
    throw error;
  }
  // Without this look nothing tells our change from a later one, and the undo says so.
  const after = await row.look(reading, target, given.params).catch(() => undefined);
  const marks = Object.entries(after?.values ?? {}).map(([path, value]) => [path + SINCE, value]);
  return {
    outcome: 'applied',
    detail: 'the product says that it is done',
    before: { ...now.keeps, ...now.values, ...Object.fromEntries(marks) },
  };
}

const UNSEEN_TEXT = 'The product tells nobody whether it came about.';

async function observe(
  name: string,
  { row, connect }: Ready,
  given: Plan,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const target = { immutableId: given.target.immutableId };
  if (!canBeAsked(row, target)) return fail(failureOf('proposal.target_not_found', `${name}: no such target`));
  const secret = await context.readCredential();
  try {
    const seen = await row.look(connect(secret, 'read'), target, given.params);
    if (seen === undefined) return fail(failureOf('proposal.target_not_found', `${name}: there is no such target`));
    const unproven = { text: row.unproven, ok: 'unproven' } as const;
    if (row.isSeen === 'nowhere')
      return ok({ state: 'not_seen', effect: 'unproven', checks: [{ text: UNSEEN_TEXT, ok: 'unproven' }, unproven] });
    const to = toOf(row, given.params);
    const isWanted = isDone(to, seen);
    const checks = Object.keys(to).map(path => ({
      text: shownText(`The product says: ${path} is ${seen.values[path] ?? ''}.`),
      ok: seen.values[path] === to[path] ? ('yes' as const) : ('no' as const),
    }));
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      effect: isWanted ? 'unproven' : 'not_in_effect',
      checks: [...checks, unproven],
    });
  } catch (error) {
    return fail(vendorReadFailure(name, error, [secret]));
  }
}
