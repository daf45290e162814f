import type { Claim } from '../../../model/claim.ts';
import type { PacketFact } from '../../../model/packet.ts';
import type { MadePacket } from './packet.ts';
import type { AnswerWorld } from './read-answer.ts';

/** A fact of a packet with what the verifier finds of it; each is worked out once for all answers. */
export interface FactView {
  readonly row: PacketFact;
  readonly roles: ReadonlyMap<string, string>;
  /** Whether the raw records still give the claim behind it. */
  readonly isRecomputed: () => boolean;
  /** Whether whoever asks may read every record that it cites. */
  readonly isReadable: () => boolean;
  /** It says that something was not seen, without the telemetry that would have shown it. */
  readonly isUncovered: boolean;
  readonly claim: Claim | undefined;
}

export function createFactViews({ packet, key }: MadePacket, world: AnswerWorld): ReadonlyMap<string, FactView> {
  return new Map(packet.facts.map(row => [row.id, viewOf(row, key.facts.get(row.id), world)]));
}

function viewOf(row: PacketFact, claim: Claim | undefined, { verifier, mayRead }: AnswerWorld): FactView {
  return {
    row,
    roles: new Map(row.roles.map(({ role, value }) => [role, value])),
    isRecomputed: once(() => claim !== undefined && verifier.verify(claim).kind === 'verified'),
    isReadable: once(() => claim?.citations.every(({ evidence }) => mayRead(evidence)) === true),
    isUncovered: row.predicate === 'not_observed' && !row.roles.some(({ role }) => role === 'sure'),
    claim,
  };
}

function once(ask: () => boolean): () => boolean {
  let answer: boolean | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
