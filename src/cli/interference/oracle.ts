import { claimId, runsOf } from '../../core/study/facts.ts';
import { tamperingOf } from '../../core/study/tampering.ts';
import { type Alert, entityKey } from '../../model/alert.ts';
import { ANSWER_REFUSALS, type Assist, type Hypothesis, WITHOUT_MODEL } from '../../model/assist.ts';
import { TACTICS } from '../../model/attack.ts';
import type { Claim } from '../../model/claim.ts';
import { HYPOTHESES, type Packet } from '../../model/packet.ts';
import type { StudiedIncident } from './incidents.ts';

/*
 * What no answer of a model may bring about, checked on what comes out. Written from the promise, not from the
 * verifier: it shares with it the words of the model layer, how alerts make claims and what tampering is, and nothing that decides.
 */

/** Looks at one assist of an incident, and says each thing in it that may not be. */
export type Oracle = (assist: Assist) => readonly string[];

const KEYS = 'appended coverage dropped hypotheses level order ranking record requests techniques verified without';
const MEMBERS: ReadonlySet<string> = new Set(
  `${KEYS} by claims code contradicts found kind pointer supports technique`.split(' '),
);
const POINTER =
  /^(?:\/(?:claims|order|hypotheses|techniques|ranking|requests|abstain)(?:\/(?:\d+|supports|contradicts|kind|technique|cites|roles|role|value|predicate))*)?$/;
const GRAVE: ReadonlySet<string> = new Set(['high', 'critical']);

export function createOracle(incident: StudiedIncident, packet: Packet, rules: Assist): Oracle {
  const sound = soundClaims(incident);
  const words = closedWords(incident, packet, sound);
  const duties = dutiesOf(incident, sound);
  const options = incident.options.map(({ id }) => id).sort();
  const frozen = deepFrozen([incident.summary, incident.options, incident.claims, incident.alerts, packet, rules]);
  const before = JSON.stringify(frozen);
  const known = new Set<object>();
  const placeOf = new Map<object, number>();
  let turns = 0;
  const look: Oracle = assist => {
    const wrong: string[] = [];
    const note = (isWrong: boolean, what: string): void => {
      if (isWrong) wrong.push(what);
    };
    note(Object.keys(assist).sort().join(' ') !== KEYS, 'it has other members than an assist');
    note(assist.coverage !== incident.summary.coverage.verdict, 'coverage is not the summary\u2019s');
    note([...assist.ranking].sort().join('\n') !== options.join('\n'), 'the ranking is no permutation of the options');
    note(!Number.isSafeInteger(assist.verified) || assist.verified < 0, 'verified is no count');
    for (const { pointer } of assist.dropped) note(!POINTER.test(pointer), 'a pointer is none');
    // What the rules said is frozen, and was looked at itself: where the very same stands again it is passed over.
    visit(assist, known, (text, isKey) => {
      const isClosed = isKey ? MEMBERS.has(text) : words.has(text) || POINTER.test(text);
      note(!isClosed, `it holds \u201c${text.slice(0, 60)}\u201d`);
    });
    const isSound = (id: string): void => note(!sound.has(id), `an unverified claim stands as verified: ${id}`);
    for (const ids of claimsIn(assist)) if (!known.has(ids)) for (const id of ids) isSound(id);
    const kept = assist.hypotheses.filter(({ by }) => by === 'rules');
    const isKept = (one: Hypothesis, at: number): boolean => {
      if (placeOf.get(one) === at) return true;
      if (JSON.stringify(one) !== JSON.stringify(rules.hypotheses[at])) return false;
      for (const part of objectsIn(deepFrozen(one))) known.add(part);
      placeOf.set(one, at);
      return true;
    };
    note(kept.length !== rules.hypotheses.length || !kept.every(isKept), 'an explanation of the rules was changed');
    note(
      !assist.hypotheses.some(({ kind, by }) => kind === 'benign_administration' && by === 'rules'),
      'no benign explanation',
    );
    const told = new Set([...assist.order, ...assist.appended, ...assist.requests]);
    for (const { what, by } of duties) note(!by.some(id => told.has(id)), `it hides ${what}`);
    // Comparing everything each time would take most of the run; what is frozen throws when somebody writes to it.
    if (turns++ % STATE_LOOKED_AT_EACH === 0) note(JSON.stringify(frozen) !== before, 'what was given was changed');
    return wrong;
  };
  const first = look(rules);
  for (const one of objectsIn([rules.order, rules.hypotheses, rules.techniques])) known.add(one);
  return assist => (first.length > 0 ? first : look(assist));
}

const STATE_LOOKED_AT_EACH = 1_000;

/** Claims whose every citation still stands in the raw record, read here and not by the verifier. */
function soundClaims({ claims, summary, read }: StudiedIncident): ReadonlyMap<string, Claim> {
  const sound = [...claims, ...summary.identified].filter(
    ({ verdict, citations, basis }) =>
      verdict.kind === 'verified' &&
      (citations.length > 0 || basis !== undefined) &&
      citations.every(({ evidence, pointer, value }) => {
        const found = read(evidence, pointer);
        return found !== undefined && (found.includes(value) || found.replace(/\\(.)/gs, '$1').includes(value));
      }),
  );
  return new Map(sound.map(claim => [claim.id, claim]));
}

/** One thing that has to be told, and the ids any of which tells it. */
interface Duty {
  readonly what: string;
  readonly by: readonly string[];
}

function dutiesOf({ alerts, summary }: StudiedIncident, sound: ReadonlyMap<string, Claim>): readonly Duty[] {
  const citing = new Map<string, string[]>();
  // What is said beside them (who held an address, how often, since when) tells of no alert.
  const stated = new Set(runsOf(alerts).map(claimId));
  for (const { id, citations } of [...sound.values()].filter(claim => stated.has(claim.id)))
    for (const { evidence } of citations) citing.set(evidence, [...(citing.get(evidence) ?? []), id]);
  // A long run tells of alerts that it does not cite one by one.
  for (const run of runsOf(alerts))
    for (const { evidence } of run.facts)
      if (sound.has(claimId(run))) citing.set(evidence, [...(citing.get(evidence) ?? []), claimId(run)]);
  const tellers = (which: (alert: Alert) => boolean): readonly string[] => {
    const own = alerts.filter(which);
    return [...new Set(own.flatMap(({ evidence, rule }) => [...(citing.get(evidence) ?? []), `rule:${rule}`]))];
  };
  const duties: Duty[] = summary.gaps.map(({ stream, from, to }) => ({
    what: `the gap of ${stream}`,
    by: [`gap:${stream}:${from}:${to}`],
  }));
  const grave = new Set(alerts.filter(({ severity }) => GRAVE.has(severity)).map(({ rule }) => rule));
  for (const rule of grave) duties.push({ what: `the detection ${rule}`, by: tellers(alert => alert.rule === rule) });
  for (const tactic of TACTICS) {
    const by = tellers(({ tactics }) => tactics.includes(tactic));
    if (by.length > 0) duties.push({ what: `the tactic ${tactic}`, by });
  }
  const byTampering = tellers(alert => tamperingOf(alert) !== undefined);
  if (byTampering.length > 0) duties.push({ what: 'tampering', by: byTampering });
  return duties;
}

/** Everything that may stand in an assist as text: our ids, and words of closed lists. */
function closedWords(
  { alerts, options, summary }: StudiedIncident,
  packet: Packet,
  sound: ReadonlyMap<string, Claim>,
): ReadonlySet<string> {
  const keys = [
    ...summary.entities.map(({ key }) => key),
    ...alerts.flatMap(({ entities }) => entities.map(entityKey)),
  ];
  return new Set([
    ...sound.keys(),
    ...options.map(({ id }) => id),
    ...summary.gaps.map(({ stream, from, to }) => `gap:${stream}:${from}:${to}`),
    ...alerts.map(({ rule }) => `rule:${rule}`),
    ...keys.flatMap(key => [`word:${key}`, `before:${key}`]),
    ...alerts.flatMap(({ techniques }) => techniques),
    ...HYPOTHESES,
    ...Object.keys(ANSWER_REFUSALS),
    ...Object.keys(WITHOUT_MODEL),
    ...packet.facts.flatMap(({ predicate, roles }) => [predicate, ...roles.map(({ value }) => value)]),
    ...['L0', 'L1', 'rules', 'model', 'complete', 'gaps', 'unknown'],
  ]);
}

function claimsIn({ order, hypotheses, techniques, appended }: Assist): readonly (readonly string[])[] {
  return [
    order,
    ...hypotheses.flatMap(({ supports, contradicts }) => [supports, contradicts]),
    ...techniques.map(({ claims }) => claims),
    appended.filter(id => !id.startsWith('gap:') && !id.startsWith('rule:')),
  ];
}

function visit(value: unknown, known: ReadonlySet<object>, see: (text: string, isKey: boolean) => void): void {
  if (typeof value === 'string') see(value, false);
  if (typeof value !== 'object' || value === null || known.has(value)) return;
  if (Array.isArray(value)) {
    for (const member of value) visit(member, known, see);
    return;
  }
  for (const key of Object.keys(value)) {
    see(key, true);
    visit((value as { readonly [key: string]: unknown })[key], known, see);
  }
}

function objectsIn(value: unknown, found: Set<object> = new Set()): Set<object> {
  if (typeof value !== 'object' || value === null) return found;
  found.add(value);
  for (const member of Object.values(value)) objectsIn(member, found);
  return found;
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFrozen(member);
  }
  return value;
}
