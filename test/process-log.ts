import { readLeaf } from '../src/audit/verify/leaf.ts';
import { ProcessRules } from '../src/audit/verify/process-rules.ts';
import { digestOf } from '../src/base/canonical.ts';
import { signatureChecks } from '../src/cli/signature-checks.ts';
import type { Tier } from '../src/model/proposal.ts';
import { LifeOfALog, LOG_ORIGIN, type Proposed } from './signed-log.ts';

export const ANA = 'usr_ana';
export const BEN = 'usr_ben';
export const CLEO = 'usr_cleo';
export const DAN = 'usr_dan';

/** Cleo contributed to it. */
export const proposed = (tier: Tier, revision = '1'): Proposed => ({
  proposal: 'prp_1',
  revision,
  tier,
  contributors: [CLEO],
});

/** Ana administers, Ben and Cleo respond, Dan owns a service. */
export function life(): LifeOfALog {
  return new LifeOfALog()
    .enrolFirst(ANA)
    .enrol(ANA, BEN, 'responder')
    .enrol(ANA, CLEO, 'responder')
    .enrol(ANA, DAN, 'owner');
}

/** The codes of what is wrong with it. */
export async function codes(log: LifeOfALog): Promise<string[]> {
  return (await rulesOf(log)).findings.kept.map(({ code }) => code);
}

/** The rules, after all of its entries. */
export async function rulesOf(log: LifeOfALog): Promise<ProcessRules> {
  const rules = new ProcessRules(LOG_ORIGIN, signatureChecks);
  for (const [i, bytes] of log.bytes.entries()) {
    const leaf = readLeaf(bytes);
    if (!leaf.ok) throw new Error(`entry ${i}: ${leaf.failure.detail}`);
    await rules.entry(i, leaf.value);
  }
  return rules;
}

/** A proposal of a tier, its reviews, its execution and the end of it. */
export function carriedOut(log: LifeOfALog, proposal: Proposed, ...reviewers: readonly `usr_${string}`[]): LifeOfALog {
  log.propose(proposal);
  const reviews = reviewers.map(reviewer => log.review(reviewer, proposal));
  return log.conclude(log.execute(proposal, reviews), proposal, 'verified');
}

/** Everything is stopped, or the stop is lifted: signed by whom, or by nobody. */
export function stop(log: LifeOfALog, isOn: 'yes' | 'no', by?: string): void {
  const statement = {
    v: '1',
    installation: 'ins_test',
    seq: '1',
    isOn,
    by: by ?? BEN,
    nonce: log.nonce(),
    expiresAt: log.inMinutes(5),
  } as const;
  const digest = digestOf('countersign/kill-switch/v1', statement);
  const signature = by === undefined ? ({ kind: 'none' } as const) : log.passkeyOf(by).sign(digest);
  log.add({ type: 'kill_switch.set', statement, signature, reasonCommit: '' });
}
