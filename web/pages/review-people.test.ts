import { describe, expect, test } from 'vitest';
import type { ProposalView } from '../../src/model/api.ts';
import { awaitedText, isSignedByMe } from './review-people.tsx';

describe('after signing', () => {
  const row = { revision: 2 } as ProposalView['row'];
  const slot = (who: string, filledBy: string | undefined) => ({ slot: 'responder', who, filledBy });

  test('the page says that I have signed, and which seats are open', () => {
    const quorum = [slot('A responder', 'Dana'), slot('A second person: responder or owner', undefined)];
    expect(awaitedText({ row, quorum })).toBe(
      'You have signed revision 2. Awaited: a second person: responder or owner.',
    );
  });

  test('only an approval of mine that counts is one; another obstacle is not', () => {
    const condition = (code: 'review.twice' | 'review.evidence_unopened') => ({ text: code, isMet: false, code });
    expect(isSignedByMe({ conditions: [condition('review.evidence_unopened')] })).toBe(false);
    expect(isSignedByMe({ conditions: [condition('review.evidence_unopened'), condition('review.twice')] })).toBe(true);
  });
});
