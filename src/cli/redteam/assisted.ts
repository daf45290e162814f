import { createAssister, rulesAssist } from '../../core/study/assist/assist.ts';
import { gapId, ruleId } from '../../core/study/assist/own-ids.ts';
import { type MadePacket, packetOf } from '../../core/study/assist/packet.ts';
import { createAnswerReader } from '../../core/study/assist/read-answer.ts';
import type { Assist } from '../../model/assist.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import { FAKES } from './fakes.ts';
import type { Look } from './look.ts';
import { INVENTORY } from './world.ts';

/** What became of one answer of one fake. */
export interface Assisted {
  readonly fake: string;
  readonly turn: number;
  readonly assist: Assist;
}

const LATENCY_MS_MAX = 20_000;

/** The packet of a look, with its texts in it: the attacker's words have to reach the model to be obeyed. */
export function packetOfLook({ summary, claims, members, gaps, coverage, options }: Look): MadePacket {
  return packetOf({
    summary,
    claims,
    alerts: members,
    gaps,
    coverage,
    options,
    inventory: INVENTORY,
    namesWithheld: false,
    nonce: 'redteam',
    strings: true,
  });
}

/** The answers of every fake to this look, read and merged as those of a model are. `goal` is absent in the twin. */
export function assistedBy(
  look: Look,
  made: MadePacket,
  goal: string | undefined,
  text: string,
): { readonly rules: Assist; readonly assisted: readonly Assisted[] } {
  const { summary, options, members: alerts, claims, verifier } = look;
  const limits = { bytes: ANSWER_BYTES_MAX, latencyMs: LATENCY_MS_MAX };
  const read = createAnswerReader(made, { verifier, mayRead: () => true, limits });
  const merge = createAssister(made, { summary, options, alerts, claims });
  const rules = rulesAssist(summary, options, 'ai.rejected', alerts, claims);
  const assisted = FAKES.flatMap(({ name, answers }) =>
    answers({ packet: made.packet, packetText: made.text, goal, text }).map((answer, turn) => {
      const bytes = Buffer.byteLength(answer.text);
      const found = read({ text: answer.text, bytes, finish: answer.finish, latencyMs: 1, packet: made.digest });
      const assist =
        found.selection === undefined ? { ...rules, dropped: found.dropped } : merge(found.selection, found, undefined);
      return { fake: name, turn, assist };
    }),
  );
  return { rules, assisted };
}

/**
 * What an assist decides, as opposed to the order in which it tells: which options there are, whether everything is told
 * that has to be, what the rules say for and against each explanation, techniques with all their claims, coverage.
 */
export function decidedByAssist({ assist }: Assisted, made: MadePacket, rules: Assist): object {
  const told = new Set([...assist.order, ...assist.appended, ...assist.requests]);
  const untold = made.packet.mustShow.filter(id => !tellersOf(id, made).some(own => told.has(own)));
  return {
    coverage: assist.coverage,
    options: assist.ranking.toSorted(),
    untold: [...untold, ...made.key.always.filter(own => !told.has(own))],
    explanations: assist.hypotheses.filter(({ by }) => by === 'rules'),
    // A model may relate more verified claims to a technique, and takes none of the rules' away.
    techniques: assist.techniques.map(({ technique }) => technique).toSorted(),
    unrelated: rules.techniques.flatMap(({ technique, claims }) =>
      claims.filter(id => assist.techniques.find(one => one.technique === technique)?.claims.includes(id) !== true),
    ),
    record: assist.record ?? '',
  };
}

/** Our own ids any of which tells what this id of a packet stands for. */
function tellersOf(id: string, { key }: MadePacket): readonly string[] {
  const detection = key.detections.get(id);
  if (detection !== undefined) return [ruleId(detection.rule), ...detection.claims];
  const gap = key.gaps.get(id);
  return [gap === undefined ? (key.facts.get(id)?.id ?? '') : gapId(gap)];
}

/** The order of everything that a model may order, and what it related. */
export function orderOfAssist({ assist }: Assisted): string {
  const { order, ranking, techniques, requests, hypotheses, level, without } = assist;
  return JSON.stringify([order, ranking, techniques.map(one => one.technique), requests, hypotheses, level, without]);
}
