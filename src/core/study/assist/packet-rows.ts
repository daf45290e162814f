import { rfc3339, type UnixMs } from '../../../base/time.ts';
import type { Gap, ResponseOption } from '../../../model/claim.ts';
import { type Coverage, EVERY_STREAM } from '../../../model/coverage.ts';
import type {
  Packet,
  PacketCandidate,
  PacketDetection,
  PacketEntity,
  PacketFact,
  PacketGap,
} from '../../../model/packet.ts';
import { telemetryOf } from '../../../model/telemetry.ts';
import { type Choice, hostOf } from './choose-packet.ts';
import { fromBegun } from './from-begun.ts';
import { namesIn, type Subject } from './name-subjects.ts';
import { gapId, ruleId } from './own-ids.ts';
import type { KeptDetection, PacketInput, PacketKey } from './packet.ts';
import { packetStrings, shownText } from './packet-strings.ts';
import type { WeighedClaim, WeighedRule } from './weigh-facts.ts';
import { createWithholding, type Withholding } from './withheld.ts';

/** Gives everything that was chosen its id, and its row. */
export function packetRows(input: PacketInput, choice: Choice): { readonly packet: Packet; readonly key: PacketKey } {
  const entities = numbered('N', inOrder(input, choice));
  const facts = numbered('F', choice.facts);
  const rules = numbered('D', choice.rules);
  const gaps = numbered('G', choice.gaps);
  const options = numbered('A', input.options);
  const ids: Ids = {
    entity: new Map(entities.map(([id, { key }]) => [key, id])),
    fact: new Map(facts.map(([id, { claim }]) => [claim.id, id])),
    rule: new Map(rules.map(([id, { rule }]) => [rule, id])),
  };
  const requests = numbered('R', requestsOf(input, choice, gaps, ids));
  const withholding = createWithholding(namesOf(entities), namesIn(input));
  const clock = clockOf(input);
  const strings = packetStrings(input, choice, withholding, rules);
  const packet: Packet = {
    v: '1',
    incident: input.nonce,
    namesWithheld: input.namesWithheld ? 'yes' : 'no',
    coverage: input.coverage.verdict,
    entities: entities.map(([id, subject]) => entityRow(id, subject, input, choice)),
    facts: facts.map(([id, fact]) => factRow(id, fact, choice, ids, withholding, clock)),
    detections: rules.map(([id, rule]) => detectionRow(id, rule, strings.titleOf.get(id) ?? '', ids)),
    gaps: gaps.map(([id, gap]) => gapRow(id, gap, input.coverage, choice, ids, clock)),
    candidates: options.map(([id, option]) => candidateRow(id, option, input, choice, ids)),
    techniques: [...new Set([...choice.facts, ...choice.rules].flatMap(({ techniques }) => techniques))].sort(),
    requests: requests.map(([id, { what }]) => ({ id, what })),
    strings: strings.rows,
    mustShow: [
      ...facts.filter(([, { claim }]) => choice.mustClaims.has(claim.id)).map(([id]) => id),
      ...rules.filter(([, { rule }]) => choice.mustRules.has(rule)).map(([id]) => id),
      ...gaps.map(([id]) => id),
    ],
    leftOut: leftOutOf(choice, strings.leftOut),
  };
  const key: PacketKey = {
    entities: new Map(entities),
    facts: new Map(facts.map(([id, { claim }]) => [id, claim])),
    detections: new Map(rules.map(([id, rule]) => [id, keptDetection(rule)])),
    gaps: new Map(gaps),
    options: new Map(options),
    requests: new Map(requests.map(([id, { means }]) => [id, means])),
    always: [...[...choice.unsaidRules].map(ruleId), ...choice.unlistedGaps.map(gapId)],
  };
  return { packet, key };
}

function keptDetection({ rule, title, severity, claims }: WeighedRule): KeptDetection {
  return { rule, title, severity, claims };
}

function leftOutOf(choice: Choice, strings: number): Packet['leftOut'] {
  return {
    entities: String(choice.entitiesLeftOut),
    facts: String(choice.weighed.claims.length - choice.facts.length),
    detections: String(choice.weighed.rules.length - choice.rules.length),
    gaps: String(choice.unlistedGaps.length),
    strings: String(strings),
  };
}

function detectionRow(id: string, rule: WeighedRule, title: string, ids: Ids): PacketDetection {
  const { severity, techniques, claims } = rule;
  const facts = claims.flatMap(claim => ids.fact.get(claim) ?? []).sort(byNumber);
  return { id, title, severity, techniques, facts };
}

function candidateRow(
  id: string,
  option: ResponseOption,
  input: PacketInput,
  { subjects }: Choice,
  ids: Ids,
): PacketCandidate {
  const known = input.candidates?.get(option.id);
  return {
    id,
    kind: known?.kind ?? option.catalogueKind ?? option.operation ?? option.kind,
    target: ids.entity.get(subjects.ofOption(option)?.key ?? '') ?? '',
    tier: known?.tier ?? option.expectedTier ?? '',
    reversibility: known?.reversibility ?? 'unknown',
    rests: option.claims.flatMap(claim => ids.fact.get(claim) ?? []),
  };
}

interface Ids {
  readonly entity: ReadonlyMap<string, string>;
  readonly fact: ReadonlyMap<string, string>;
  readonly rule: ReadonlyMap<string, string>;
}

type Clock = (time: UnixMs | undefined) => string;

function numbered<T>(letter: string, rows: readonly T[]): readonly (readonly [string, T])[] {
  return rows.map((row, index) => [`${letter}${index + 1}`, row]);
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1));
}

/** Those of the summary in its order, then the others by key. */
function inOrder({ summary }: PacketInput, { involved }: Choice): readonly Subject[] {
  const told = summary.entities.flatMap(({ key }) => involved.get(key) ?? []);
  const isTold = new Set(told.map(({ key }) => key));
  const others = [...involved.values()].filter(({ key }) => !isTold.has(key)).sort((a, b) => (a.key < b.key ? -1 : 1));
  return [...told, ...others];
}

/** Each name of a listed entity in lower case, with its id; of two with one name the first. */
function namesOf(entities: readonly (readonly [string, Subject])[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [id, { key, label, kind }] of entities)
    for (const name of [label, key.slice(kind.length + 1)])
      if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), id);
  return names;
}

function clockOf({ namesWithheld, summary }: PacketInput): Clock {
  return time => (time === undefined ? '' : namesWithheld ? fromBegun(time, summary.window.from) : rfc3339(time));
}

function entityRow(id: string, { key, kind, label }: Subject, input: PacketInput, { subjects }: Choice): PacketEntity {
  const involved = input.summary.entities.find(one => one.key === key);
  const record = subjects.record(key);
  return {
    id,
    kind,
    role: involved?.role ?? 'related',
    privileged: record?.privileged ?? 'unknown',
    criticality: record?.criticality ?? 'unknown',
    alerts: String(involved?.alertCount ?? subjects.alertsWith(key)),
    // What was run and what it said is text, and goes along as a quarantined string if at all.
    ...(input.namesWithheld || TEXT_KINDS.has(kind) ? {} : { name: shownText(label, NAME_CHARS_MAX, kind !== 'hash') }),
  };
}

const NAME_CHARS_MAX = 120;
const TEXT_KINDS: ReadonlySet<string> = new Set(['command_line', 'message', 'other']);

function factRow(
  id: string,
  { claim, severity, tactics, techniques, rules }: WeighedClaim,
  { subjects }: Choice,
  ids: Ids,
  withholding: Withholding,
  clock: Clock,
): PacketFact {
  const roles = Object.entries(claim.roles)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([role, value]) => {
      if (!ROLE_NAME.test(role)) return [];
      if (role === 'rule') {
        const detection = ids.rule.get(rules[0] ?? '');
        return detection === undefined ? [] : [{ role, value: detection }];
      }
      const subject = subjects.ofRole(claim, role, value);
      const told = subject === undefined ? wordOf(role, value, withholding) : ids.entity.get(subject.key);
      return [{ role, value: told ?? OTHER }];
    });
  if (claim.outcome !== undefined) roles.push({ role: 'outcome', value: claim.outcome });
  return {
    id,
    predicate: claim.predicate,
    roles,
    at: clock(claim.at),
    until: clock(claim.until),
    count: String(claim.count),
    severity,
    tactics,
    techniques,
  };
}

/** Of an absence it is enough that it is sure. */
function wordOf(role: string, value: string, withholding: Withholding): string | undefined {
  if (role === 'sure') return 'yes';
  return OUR_VALUE.test(value) ? value : withholding.literal(value);
}

/** Techniques, and counts that we worked out. */
const OUR_VALUE = /^(?:T\d{4}(?:\.\d{3})?|\d{1,6})$/;

/** Roles are named by our code; anything else is no role. */
const ROLE_NAME = /^[a-z][a-z_]{0,31}$/;
/** Stands for a word of a record that is not of our list. */
const OTHER = 'other';

function gapRow(id: string, gap: Gap, coverage: Coverage, { subjects }: Choice, ids: Ids, clock: Clock): PacketGap {
  const known = coverage.streams.find(({ stream, from }) => stream === gap.stream && from === gap.from);
  const host = ids.entity.get(hostOf(gap, subjects)?.key ?? '');
  const kind = telemetryOf(gap.stream.slice(gap.stream.indexOf('|') + 1))?.[0] ?? 'unknown';
  return {
    id,
    stream: gap.stream === EVERY_STREAM ? 'every' : (host ?? kind),
    status: known?.status ?? coverage.streams.find(({ stream }) => stream === gap.stream)?.status ?? 'never',
    from: clock(gap.from),
    to: clock(gap.to),
    isRequired: gap.isRequired ? 'yes' : 'no',
  };
}

/** Gaps whose records may be asked for, and of how many of those who act their word and their day before. */
const GAPS_ASKED_MAX = 12;
const ASKED_MAX = 3;

function requestsOf(
  { summary }: PacketInput,
  { involved }: Choice,
  gaps: readonly (readonly [string, Gap])[],
  ids: Ids,
): readonly { readonly what: string; readonly means: string }[] {
  const acting = summary.entities
    .filter(({ role, key }) => ACTING.has(role) && involved.has(key))
    .slice(0, ASKED_MAX)
    .map(({ key }) => ({ key, id: ids.entity.get(key) ?? OTHER }));
  return [
    ...gaps.slice(0, GAPS_ASKED_MAX).map(([id, gap]) => ({ what: `records:${id}`, means: gapId(gap) })),
    ...acting.map(({ key, id }) => ({ what: `word:${id}`, means: `word:${key}` })),
    ...acting.map(({ key, id }) => ({ what: `before:${id}`, means: `before:${key}` })),
  ];
}

const ACTING: ReadonlySet<string> = new Set(['entry', 'actor', 'pivot']);
