import type { Alert } from '../../model/alert.ts';
import type { Claim } from '../../model/claim.ts';
import type { Explained, GateMeasure, GateNumber } from '../../model/explained.ts';
import type { Inventory } from '../../model/inventory.ts';
import { mustTell, type Weighed } from './assist/weigh-facts.ts';
import { inconsistencies } from './claims/consistency.ts';
import { type BestStream, type SourceStanding, type SourcesInput, shareThere, sourcesOf } from './gate-sources.ts';
import type { Indicator } from './indicators.ts';
import { clockFault } from './order.ts';
import { answeringTo, type Subject } from './subjects.ts';

/** What is the same for every option of an incident. */
export interface MeasureInput extends SourcesInput {
  readonly alerts: readonly Alert[];
  /** Settled. */
  readonly claims: readonly Claim[];
  readonly weighed: Weighed;
  readonly inventory: Inventory | undefined;
}

/** Fixes that are listed one by one. */
const FIXES_MAX = 4;

/** How well an act is explained by the claims that it cites. */
export interface Measuring {
  /** Of an act on that account of the subject. */
  readonly ofAccount: (
    subject: Subject,
    cited: readonly Claim[],
    account: { readonly system: string; readonly name: string },
  ) => Explained;
  /** Of an act that keeps the indicator out, by the stream that tells it best. */
  readonly ofIndicator: (indicator: Indicator, cited: readonly Claim[], best: BestStream) => Explained;
}

/** For the options of one incident: what is the same for all of them is worked out once. */
export function createMeasuring(input: MeasureInput): Measuring {
  const byEvidence = new Map(input.alerts.map(alert => [alert.evidence, alert]));
  const told = ofTold(input.weighed);
  const verified = input.claims.filter(({ verdict }) => verdict.kind === 'verified');
  const disputed = new Set(inconsistencies(verified).flatMap(one => one.claims));
  const citedBy = (cited: readonly Claim[]): readonly Alert[] => {
    const evidence = new Set(cited.flatMap(({ citations }) => citations.map(citation => citation.evidence)));
    return [...evidence].flatMap(id => byEvidence.get(id) ?? []);
  };
  const explained = (
    sources: readonly SourceStanding[],
    cited: readonly Claim[],
    own: { readonly claims: GateMeasure; readonly resolution: GateMeasure },
  ): Explained => ({
    measures: [
      own.claims,
      told,
      ofSources(sources),
      own.resolution,
      ofConsistency(cited, disputed),
      ofFreshness(cited, citedBy(cited)),
    ],
    requiredAbsent: sources.filter(({ standing }) => standing === 'absent').map(({ source }) => source),
  });
  return {
    ofAccount: (subject, cited, account) =>
      explained(sourcesOf(subject, citedBy(cited), input), cited, {
        claims: ofClaims(subject.claims.length, subject.failed.length, `that name ${subject.record.name}`),
        resolution: ofResolution(subject, account, input.inventory),
      }),
    // Nobody of the inventory answers to it, so whether it is told truly is a question to the incident as a whole.
    ofIndicator: ({ value }, cited, best) =>
      explained(best.sources, cited, {
        claims: ofClaims(verified.length, input.claims.length - verified.length, 'of the incident'),
        resolution: made('resolution', 1, `Nobody of the inventory goes by ${value}.`, []),
      }),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function made(number: GateNumber, value: number, because: string, fixes: readonly string[]): GateMeasure {
  return { number, value, because, fixes: value < 1 ? fixes.slice(0, FIXES_MAX) : [] };
}

function ofClaims(verified: number, failed: number, which: string): GateMeasure {
  const all = verified + failed;
  return made(
    'claims',
    share(verified, all),
    `${verified} of ${all} statements ${which} were recomputed from their records.`,
    ['Open the statements that failed: each says which field of which record differs. Fetch those records again.'],
  );
}

function ofTold(weighed: Weighed): GateMeasure {
  const must = mustTell(weighed);
  const rules = new Set([...must.rules, ...must.unsaid]);
  const all = must.claims.size + rules.size;
  const told = all - must.unsaid.size;
  return made(
    'told',
    all === 0 ? 1 : share(told, all),
    all === 0
      ? 'No grave detection, no tactic and no tampering has to be told.'
      : `${told} of ${all} things that have to be told are told by a verified statement.`,
    [...must.unsaid].sort().map(rule => `No statement of the rule "${rule}" could be recomputed: open its records.`),
  );
}

function ofSources(sources: readonly SourceStanding[]): GateMeasure {
  const count = (wanted: SourceStanding['standing']) => sources.filter(({ standing }) => standing === wanted).length;
  const [present, absent, apart] = [count('present'), count('absent'), count('apart')];
  const missing = sources.filter(({ standing }) => standing === 'absent');
  const beside =
    apart === 0 ? '' : ` ${apart} more count neither way: too sparse to judge, never there, or told by another.`;
  return made(
    'completeness',
    shareThere(sources),
    present + absent === 0
      ? 'No source that this rests on can be judged.'
      : `${present} of ${present + absent} sources that this rests on were there and fresh.${beside}`,
    missing.length === 0
      ? ['Connect a source that tells of the target.']
      : missing.map(({ source, because }) => `Bring back ${source}, or fetch its records of that time: ${because}.`),
  );
}

function ofResolution(
  subject: Subject,
  account: { readonly system: string; readonly name: string },
  inventory: Inventory | undefined,
): GateMeasure {
  const answering = answeringTo(subject, account, inventory);
  const names = answering.map(({ name }) => name);
  return made(
    'resolution',
    share(1, answering.length),
    answering.length === 1
      ? `${account.name} on ${account.system} is ${subject.record.name} and nobody else in the inventory.`
      : `${answering.length} records of the inventory answer to the same name or account: ${names.join(', ')}.`,
    ['Settle in the inventory whose name or account it is.'],
  );
}

function ofConsistency(cited: readonly Claim[], against: ReadonlySet<string>): GateMeasure {
  const disputed = cited.filter(({ id }) => against.has(id));
  return made(
    'consistency',
    share(cited.length - disputed.length, cited.length),
    disputed.length === 0
      ? `Nothing contradicts any of the ${cited.length} statements that this cites.`
      : `${disputed.length} of ${cited.length} statements that this cites are contradicted by another of the same moment.`,
    ['Look at both records of each contradiction and find out which is true; neither supports an act until then.'],
  );
}

function ofFreshness(cited: readonly Claim[], alerts: readonly Alert[]): GateMeasure {
  const heard = new Map(alerts.map(alert => [alert.evidence, alert.receivedAt]));
  const isMeant = ({ at, citations }: Claim): boolean => {
    const first = citations[0];
    const received = first === undefined ? undefined : heard.get(first.evidence);
    return at !== undefined && received !== undefined && clockFault(at, received)?.isOffAxis !== true;
  };
  const meant = cited.filter(isMeant);
  return made(
    'freshness',
    share(meant.length, cited.length),
    `${meant.length} of ${cited.length} statements that this cites have a time that can be meant.`,
    ['Set the clock of the source right, or map the field that holds the time.'],
  );
}
