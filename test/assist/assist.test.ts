import { describe, expect, test } from 'vitest';
import { assistOf, rulesAssist } from '../../src/core/study/assist/assist.ts';
import { gapId, ruleId } from '../../src/core/study/assist/own-ids.ts';
import type { Assist } from '../../src/model/assist.ts';
import { dana, NOTHING, read } from './dana.ts';

const incident = dana();
const { made, input } = incident;
const { summary, options, alerts, claims } = input;
const rules = rulesAssist(summary, options, 'ai.not_configured', alerts, claims);

function assist(answer: object): Assist {
  const found = read(incident, { ...NOTHING, ...answer });
  if (found.selection === undefined) throw new Error(`refused: ${found.dropped[0]?.code}`);
  return assistOf(found.selection, made, { summary, options, alerts, claims, read: found, record: 'air_1' });
}

describe('without a model', () => {
  test('the story is told in its order, with every option and what is missing', () => {
    expect(rules).toMatchObject({
      level: 'L0',
      without: 'ai.not_configured',
      coverage: 'gaps',
      dropped: [],
      record: undefined,
    });
    expect(rules.order).toEqual(summary.story.map(({ id }) => id));
    expect(rules.ranking).toEqual(options.map(({ id }) => id));
    expect(rules.requests).toEqual(summary.gaps.map(gapId));
  });

  test('the benign explanation stands first, with what speaks against it, and others only where something speaks for them', () => {
    const [benign, ...others] = rules.hypotheses;
    expect(benign).toMatchObject({ kind: 'benign_administration', by: 'rules' });
    expect(benign?.contradicts.map(id => claims.find(claim => claim.id === id)?.predicate)).toEqual(['auth_succeeded']);
    expect(others.every(({ supports }) => supports.length > 0)).toBe(true);
    expect(others.map(({ kind }) => kind)).toEqual(['benign_misconfiguration', 'account_takeover', 'persistence']);
  });

  test('a claim that failed speaks for nothing', () => {
    const failed = claims.map(claim => ({ ...claim, verdict: { kind: 'failed' as const, because: 'changed' } }));
    const without = rulesAssist(summary, options, 'ai.off', alerts, failed);
    expect(without.hypotheses).toEqual([{ kind: 'benign_administration', supports: [], contradicts: [], by: 'rules' }]);
    expect(without.techniques).toEqual([]);
  });
});

describe('with a model', () => {
  test('claims are told in its order, and options in its ranking with those that it left out behind', () => {
    const [first, second, third] = made.packet.facts.map(({ id }) => id);
    const last = made.packet.candidates.at(-1)?.id ?? '';
    const { level, order, ranking } = assist({ order: [third, first, second], ranking: [last] });
    expect(level).toBe('L1');
    expect(order).toEqual([third, first, second].map(id => made.key.facts.get(id ?? '')?.id));
    expect(ranking[0]).toBe(options.at(-1)?.id);
    expect(ranking.toSorted()).toEqual(options.map(({ id }) => id).toSorted());
    expect(ranking).toContain('wait_and_collect');
  });

  test('a detection that it names is told by its claims', () => {
    const high = made.packet.detections.find(({ severity }) => severity === 'high');
    const { order, appended } = assist({ order: [high?.id] });
    expect(order).toEqual(high?.facts.map(id => made.key.facts.get(id)?.id));
    expect(appended).not.toContain(ruleId('Sign-in'));
  });

  test('whatever had to be shown and was not is appended: detections, tactics, gaps', () => {
    const { appended, order } = assist({});
    expect(order).toEqual([]);
    expect(appended).toContain(ruleId('Sign-in'));
    expect(appended).toContain(
      gapId(summary.gaps[0] ?? { stream: '', from: summary.window.from, to: summary.window.to }),
    );
    for (const { predicate, id } of claims) if (predicate === 'credential_created') expect(appended).toContain(id);
  });

  test('a gap is no longer appended where its records are asked for', () => {
    const { appended, requests } = assist({ requests: ['R1'] });
    expect(requests).toEqual(summary.gaps.map(gapId));
    expect(appended.filter(id => id.startsWith('gap:'))).toEqual([]);
  });

  test('its explanations stand beside those of the rules, which stay as they are', () => {
    const [id] = made.packet.facts.map(fact => fact.id);
    const { hypotheses } = assist({ hypotheses: [{ kind: 'benign_administration', supports: [id], contradicts: [] }] });
    expect(hypotheses.slice(0, rules.hypotheses.length)).toEqual(rules.hypotheses);
    expect(hypotheses.at(-1)).toMatchObject({ kind: 'benign_administration', by: 'model' });
  });

  test('a technique that it picks keeps every claim that the rules gave it', () => {
    const cites = made.packet.facts.filter(({ techniques }) => techniques.includes('T1078')).map(({ id }) => id);
    const { techniques } = assist({ techniques: [{ technique: 'T1078', cites }] });
    expect(techniques).toEqual(rules.techniques);
  });

  test('where it abstains rules speak, and it is said', () => {
    const found = assist({ abstain: 'too_little', order: ['F1'] });
    expect({ ...found, record: undefined, without: 'ai.not_configured' }).toEqual(rules);
    expect(found.without).toBe('ai.abstained');
  });

  test('a selection is not merged with a packet that it was not verified for', () => {
    const { selection } = read(incident, NOTHING);
    if (selection === undefined) throw new Error('it is admissible');
    const other = { ...made, digest: '00'.repeat(32) };
    const rest = { summary, options, alerts, claims, read: { dropped: [], verified: 0 }, record: undefined };
    expect(() => assistOf(selection, other, rest)).toThrow('broken invariant');
  });
});
