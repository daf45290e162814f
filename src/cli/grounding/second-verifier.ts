import type { Alert } from '../../model/alert.ts';
import type { Claim, Gap } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { RawRecord } from '../../ports/source.ts';
import { COMPUTING, type Computing } from './second-computing.ts';
import { type Evidence, openEvidence } from './second-evidence.ts';
import { type Said, saidBy } from './second-reading.ts';
import { sentenceOf } from './second-sentence.ts';

/*
 * A second verifier, written from the claims' meaning and without the first one: it imports nothing of `src/core`. It
 * has the raw bytes, what the sources mapped, and the coverage and history that a claim may rest on.
 */

export interface SecondInput {
  readonly alerts: readonly Alert[];
  readonly records: ReadonlyMap<string, RawRecord>;
  readonly coverage: Coverage | undefined;
  readonly gaps: readonly Gap[];
  readonly history: { readonly days: number; readonly dailyMaxOf: (rule: string) => number | undefined } | undefined;
}

/** Why a claim is not true; undefined where it is. */
export type SecondVerifier = (claim: Claim) => string | undefined;

const HOUR = 3_600_000;
const CITED = 10;
/** By which a run of alike alerts is told from another. */
const SAME = ['actor', 'host', 'identity', 'operation', 'rule', 'target'];

export function createSecondVerifier(input: SecondInput): SecondVerifier {
  const evidence = openEvidence(input.records);
  const said = input.alerts.map(saidBy).sort((a, b) => a.moment - b.moment || (a.alert.id < b.alert.id ? -1 : 1));
  const alike = new Map<string, Said[]>();
  for (const one of said) alike.set(likeness(one), [...(alike.get(likeness(one)) ?? []), one]);
  const byId = new Map(said.map(one => [one.alert.id as string, one]));
  const byEvidence = new Map(said.map(one => [one.alert.evidence as string, one]));
  const runOf = (id: string): readonly Said[] | undefined => {
    const [, first = ''] = id.split('.');
    const begun = byId.get(first);
    return begun === undefined ? undefined : runFrom(begun, alike.get(likeness(begun)) ?? []);
  };
  const computing: Computing = { ...input, said, byEvidence, evidence, runOf, statement };
  return claim => {
    const expected = COMPUTING[claim.predicate];
    const wrong =
      expected !== undefined
        ? differs(claim, expected(claim, computing), new Map())
        : HELD.has(claim.predicate)
          ? heldFault(claim, byEvidence)
          : stated(claim, runOf(claim.id));
    return wrong ?? evidenceFault(claim, evidence, byEvidence);
  };
}

function likeness({ what, failed, roles }: Said): string {
  return JSON.stringify([what, failed, SAME.map(role => roles.get(role)?.value ?? null)]);
}

/** The alike alerts from one on, as long as no more than an hour passes; none where it is not the first of them. */
function runFrom(first: Said, alike: readonly Said[]): readonly Said[] | undefined {
  const at = alike.indexOf(first);
  const earlier = alike[at - 1];
  if (earlier !== undefined && first.moment - earlier.moment <= HOUR) return undefined;
  let end = at + 1;
  while (end < alike.length && (alike[end]?.moment ?? 0) - (alike[end - 1]?.moment ?? 0) <= HOUR) end++;
  return alike.slice(at, end);
}

type Expected = Omit<Claim, 'text' | 'verdict'>;

/** What a run of alike alerts says, with how many values each role takes that they do not share. */
function statement(run: readonly Said[]): { readonly told: Expected; readonly varied: ReadonlyMap<string, number> } {
  const names = [...new Set(run.flatMap(({ roles }) => [...roles.keys()]))].sort();
  const roles: [string, string][] = [];
  const varied = new Map<string, number>();
  for (const name of names) {
    const values = new Set(run.map(one => one.roles.get(name)?.value));
    const [value] = values;
    if (values.size === 1 && value !== undefined) roles.push([name, value]);
    else varied.set(name, [...values].filter(one => one !== undefined).length);
  }
  const shown = run.length <= 2 * CITED ? run : [...run.slice(0, CITED), ...run.slice(-CITED)];
  const begins = run.flatMap(({ alert: { occurredAt } }) => (occurredAt === undefined ? [] : [occurredAt]));
  const ends = run.flatMap(({ alert }) => alert.endedAt ?? alert.occurredAt ?? []);
  const first = run[0] as Said;
  return {
    told: {
      id: `${first.what}.${first.alert.id}${run.length === 1 ? '' : `.${run.length}`}`,
      predicate: first.what,
      roles: Object.fromEntries(roles),
      at: begins.sort((a, b) => a - b)[0],
      until: ends.sort((a, b) => b - a)[0],
      count: run.length,
      ...(first.failed ? { outcome: 'failure' as const } : {}),
      citations: shown.flatMap(one =>
        roles.map(([role]) => {
          const { pointer = '', value = '' } = one.roles.get(role) ?? {};
          return { evidence: one.alert.evidence, pointer, value };
        }),
      ),
    },
    varied,
  };
}

function stated(claim: Claim, run: readonly Said[] | undefined): string | undefined {
  if (run === undefined) return 'no alerts begin a run there';
  const { told, varied } = statement(run);
  return differs(claim, told, varied);
}

function differs(claim: Claim, expected: Expected | string, varied: ReadonlyMap<string, number>): string | undefined {
  if (typeof expected === 'string') return expected;
  const plain = (one: Expected): string =>
    JSON.stringify([
      one.id,
      one.predicate,
      Object.entries(one.roles).sort(([a], [b]) => (a < b ? -1 : 1)),
      one.at ?? null,
      one.until ?? null,
      one.count,
      one.outcome ?? null,
      one.basis ?? null,
      one.citations.map(({ evidence, pointer, value }) => [evidence, pointer, value]),
    ]);
  if (plain(claim) !== plain(expected)) return 'it says something else than the alerts do';
  return claim.text === sentenceOf(claim, varied) ? undefined : 'its sentence says something else';
}

const HELD: ReadonlySet<string> = new Set(
  'address_leased address_reported seen_from signed_in_from signed_in_on name_answered'.split(' '),
);

/** Who held what: that the cited records name both, that one of them is of that moment, and that the sentence says so. */
function heldFault(claim: Claim, byEvidence: ReadonlyMap<string, Said>): string | undefined {
  const cited = new Set(claim.citations.map(({ value }) => value));
  if (Object.values(claim.roles).some(value => !cited.has(value))) return 'a role stands in no cited field';
  const [first] = claim.citations;
  if (first === undefined || byEvidence.get(first.evidence)?.moment !== claim.at) return 'it began at another time';
  return claim.text === sentenceOf(claim, new Map()) ? undefined : 'its sentence says something else';
}

function evidenceFault(claim: Claim, evidence: Evidence, byEvidence: ReadonlyMap<string, Said>): string | undefined {
  if (claim.citations.length === 0 && claim.basis === undefined) return 'it cites nothing';
  for (const { evidence: id, pointer, value } of claim.citations)
    if (!evidence.holds(id, pointer, value)) return `${id}${pointer} does not hold what is cited`;
  for (const id of new Set(claim.citations.map(citation => citation.evidence))) {
    const said = byEvidence.get(id);
    const fault = said === undefined ? 'a cited record is none of this incident' : evidence.contradiction(said.alert);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
