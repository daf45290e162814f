import { assistOf, rulesAssist } from '../../core/study/assist/assist.ts';
import { type MadePacket, packetOf } from '../../core/study/assist/packet.ts';
import { createAnswerReader } from '../../core/study/assist/read-answer.ts';
import { answerSchema } from '../../core/study/assist/schema.ts';
import type { Assist } from '../../model/assist.ts';
import { instructionLike } from '../../sources/shared/instruction-like.ts';
import { type Ground, type KeptGround, keptGround, madeOf, type World } from './ground.ts';
import { printShown } from './print-shown.ts';
import type { Prompt } from './prompts.ts';
import type { Asked, Question } from './question.ts';

/** Asks a model to order and relate what is known of an incident. */
export function selectQuestion(
  ground: Ground,
  prompt: Prompt,
  asking: { readonly by: string; readonly urgency: number; readonly nonce: string },
): Question<Assist> {
  const made = new Map<boolean, Asked<Assist>>();
  const asked = (namesWithheld: boolean): Asked<Assist> => {
    const known = made.get(namesWithheld) ?? askedOf(ground, asking.nonce, namesWithheld);
    made.set(namesWithheld, known);
    return known;
  };
  const { by, urgency } = asking;
  return {
    task: 'select',
    incident: ground.incident,
    incidentVersion: ground.version,
    by,
    urgency,
    prompt,
    holdsNames: false,
    asked,
  };
}

function askedOf(ground: Ground, nonce: string, namesWithheld: boolean): Asked<Assist> {
  const { summary, gaps, coverage, options } = ground.studied;
  const { claims, alerts, inventory } = ground;
  const made = packetOf({
    summary,
    claims,
    alerts,
    gaps,
    coverage,
    options,
    inventory,
    namesWithheld,
    nonce,
    // Text of records names people and hosts, so it stays where names do.
    strings: !namesWithheld,
    flagsOf: value => (instructionLike(value).length > 0 ? ['instruction_like'] : []),
  });
  const text = JSON.stringify(keptGround(ground, made.key));
  // Read back before it is used: what is shown now is what a replay makes of the same bytes.
  const kept: KeptGround = JSON.parse(text);
  return selectAsked(madeOf(made.text, made.digest, kept), kept, text, ground);
}

/** The same from what was kept. */
export function selectAsked(
  made: MadePacket,
  kept: KeptGround,
  ground: string,
  { world, alerts, claims }: World,
): Asked<Assist> {
  const { summary, options } = kept;
  const read = createAnswerReader(made, world);
  return {
    packet: made.text,
    packetSha256: made.digest,
    schema: answerSchema(made.packet) as unknown as Asked<Assist>['schema'],
    ground,
    read: answer => {
      const answered = read(answer);
      const { selection, dropped, verified } = answered;
      const shown: ReturnType<Asked<Assist>['read']>['shown'] = record =>
        selection === undefined
          ? { ...rulesAssist(summary, options, 'ai.rejected', alerts, claims), dropped, record }
          : assistOf(selection, made, { summary, options, alerts, claims, read: answered, record });
      const kind = selection === undefined ? 'rejected' : selection.abstain === 'no' ? 'used' : 'abstained';
      return { kind, verified, dropped, shown };
    },
    without: (because, record, dropped) => ({
      ...rulesAssist(summary, options, because, alerts, claims),
      dropped,
      record,
    }),
    print: printShown,
  };
}

/** The assist of its bytes. */
export function readAssist(text: string): Assist {
  const { verified, ...rest } = JSON.parse(text) as Omit<Assist, 'verified'> & { readonly verified: string };
  return { ...rest, without: rest.without, record: rest.record, verified: Number(verified.slice(1)) };
}
