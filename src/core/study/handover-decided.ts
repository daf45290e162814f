import { rfc3339 } from '../../base/time.ts';
import type { HandoverLine, HandoverPart } from '../../model/api-handover.ts';
import type { Decided } from './handover.ts';

const VERDICTS: ReadonlyMap<string, string> = new Map([
  ['approve', 'approved'],
  ['reject', 'rejected'],
  ['ask_for_more', 'asked for more about'],
  ['revoke', 'revoked'],
  ['break_glass', 'broke glass for'],
]);
const OUTCOMES: ReadonlyMap<string, string> = new Map([
  ['succeeded', 'was carried out; its effect is not shown yet'],
  ['failed', 'failed'],
  ['in_doubt', 'is in doubt'],
  ['verified', 'was carried out, and is in effect'],
  ['not_in_effect', 'was carried out, and is not in effect'],
]);

/** Who decided, or what became of it: `Ada approved: disable dana in orders-db (T2)`. */
export function decidedLine(decided: Decided): HandoverLine {
  const at = rfc3339(decided.at);
  if (decided.kind === 'kill_switch') {
    const turned = decided.isOn ? ' stopped every act: ' : ' let acts go on: ';
    return { text: [{ value: decided.by }, { words: turned }, { value: decided.reason }], to: { kind: 'audit' }, at };
  }
  const { sentence, tier, id } = decided.proposal;
  const act: readonly HandoverPart[] = [{ value: sentence }, { words: ` (${tier})` }];
  return { text: textOf(decided, act), to: { kind: 'proposal', id }, at };
}

function textOf(
  decided: Exclude<Decided, { readonly kind: 'kill_switch' }>,
  act: readonly HandoverPart[],
): readonly HandoverPart[] {
  switch (decided.kind) {
    case 'review':
      return [{ value: decided.by }, { words: ` ${VERDICTS.get(decided.verdict) ?? 'reviewed'}: ` }, ...act];
    case 'withdrawn':
      return [{ value: decided.by }, { words: ' withdrew: ' }, ...act, { words: '. ' }, { value: decided.reason }];
    case 'expired':
      return [...act, { words: ' expired: nobody signed in time, which is a no' }];
    case 'outcome': {
      const undo = decided.proposal.undoes === undefined ? '' : 'As an undo, ';
      const became = OUTCOMES.get(decided.outcome) ?? decided.outcome.replaceAll('_', ' ');
      const because: readonly HandoverPart[] =
        decided.because === '' ? [] : [{ words: ': ' }, { value: decided.because }];
      return [...(undo === '' ? [] : [{ words: undo }]), ...act, { words: ` ${became}` }, ...because];
    }
  }
}
