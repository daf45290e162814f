import { unixMsFrom } from '../../src/base/time.ts';
import { driftOf } from '../../src/core/decide/reliance/drift.ts';
import { forecastOf } from '../../src/core/decide/reliance/forecast.ts';
import { figuresOf } from '../../src/core/decide/reliance/metrics.ts';
import { teamReliance } from '../../src/core/decide/reliance/team.ts';
import type { Tier } from '../../src/model/proposal.ts';
import type { DecisionRecord, RelianceView } from '../../src/model/reliance.ts';

const HOUR_MS = 3_600_000;

/** Figures of so many people, the first of whom asks, and who became hasty of late. */
export function relianceView(people: number, decisions: number): RelianceView {
  const now = Date.now();
  const records = Array.from({ length: people * decisions }, (_, i) => recordOf(i, people, decisions, now));
  const own = records.filter(({ person }) => person === 'usr_0');
  return {
    since: new Date(now - 2_000 * HOUR_MS).toISOString(),
    isCut: false,
    own: { figures: figuresOf(own), drift: { haste: driftOf(own, 'haste'), refusing: driftOf(own, 'refusing') } },
    team: teamReliance(records),
    drills: { until: '2026-12-31', people, isMine: true },
    forecast: forecastOf({
      from: unixMsFrom(now - 168 * HOUR_MS),
      to: unixMsFrom(now),
      open: [1, 5, 9, 30, 60, 90].map(hours => ({
        tier: hours === 5 ? 'T3' : 'T2',
        createdAt: unixMsFrom(now - HOUR_MS),
        reviewBy: unixMsFrom(now + hours * HOUR_MS),
        needed: hours === 5 ? 2 : 1,
        isSeen: hours === 1,
      })),
      arrivals: Array.from({ length: 60 }, (): Tier => 'T2'),
      signatures: Array.from({ length: Math.min(30, decisions) }, (): Tier => 'T2'),
    }),
  };
}

function recordOf(i: number, people: number, decisions: number, now: number): DecisionRecord {
  const [person, n] = [i % people, Math.floor(i / people)];
  const isHasty = person === 0 && n > decisions - 12;
  const isWrong = n % 4 === 0;
  const refuses = isWrong ? n % 8 === 0 || person % 2 === 0 : n % 17 === 1;
  const decidedAt = now - (decisions - n) * 5 * HOUR_MS;
  return {
    person: `usr_${person}`,
    tier: n % 3 === 0 ? 'T3' : 'T2',
    kind: n % 5 === 0 ? 'ldap-account/lock' : 'postgres-role/suspend',
    shownAt: unixMsFrom(decidedAt - (isHasty ? 3_000 : 40_000 + ((i * 7_919) % 200) * 1_000)),
    decidedAt: unixMsFrom(decidedAt),
    dwell: {},
    evidenceOpened: isHasty ? 1 : 1 + (n % 3),
    evidenceRequired: 1,
    evidenceCited: 5,
    claims: 4,
    verdict: refuses && !isHasty ? 'reject' : 'approve',
    preJudgement: undefined,
    advised: 'do',
    judgedAfterwards: n % 2 === 0 ? (isWrong ? 'wrong' : 'right') : undefined,
    wasUndone: n % 6 === 1,
    drill: undefined,
  };
}
