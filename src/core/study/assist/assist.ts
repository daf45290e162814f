import type { Id } from '../../../base/id.ts';
import type { Alert } from '../../../model/alert.ts';
import type { Assist, WithoutModel } from '../../../model/assist.ts';
import type { ResponseOption, Summary } from '../../../model/claim.ts';
import { hypothesesOf } from './hypotheses.ts';
import { gapId, type MadePacket } from './packet.ts';
import type { ReadAnswer, VerifiedSelection } from './read-answer.ts';

/** What a selection is merged with. */
export interface AssistInput {
  readonly summary: Summary;
  readonly options: readonly ResponseOption[];
  readonly alerts: readonly Alert[];
  readonly read: ReadAnswer;
  readonly record: Id<'ai_record'> | undefined;
}

/** What rules alone say, and why no model does. */
export function rulesAssist(
  summary: Summary,
  options: readonly ResponseOption[],
  without: WithoutModel,
  _alerts: readonly Alert[] = [],
): Assist {
  return {
    level: 'L0',
    without,
    coverage: summary.coverage.verdict,
    order: summary.story.map(({ id }) => id),
    hypotheses: hypothesesOf(summary.story),
    techniques: [],
    ranking: options.map(({ id }) => id),
    requests: summary.gaps.map(gapId),
    verified: 0,
    dropped: [],
    appended: [],
    record: undefined,
  };
}

/** A verified selection beside the rules' summary. It can order and relate what is there, and neither add nor hide. */
export function assistOf(_selection: VerifiedSelection, made: MadePacket, input: AssistInput): Assist {
  const rules = rulesAssist(input.summary, input.options, 'ai.rejected', input.alerts);
  return {
    ...rules,
    dropped: input.read.dropped,
    record: input.record,
    appended: [...made.key.gaps.values()].map(gapId),
  };
}
