import { createAssister, rulesAssist } from '../../core/study/assist/assist.ts';
import { type MadePacket, packetOf } from '../../core/study/assist/packet.ts';
import { createAnswerReader, type RawAnswer, type ReadAnswer } from '../../core/study/assist/read-answer.ts';
import { answerSchema, type JsonSchema } from '../../core/study/assist/schema.ts';
import type { Assist } from '../../model/assist.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import type { StudiedIncident } from './incidents.ts';
import { createOracle, type Oracle } from './oracle.ts';

/** One packet of an incident, with all that its answers go through. */
export interface Lane {
  readonly made: MadePacket;
  readonly schema: JsonSchema;
  readonly rules: Assist;
  readonly read: (answer: RawAnswer) => ReadAnswer;
  readonly assist: (read: ReadAnswer) => Assist;
  readonly oracle: Oracle;
}

/** The way of an incident's packet through the real reader and the real assist, under an oracle of its own. */
export function laneOf(
  incident: StudiedIncident,
  options: Pick<Parameters<typeof packetOf>[0], 'namesWithheld' | 'strings' | 'bytesTarget'>,
  latencyMs: number,
): Lane {
  const { alerts, claims, summary, inventory, verifier } = incident;
  const { coverage, gaps } = summary;
  const made = packetOf({
    summary,
    claims,
    alerts,
    gaps,
    coverage,
    options: incident.options,
    inventory,
    nonce: 'lane',
    ...options,
  });
  const limits = { bytes: ANSWER_BYTES_MAX, latencyMs };
  const merge = createAssister(made, { summary, options: incident.options, alerts, claims });
  const rules = rulesAssist(summary, incident.options, 'ai.rejected', alerts, claims);
  return {
    made,
    schema: answerSchema(made.packet),
    rules,
    read: createAnswerReader(made, { verifier, mayRead: () => true, limits }),
    assist: read =>
      read.selection === undefined ? { ...rules, dropped: read.dropped } : merge(read.selection, read, undefined),
    oracle: createOracle(incident, made.packet, rules),
  };
}
