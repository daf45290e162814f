import type { Digest } from '../../../base/canonical.ts';
import type { Id } from '../../../base/id.ts';
import type { Dropped } from '../../../model/assist.ts';
import type { Selection } from '../../../model/packet.ts';
import type { ClaimVerifier } from '../verify-claim.ts';
import { createFactViews, type FactView } from './fact-view.ts';
import type { MadePacket } from './packet.ts';
import { partsOf, selectionOf } from './parts.ts';
import { answerSchema, compileSchema } from './schema.ts';
import { PART_STEPS, WHOLE_STEPS } from './steps.ts';

/** What came back for a packet. */
export interface RawAnswer {
  /** Undefined where the bytes were not UTF-8. */
  readonly text: string | undefined;
  /** How many bytes it had. */
  readonly bytes: number;
  readonly finish: 'stop' | 'length' | 'other';
  readonly latencyMs: number;
  /** Digest of the packet that was sent. */
  readonly packet: Digest;
}

/** What an answer is held against. */
export interface AnswerWorld {
  readonly verifier: ClaimVerifier;
  /** Whether whoever asks may read this record. */
  readonly mayRead: (evidence: Id<'evidence'>) => boolean;
  readonly limits: { readonly bytes: number; readonly latencyMs: number };
}

/** A selection of which every part passed the verifier, in the ids of its packet. */
export interface VerifiedSelection extends Selection {
  readonly verifiedFor: Digest;
  /** Of what had to be shown whatever it does not name. */
  readonly omitted: readonly string[];
}

export interface ReadAnswer {
  /** Undefined where the answer was refused as a whole. */
  readonly selection: VerifiedSelection | undefined;
  /** Why the whole was, or which parts were dropped. */
  readonly dropped: readonly Dropped[];
  /** Parts that passed. */
  readonly verified: number;
}

/** What is worked out of a packet before its first answer. */
export interface Prepared {
  readonly made: MadePacket;
  readonly world: AnswerWorld;
  readonly check: ReturnType<typeof compileSchema>;
  readonly facts: ReadonlyMap<string, FactView>;
  /** Facts of a detection. */
  readonly factsOf: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads answers to one packet, by the steps of {@link VERIFIER_STEPS}: an envelope, form or reference that is wrong
 * refuses the whole; of an answer that holds, each part stands or is dropped by itself. Nothing is mended, and nobody
 * is asked whether it is right. Total: no text throws.
 */
export function createAnswerReader(made: MadePacket, world: AnswerWorld): (answer: RawAnswer) => ReadAnswer {
  const prepared: Prepared = {
    made,
    world,
    check: compileSchema(answerSchema(made.packet), namesOf(made)),
    facts: createFactViews(made, world),
    factsOf: new Map(made.packet.detections.map(({ id, facts }) => [id, facts])),
  };
  return answer => read(answer, prepared);
}

/** {@link createAnswerReader} for a single answer. */
export function readAnswer(answer: RawAnswer, made: MadePacket, world: AnswerWorld): ReadAnswer {
  return createAnswerReader(made, world)(answer);
}

function read(answer: RawAnswer, prepared: Prepared): ReadAnswer {
  let value: unknown = answer;
  for (const { run } of WHOLE_STEPS) {
    const result = run(value, answer, prepared);
    if (!result.ok) return { selection: undefined, dropped: [result.failure], verified: 0 };
    value = result.value;
  }
  const selection = value as Selection;
  const dropped: Dropped[] = [];
  const kept = partsOf(selection, prepared).filter(part => {
    for (const { run } of PART_STEPS) {
      const refusal = run(part, prepared);
      if (refusal === undefined) continue;
      dropped.push({ pointer: part.pointer, ...refusal });
      return false;
    }
    return true;
  });
  return { selection: selectionOf(selection, kept, prepared), dropped, verified: kept.length };
}

/** Every id and word that a packet gives. */
function namesOf({ packet }: MadePacket): ReadonlySet<string> {
  const { entities, facts, detections, gaps, candidates, requests, strings, techniques } = packet;
  return new Set([
    ...[entities, facts, detections, gaps, candidates, requests, strings].flatMap(rows => rows.map(({ id }) => id)),
    ...techniques,
    ...facts.flatMap(({ roles }) => roles.map(({ value }) => value)),
  ]);
}

/** What the one repeated question says of the answer before: reason codes, none of the model's own words. */
export function reaskOf(dropped: readonly Dropped[]): string {
  const codes = [...new Set(dropped.map(({ code }) => code))].sort();
  return `The answer before this one was refused: ${codes.join(', ')}.`;
}
