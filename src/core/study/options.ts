import type { Alert } from '../../model/alert.ts';
import type { Hypothesis } from '../../model/assist.ts';
import type { Citation, Claim, Gap, ResponseOption } from '../../model/claim.ts';
import { type Coverage, type StreamStatus, streamText } from '../../model/coverage.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { leasesOf } from '../../model/lease.ts';
import { TELEMETRY_TEXT } from '../../model/telemetry.ts';
import type { Operation, ResponderManifest } from '../../ports/responder.ts';
import { adviceFor, tradeOffsOf, waitingTradeOffs } from './advice.ts';
import { hypothesesOf } from './assist/hypotheses.ts';
import { weighClaims } from './assist/weigh-facts.ts';
import { kindOfOperation } from './catalogue/catalogue.ts';
import { withArticle } from './enrich/address.ts';
import { gateOf } from './gate.ts';
import { bestStreamOf } from './gate-sources.ts';
import { blockId, blocksOf, blockText, namingFirst, type PossibleBlock, toldFirstBy } from './indicator-options.ts';
import { indicatorKindOf, indicatorsOf } from './indicators.ts';
import { listText } from './list-text.ts';
import { createMeasuring, type Measuring } from './measure.ts';
import { expectedTier } from './option-tier.ts';
import { guessedNames, type Subject, subjectsOf } from './subjects.ts';

/** A target system that is configured here, and the responder that reaches it. */
export interface ReachableSystem {
  readonly system: string;
  readonly responder: string;
  /** Of the responder's operations those that this system was connected for; absent: every one. */
  readonly operations?: readonly string[];
}

/** What the planner enumerates options from. */
export interface OptionsInput {
  readonly alerts: readonly Alert[];
  /** Settled claims; only verified ones support anything. */
  readonly claims: readonly Claim[];
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly inventory: Inventory | undefined;
  readonly manifests: readonly ResponderManifest[];
  readonly systems: readonly ReachableSystem[];
}

/** Acts on accounts that are offered at most, best supported first. */
export const ACTS_OFFERED_MAX = 12;
/** Claims and citations that one option carries. */
const CLAIMS_CITED_MAX = 8;
const CITATIONS_MAX = 40;

/**
 * Every response that can be offered: an act for each operation on each account that the inventory gives for an
 * entity of a verified claim, one for each system that can keep out an address or a domain that such a claim names, and
 * always, first, to wait and collect.
 *
 * A target comes from a field that the source maps *and* from the inventory's `accounts`. A name that stands only in
 * free text has no entity, so it can never be one; nor can a host by the name that a client gave itself when it asked
 * for an address, nor whoever held an address at the time, and one in a field
 * that was guessed is refused. With nothing to act on, the second option says what is lacking.
 */
export function enumerateOptions(input: OptionsInput): readonly ResponseOption[] {
  const subjects = subjectsOf(input.alerts, input.claims, input.inventory);
  const weighed = weighClaims(input.claims, input.alerts);
  const hypotheses = hypothesesOf(weighed.claims);
  const planning: Planning = { ...input, hypotheses, measuring: createMeasuring({ ...input, weighed }) };
  const onAccounts = subjects
    .flatMap(subject => actsOn(subject, planning))
    .slice(0, ACTS_OFFERED_MAX)
    .map(({ subject, account, operation }) => actOption(subject, account, operation, planning));
  const blocking = reachableIn(input).filter(({ operation }) => indicatorKindOf(operation) !== undefined);
  const indicators = blocking.length === 0 ? [] : indicatorsOf(input.alerts, input.claims, input.inventory);
  const blocks = blocksOf(indicators, blocking).map(block => blockOption(block, planning));
  const acts = [...onAccounts, ...blocks];
  const wait = waitAndCollect(planning, subjects);
  const offered = new Set(acts.flatMap(({ catalogueKind }) => catalogueKind ?? []));
  const advice = adviceFor({ alerts: input.alerts, hypotheses, weighed: weighed.claims }, offered);
  return acts.length > 0 ? [wait, ...acts, ...advice] : [wait, nothingToActOn(input, subjects), ...advice];
}

/** With what every option of the incident is weighed by. */
interface Planning extends OptionsInput {
  readonly measuring: Measuring;
  readonly hypotheses: readonly Hypothesis[];
}

/** The operations that contain: of a pair that undo each other, the one that is declared first. */
export function containing(operations: readonly Operation[]): readonly Operation[] {
  const undoing = new Set<string>();
  return operations.filter(operation => {
    if (undoing.has(operation.name)) return false;
    if (operation.undo !== undefined) undoing.add(operation.undo);
    return true;
  });
}

interface PossibleAct {
  readonly subject: Subject;
  readonly account: Account;
  readonly operation: Operation;
}

function actsOn(subject: Subject, input: Planning): readonly PossibleAct[] {
  const reachable = reachableIn(input);
  return subject.record.accounts.flatMap(({ system, name }) =>
    reachable
      .filter(one => one.system === system)
      .map(({ responder, operation }) => ({ subject, account: { system, responder, name }, operation })),
  );
}

/** Every operation that contains something, at each system that was connected for it. */
function reachableIn({ systems, manifests }: OptionsInput): readonly Omit<PossibleBlock, 'indicator'>[] {
  return systems.flatMap(({ system, responder, operations }) => {
    const manifest = manifests.find(({ name }) => name === responder);
    // What is done to this installation itself is asked for by people, and a call of a tool by an agent: neither answers an incident's entities.
    const outside = (manifest?.operations ?? []).filter(
      ({ name, touches, kind }) =>
        touches !== 'own' && kind !== 'call_tool' && (operations === undefined || operations.includes(name)),
    );
    return containing(outside).map(operation => ({ system, responder, operation }));
  });
}

interface Account {
  readonly system: string;
  readonly responder: string;
  readonly name: string;
}

function actOption(subject: Subject, account: Account, operation: Operation, input: Planning): ResponseOption {
  const { record } = subject;
  const claims = subject.claims.slice(0, CLAIMS_CITED_MAX);
  const kind = kindOfOperation(operation);
  const tier = expectedTier(operation, record, input.coverage, input.gaps);
  const explained = input.measuring.ofAccount(subject, claims, account);
  return {
    id: `act:${account.responder}:${operation.name}:${account.system}:${account.name}`,
    kind: 'act',
    title: `${operation.title}: ${account.name} on ${account.system}`,
    responder: account.responder,
    operation: operation.name,
    system: account.system,
    targetName: account.name,
    effect: `It changes ${TOUCHES[operation.touches]}: ${record.name}${record.kind === 'nhi' ? ', a machine identity' : ''}.`,
    blastKnown: blastKnown(record),
    blastUnknown: blastUnknown(record, input),
    undo: undoText(operation, account),
    residue: operation.residue,
    costOfWaiting: costOfWaiting(claims, record),
    claims: claims.map(({ id }) => id),
    citations: citationsOf(claims),
    ...(kind === undefined ? {} : { catalogueKind: kind.id }),
    tradeOffs: tradeOffsOf(kind, input.hypotheses),
    expectedTier: tier,
    ...leaseHours(operation),
    explained,
    gate: gateOf(explained, tier),
  };
}

function blockOption(block: PossibleBlock, input: Planning): ResponseOption {
  const { indicator, system, responder, operation } = block;
  const best = bestStreamOf(indicator.alerts, input);
  const claims = toldFirstBy(indicator, best.stream).slice(0, CLAIMS_CITED_MAX);
  const kind = kindOfOperation(operation);
  // Its class is unknown, which ranks with the worst: nobody here can know who else rests on it.
  const tier = expectedTier(operation, undefined, input.coverage, input.gaps);
  const explained = input.measuring.ofIndicator(indicator, claims, best);
  return {
    id: blockId(block),
    kind: 'act',
    title: `${operation.title}: ${indicator.value} at ${system}`,
    responder,
    operation: operation.name,
    system,
    targetName: indicator.value,
    ...blockText(block),
    undo: undoText(operation, { name: indicator.value }),
    residue: operation.residue,
    claims: claims.map(({ id }) => id),
    citations: namingFirst(indicator, claims, citationsOf(claims), CITATIONS_MAX),
    ...(kind === undefined ? {} : { catalogueKind: kind.id }),
    tradeOffs: tradeOffsOf(kind, input.hypotheses),
    expectedTier: tier,
    ...leaseHours(operation),
    explained,
    gate: gateOf(explained, tier),
  };
}

/** What cannot be undone has no end: nobody could be asked to release it. */
function leaseHours({ kind, undo }: Operation): Pick<ResponseOption, 'leaseHours'> {
  const hours = undo === undefined ? [] : leasesOf(kind);
  return hours.length === 0 ? {} : { leaseHours: hours };
}

const TOUCHES: { readonly [T in Operation['touches']]: string } = {
  identity: 'who this identity can be',
  access: 'what this identity can reach',
  production: 'what runs in production',
  own: 'what this installation keeps',
};

function undoText(operation: Operation, account: Pick<Account, 'name'>): string {
  if (operation.undo === undefined || operation.reversibility === 'irreversible')
    return 'There is no undo, and nothing that could be put back: it asks for one tier more.';
  const how =
    operation.reversibility === 'exact'
      ? 'It restores the state before.'
      : 'It offsets the change; what is listed as residue stays.';
  return `${operation.undo} on ${account.name}, as a proposal of its own, reviewed at least as strictly. ${how}`;
}

function blastKnown(record: InventoryRecord): readonly string[] {
  const known = record.dependents.map(name => `${name} rests on ${record.name}.`);
  if (record.privileged === 'yes') known.push(`${record.name} is privileged.`);
  if (record.criticality === 'high' || record.criticality === 'critical')
    known.push(`${record.name} is of ${record.criticality} criticality.`);
  if (record.owner !== '') known.push(`${record.name} is owned by ${record.owner}.`);
  return known;
}

function blastUnknown(record: InventoryRecord, { coverage }: OptionsInput): readonly string[] {
  const unknown: string[] = [];
  if (record.dependents.length === 0)
    unknown.push('The inventory names nothing that rests on it; that nothing does is not known.');
  if (record.privileged === 'unknown') unknown.push('Whether it is privileged.');
  if (record.criticality === 'unknown') unknown.push('How critical it is.');
  if (record.owner === '') unknown.push('Who owns it.');
  if (record.kind === 'nhi') unknown.push('Which jobs use this credential elsewhere.');
  unknown.push('Work that is under way in its open sessions.');
  if (coverage.verdict !== 'complete') unknown.push('What it did while telemetry was missing.');
  return unknown;
}

function costOfWaiting(claims: readonly Claim[], record: InventoryRecord): string {
  const succeeded = claims.some(({ predicate, outcome }) => outcome === undefined && GRANTS.has(predicate));
  const access = succeeded
    ? `what was gained with ${record.name} can be used meanwhile, and more access can be made from it`
    : `whoever is behind the activity goes on meanwhile; none of the cited statements says yet that access was gained`;
  const weight = record.privileged === 'yes' || record.criticality === 'critical' ? ', with rights that reach far' : '';
  return `While we wait, ${access}${weight}.`;
}

const GRANTS: ReadonlySet<Claim['predicate']> = new Set([
  'auth_succeeded',
  'role_assigned',
  'credential_created',
  'consent_granted',
  'mfa_changed',
  'database_accessed',
  'storage_accessed',
  'cloud_api_called',
]);

/**
 * What the claims cite, at most {@link CITATIONS_MAX}: of each claim its first record, then of each its second, so that
 * nine alike sign-ins do not keep what came after them from whoever reviews. A record's citations stay together.
 */
function citationsOf(claims: readonly Claim[]): readonly Citation[] {
  const records = claims.map(({ citations }) => {
    const byRecord = new Map<string, Citation[]>();
    for (const citation of citations)
      byRecord.set(citation.evidence, [...(byRecord.get(citation.evidence) ?? []), citation]);
    return [...byRecord.values()];
  });
  const chosen: Citation[] = [];
  const deepest = Math.max(0, ...records.map(({ length }) => length));
  for (let turn = 0; turn < deepest; turn++) {
    for (const ofClaim of records) {
      const next = ofClaim[turn];
      if (next !== undefined && chosen.length + next.length <= CITATIONS_MAX) chosen.push(...next);
    }
  }
  return chosen;
}

function waitAndCollect(input: Planning, subjects: readonly Subject[]): ResponseOption {
  const wanted = input.gaps.slice(0, 3).map(({ stream }) => `the records of ${streamText(stream)}`);
  const query = nextQuery(input);
  if (query !== undefined) wanted.push(query);
  const [subject] = subjects;
  if (subject !== undefined) wanted.push(`word from ${subject.record.owner || subject.record.name} by another channel`);
  if (wanted.length === 0) wanted.push('the next alerts on the same entities');
  const claims = input.claims.filter(({ verdict }) => verdict.kind === 'verified').slice(0, CLAIMS_CITED_MAX);
  return {
    ...notAnAct('wait_and_collect', `Wait, and collect ${listText(wanted)}`),
    effect: `Nothing changes. We look for ${listText(wanted)}.`,
    costOfWaiting:
      subject === undefined
        ? 'While we wait, whoever is behind the activity goes on.'
        : costOfWaiting(subject.claims, subject.record),
    claims: claims.map(({ id }) => id),
    citations: citationsOf(claims),
    tradeOffs: waitingTradeOffs(input.hypotheses),
  };
}

/** What to ask next: the telemetry of the incident's own entities that stood worst, and has no gap of its own above. */
function nextQuery({ coverage, gaps }: OptionsInput): string | undefined {
  const named = new Set(gaps.map(({ stream }) => stream));
  const worst = WORST_FIRST.flatMap(status => (coverage.expectations ?? []).filter(one => one.status === status));
  const next = worst.find(({ streams }) => !streams.some(stream => named.has(stream)));
  return next === undefined ? undefined : `what ${withArticle(TELEMETRY_TEXT[next.kind])} says of ${next.entity}`;
}

const WORST_FIRST: readonly StreamStatus[] = ['silent', 'degraded', 'late', 'cannot_tell', 'never'];

/** The second option where no act can be offered: what would have to be known for one. */
function nothingToActOn(input: OptionsInput, subjects: readonly Subject[]): ResponseOption {
  const named = subjects.map(({ record }) => record.name).slice(0, 3);
  const guessed = guessedNames(input.alerts).slice(0, 3);
  const reason =
    named.length === 0 && guessed.length > 0
      ? `the names stand only in a field whose meaning was guessed: ${listText(guessed)}; a map of the source, saved by an administrator, settles what the field is`
      : named.length > 0
        ? `the inventory gives no account on a connected system for ${listText(named)}`
        : input.claims.some(({ verdict }) => verdict.kind === 'verified')
          ? 'nobody who is named in a mapped field stands in the inventory'
          : 'no statement about these alerts could be recomputed from the raw records';
  return {
    ...notAnAct('identify_target', 'Find out who or what is affected, so that an act can be offered'),
    effect: `Nothing changes. No act can be offered, because ${reason}.`,
    costOfWaiting: 'While nobody can be acted on here, contain in the affected system itself if it is urgent.',
    claims: [],
    citations: [],
  };
}

function notAnAct(
  id: string,
  title: string,
): Omit<ResponseOption, 'effect' | 'costOfWaiting' | 'claims' | 'citations'> {
  return {
    id,
    kind: 'wait_and_collect',
    title,
    responder: undefined,
    operation: undefined,
    system: undefined,
    targetName: undefined,
    blastKnown: [],
    blastUnknown: [],
    undo: 'There is nothing to undo.',
    residue: [],
  };
}
