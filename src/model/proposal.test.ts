import { describe, expect, test } from 'vitest';
import { MOVES, type ProposalState, stricter, TIER_RANK, type Tier } from './proposal.ts';

const STATES = Object.keys(MOVES) as ProposalState[];
const edges = STATES.flatMap(from => Object.values(MOVES[from]).map((to: ProposalState) => ({ from, to })));

/** Every state from which `to` can be reached without passing through one of `closed`. */
function reaching(to: ProposalState, closed: readonly ProposalState[]): ReadonlySet<ProposalState> {
  const found = new Set<ProposalState>();
  const waiting: ProposalState[] = [to];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const edge of edges) {
      if (edge.to !== at || found.has(edge.from) || closed.includes(edge.from)) continue;
      found.add(edge.from);
      waiting.push(edge.from);
    }
  }
  return found;
}

describe('the state table', () => {
  test('the only edge into executing comes from checking', () => {
    expect(edges.filter(({ to }) => to === 'executing')).toEqual([{ from: 'checking', to: 'executing' }]);
  });

  test('the only edges into checking come from approved and emergency', () => {
    expect(edges.filter(({ to }) => to === 'checking').map(({ from }) => from)).toEqual(['approved', 'emergency']);
  });

  test('with approved and emergency closed, nothing leads to executing', () => {
    expect([...reaching('executing', ['approved', 'emergency'])]).toEqual(['checking']);
  });

  test('the only edges into approved and emergency come from in_review, where people are', () => {
    const into = edges.filter(({ to }) => to === 'approved' || to === 'emergency').map(({ from }) => from);
    expect(new Set(into)).toEqual(new Set(['in_review']));
  });

  test('whatever a person refused or let lapse has no way on', () => {
    const ended = ['denied', 'rejected', 'revoked', 'expired', 'withdrawn', 'superseded', 'refused', 'stale', 'failed'];
    for (const state of ended as ProposalState[]) expect(MOVES[state], state).toEqual({});
  });

  test('every state but the first can be reached, and every move leads to a state', () => {
    const reached = new Set(edges.map(({ to }) => to));
    expect(STATES.filter(state => !reached.has(state))).toEqual(['drafted']);
    for (const { to } of edges) expect(STATES).toContain(to);
  });

  test('nothing that was sent goes back to where it could be sent again', () => {
    const after: readonly ProposalState[] = [
      'executing',
      'in_doubt',
      'succeeded',
      'not_in_effect',
      'verified',
      'undone',
    ];
    const before: readonly ProposalState[] = ['drafted', 'in_review', 'approved', 'emergency', 'checking'];
    expect(edges.filter(({ from, to }) => after.includes(from) && before.includes(to))).toEqual([]);
  });
});

describe('tiers', () => {
  test('of two tiers the stricter one wins, whichever comes first', () => {
    const tiers: readonly Tier[] = ['T1', 'T2', 'T3', 'TX'];
    for (const a of tiers)
      for (const b of tiers) {
        expect(TIER_RANK[stricter(a, b)]).toBe(Math.max(TIER_RANK[a], TIER_RANK[b]));
        expect(stricter(a, b)).toBe(stricter(b, a));
      }
  });
});
