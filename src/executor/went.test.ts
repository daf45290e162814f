import { expect, test } from 'vitest';
import { fail, ok } from '../base/result.ts';
import { unixMsFrom } from '../base/time.ts';
import { type FailureCode, failureOf } from '../model/failure.ts';
import type { Receipt } from '../ports/responder.ts';
import { wentOfLook, wentOfReceipt } from './went.ts';

const failed = (code: FailureCode, asksToWaitS?: number) =>
  wentOfLook('plan', fail({ ...failureOf(code, 'x'), ...(asksToWaitS === undefined ? {} : { asksToWaitS }) }));
const receipt = (outcome: Receipt['outcome']): Receipt => {
  const now = unixMsFrom(0);
  return { outcome, detail: '', before: {}, startedAt: now, endedAt: now };
};

test('a look that was answered went well, and one that was not went ill with its code', () => {
  expect(wentOfLook('observe', ok('seen'))).toEqual({ doing: 'observe', went: 'well', code: '' });
  expect(failed('responder.unreachable')).toEqual({ doing: 'plan', went: 'ill', code: 'responder.unreachable' });
});

test('a name that no account has says nothing of the system: some are refused without asking it', () => {
  expect(failed('proposal.target_not_found')).toBeUndefined();
  expect(failed('proposal.not_expressible')).toBeUndefined();
});

test('how long a system asked to be left alone is kept, also where it did not say', () => {
  expect(failed('responder.unreachable', 30)).toMatchObject({ asksToWaitS: 30 });
  expect(failed('responder.unreachable', 0)).toMatchObject({ asksToWaitS: 0 });
});

test('an act that refused a drift neither went well nor ill, and silence went ill', () => {
  expect(wentOfReceipt(receipt('refused_drift'))).toBeUndefined();
  expect(wentOfReceipt(receipt('already_applied'))).toMatchObject({ went: 'well' });
  for (const outcome of ['unknown', 'failed', 'refused'] as const)
    expect(wentOfReceipt(receipt(outcome))).toEqual({ doing: 'execute', went: 'ill', code: outcome });
});
