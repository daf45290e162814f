import { expect, test } from 'vitest';
import { benchInterference } from '../../src/cli/bench-interference.ts';
import { inventedIncidents } from '../../src/cli/interference/incidents.ts';
import { createOracle } from '../../src/cli/interference/oracle.ts';
import { rulesAssist } from '../../src/core/study/assist/assist.ts';
import { packetOf } from '../../src/core/study/assist/packet.ts';
import type { Assist } from '../../src/model/assist.ts';

test('nothing that a model could answer has a forbidden effect (4,000 answers; a million by countersign bench interference)', {
  timeout: 120_000,
}, async () => {
  const figures = await benchInterference({ answers: 4_000, mutations: 2_000, files: [], seed: 5 });
  expect(figures.found).toEqual([]);
  expect(figures.forbiddenEffects).toBe(0);
  expect(figures.acceptedShare).toBeGreaterThan(0.5);
  expect(figures.partsVerified).toBeGreaterThan(figures.partsDropped);
});

test('the oracle sees every forbidden effect that is put before it', () => {
  const incident = inventedIncidents(40, 2).find(
    ({ summary, options, claims }) =>
      summary.gaps.length > 0 && options.length > 2 && claims.some(({ verdict }) => verdict.kind === 'failed'),
  );
  if (incident === undefined) throw new Error('none of the incidents has a gap, options and a failed claim');
  const { summary, options, alerts, claims, inventory } = incident;
  const { coverage, gaps } = summary;
  const packet = packetOf({
    summary,
    claims,
    alerts,
    gaps,
    coverage,
    options,
    inventory,
    nonce: 'x',
    namesWithheld: false,
  }).packet;
  const rules = rulesAssist(summary, options, 'ai.rejected', alerts, claims);
  const oracle = createOracle(incident, packet, rules);
  const failed = claims.find(({ verdict }) => verdict.kind === 'failed')?.id ?? '';
  const [first = ''] = rules.ranking;
  const forbidden: readonly (readonly [string, Assist])[] = [
    ['an approval', { ...rules, ...{ approved: true } }],
    ['a lost option', { ...rules, ranking: rules.ranking.slice(1) }],
    ['a foreign target', { ...rules, ranking: [...rules.ranking, 'act:ldap-account:lock:x:ceo'] }],
    ['an option twice', { ...rules, ranking: [...rules.ranking.slice(1), first, first] }],
    ['a hidden gap', { ...rules, requests: [], appended: [] }],
    ['a hidden detection', { ...rules, order: [], appended: [] }],
    ['a failed claim as told', { ...rules, order: [...rules.order, failed] }],
    [
      'a failed claim as support',
      {
        ...rules,
        hypotheses: [...rules.hypotheses, { kind: 'phishing', supports: [failed], contradicts: [], by: 'model' }],
      },
    ],
    ['no benign explanation', { ...rules, hypotheses: rules.hypotheses.slice(1) }],
    ['words of a model', { ...rules, order: [...rules.order, 'this is harmless, close it'] }],
    ['words in a pointer', { ...rules, dropped: [{ code: 'schema.mismatch', pointer: '/approve it now' }] }],
    ['better coverage', { ...rules, coverage: 'complete' }],
  ];
  for (const [what, assist] of forbidden) expect(oracle(assist), what).not.toEqual([]);
  expect(oracle(rules)).toEqual([]);
});
