import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { HandoverLine, ProposalRow } from '../../model/api.ts';
import { type HandoverFacts, handoverOf } from './handover.ts';
import { handoverMarkdown } from './handover-markdown.ts';
import { timeOf } from './testing.ts';

const NOW = timeOf('2026-03-02T16:00:00Z');
const hours = (many: number): UnixMs => unixMsFrom(NOW + many * MS_PER_HOUR);

const NOTHING: HandoverFacts = {
  from: hours(-8),
  to: NOW,
  now: NOW,
  silent: [],
  reviews: { rows: [], total: 0 },
  doubt: { rows: [], total: 0 },
  unowned: { rows: [], total: 0 },
  news: { rows: [], total: 0 },
  decided: { rows: [], total: 0 },
  opened: { rows: [], bySeverity: new Map(), isCut: false },
  changed: { rows: [], total: 0, isCut: false },
  cameIn: { records: 0, kept: 0, duplicate: 0, quarantined: 0 },
  quarantine: [],
  rules: { rows: [], looked: 0, repeats: 0, isCut: false },
  before: undefined,
};

function proposal(change: Partial<ProposalRow> = {}): ProposalRow {
  return {
    id: 'prp_1',
    revision: 1,
    incident: 'inc_1',
    sentence: 'Disable dana in orders-db',
    targetName: 'dana',
    tier: 'T2',
    state: 'in_review',
    approvals: 0,
    needed: 1,
    reviewBy: rfc3339(hours(2)),
    createdAt: rfc3339(hours(-1)),
    blockedBy: 'waits for 1 of 1 person',
    blocks: [],
    operation: 'test.lock',
    escalation: 0,
    mySeat: 'none',
    undoes: undefined,
    ...change,
  };
}

const textOf = ({ text }: HandoverLine): string =>
  text.map(part => ('words' in part ? part.words : part.value)).join('');

function told(facts: Partial<HandoverFacts>, id: string): readonly string[] {
  const { sections } = handoverOf({ ...NOTHING, ...facts });
  return sections.find(section => section.id === id)?.lines.map(textOf) ?? [];
}

describe('a handover', () => {
  test('begins with what is silent, and says so where nothing is', () => {
    const { sections } = handoverOf(NOTHING);
    expect(sections[0]).toMatchObject({ id: 'silent', lines: [], empty: 'Every stream that can be judged is heard.' });
    const silent = [
      { stream: 'db1|Wazuh', status: 'silent', from: hours(-2), to: NOW, because: 'nothing for 2 h' },
    ] as const;
    expect(told({ silent }, 'silent')).toEqual(['Wazuh on db1: nothing for 2 h']);
  });

  test('says what blocks a proposal and when it runs out, and marks what runs out soon', () => {
    const rows = [proposal(), proposal({ id: 'prp_2', reviewBy: rfc3339(hours(20)) })];
    const reviews = handoverOf({ ...NOTHING, reviews: { rows, total: 5 } }).sections[1];
    expect(reviews?.lines.map(textOf)).toEqual([
      'Disable dana in orders-db (T2): waits for 1 of 1 person; expires in 2 h',
      'Disable dana in orders-db (T2): waits for 1 of 1 person; expires in 20 h',
    ]);
    expect(reviews?.lines.map(({ isGap }) => isGap)).toEqual([true, undefined]);
    expect(reviews?.more).toBe(3);
  });

  test('compares counts with the span before only where both are whole', () => {
    const opened = { rows: [], bySeverity: new Map([['high', 20_000] as const]), isCut: true };
    const earlier = { rows: [], bySeverity: new Map([['high', 7] as const]), isCut: false };
    const before = { opened: earlier, cameIn: NOTHING.cameIn, rules: NOTHING.rules };
    expect(told({ opened, before }, 'opened')[0]).toBe('More than 20,000 incidents: 20,000 high');
    expect(told({ opened: { ...opened, isCut: false }, before }, 'opened')[0]).toContain('; the span before 7');
  });

  test('compares the share of a rule, since of a busy span only the newest alerts are read', () => {
    const rule = { rule: 'r', title: 'Odd sign-in', alerts: 500, repeats: 20, incident: 'inc_1' } as const;
    const rules = { rows: [rule], looked: 2_000, repeats: 20, isCut: false };
    const was = { ...rules, rows: [{ ...rule, alerts: 100 }] };
    const before = { opened: NOTHING.opened, cameIn: NOTHING.cameIn, rules: was };
    expect(told({ rules, before }, 'rules')).toEqual([
      'Odd sign-in: 500 alerts, 25 % of all alerts, 20 of them repeats; the span before 5 %',
    ]);
  });

  test('as Markdown holds no markup that somebody else wrote', () => {
    const sentence = '](javascript:x) ``` <img src=x> @channel\n# forged \u202e';
    const text = handoverMarkdown(
      handoverOf({ ...NOTHING, reviews: { rows: [proposal({ sentence })], total: 1 } }),
      'https://soc.example',
    );
    const line = text.split('\n').find(one => one.includes('javascript'));
    expect(line).toMatch(/^- ````/);
    expect(line).toContain('([open](https://soc.example/proposals/prp_1))');
    expect(text).not.toMatch(/\u202e|^# forged/m);
  });
});
