import type { Digest } from '../../../base/canonical.ts';
import type { Id } from '../../../base/id.ts';
import type { Dropped } from '../../../model/assist.ts';
import type { Selection } from '../../../model/packet.ts';
import type { ClaimVerifier } from '../verify-claim.ts';
import type { MadePacket } from './packet.ts';

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
}

export interface ReadAnswer {
  /** Undefined where the answer was refused as a whole. */
  readonly selection: VerifiedSelection | undefined;
  readonly dropped: readonly Dropped[];
  /** Parts that passed. */
  readonly verified: number;
}

/** Reads answers to one packet: what can be worked out before the first is worked out once. Never throws. */
export function createAnswerReader(made: MadePacket, world: AnswerWorld): (answer: RawAnswer) => ReadAnswer {
  return ({ bytes, packet }) => {
    const code = packet !== made.digest || bytes > world.limits.bytes ? 'envelope.too_large' : 'schema.mismatch';
    return { selection: undefined, dropped: [{ code, pointer: '' }], verified: 0 };
  };
}

export function readAnswer(answer: RawAnswer, made: MadePacket, world: AnswerWorld): ReadAnswer {
  return createAnswerReader(made, world)(answer);
}

/** What the one repeated question says of the answer before: reason codes, none of the model's own words. */
export function reaskOf(dropped: readonly Dropped[]): string {
  const codes = [...new Set(dropped.map(({ code }) => code))].sort();
  return `The answer before this one was refused: ${codes.join(', ')}.`;
}
