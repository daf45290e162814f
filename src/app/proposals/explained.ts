import { gateOf } from '../../core/study/gate.ts';
import type { ProposalView } from '../../model/api-proposals.ts';
import type { ProposalHistory } from '../history.ts';
import type { ReadStudy } from './study.ts';

/**
 * How well what is proposed is explained by what is known now, and what became of others like it. It is shown and no
 * more: the gate had its word when the proposal was made, and a review signs the act. Where the incident no longer
 * offers the option, nothing is explained, and that is shown too.
 */
export async function explainedNow(
  view: ProposalView,
  readStudy: ReadStudy,
  history: ProposalHistory,
): Promise<NonNullable<ProposalView['explained']> | undefined> {
  const { origin, act, presentation, row } = view;
  if (!('option' in origin) || origin.option === '' || view.isWithheld) return undefined;
  const study = await readStudy(row.incident);
  const option =
    study?.options.find(({ id }) => id === origin.option) ??
    study?.options.find(one => one.operation === act.operation && one.targetName === presentation.targetName);
  return {
    gate: gateOf(option?.explained, presentation.tier),
    tradeOffs: option?.tradeOffs,
    history: await history.ofAct(act.responder, act.operation, presentation.tier, presentation.coverage.status),
  };
}
