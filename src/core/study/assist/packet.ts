import { type Closed, canonical, type Digest, digestOfCanonical } from '../../../base/canonical.ts';
import type { Alert } from '../../../model/alert.ts';
import type { Claim, Gap, ResponseOption, Summary } from '../../../model/claim.ts';
import type { Coverage } from '../../../model/coverage.ts';
import type { Inventory } from '../../../model/inventory.ts';
import type { Packet } from '../../../model/packet.ts';
import type { Tier } from '../../../model/proposal.ts';
import { choosePacket } from './choose-packet.ts';
import { packetRows } from './packet-rows.ts';

/** What a packet is made of. */
export interface PacketInput {
  readonly summary: Summary;
  /** Settled; only verified ones are told. */
  readonly claims: readonly Claim[];
  /** The alerts of the incident, in any order. */
  readonly alerts: readonly Alert[];
  readonly gaps: readonly Gap[];
  readonly coverage: Coverage;
  readonly options: readonly ResponseOption[];
  readonly inventory: Inventory | undefined;
  /** True for whatever leaves for a hosted provider. */
  readonly namesWithheld: boolean;
  /** Opaque, made anew for each incident; it stands in the packet as the incident's id. */
  readonly nonce: string;
  /** Whether quarantined strings go along. Absent: they do not. */
  readonly strings?: boolean;
  /** What else is known of an option, by its id. */
  readonly candidates?: ReadonlyMap<string, CandidateFacts>;
  /** Marks of a text that an attacker may have written (`instruction_like` …): closed words, shown to the model and nothing else. */
  readonly flagsOf?: (text: string) => readonly string[];
  /** What the packet may take where what has to be shown leaves the choice; else three thousand tokens. */
  readonly bytesTarget?: number;
}

export interface CandidateFacts {
  /** Of the catalogue; where absent, the operation. */
  readonly kind?: string;
  readonly tier?: Tier;
  readonly reversibility?: string;
}

/** Leads from every id of a packet back to what it stands for. It never leaves the server. */
export interface PacketKey {
  readonly entities: ReadonlyMap<string, { readonly key: string; readonly label: string; readonly kind: string }>;
  readonly facts: ReadonlyMap<string, Claim>;
  readonly detections: ReadonlyMap<string, KeptDetection>;
  readonly gaps: ReadonlyMap<string, Gap>;
  readonly options: ReadonlyMap<string, ResponseOption>;
  /** What was asked for, by an id of ours: a gap's ({@link gapId}), `word:` or `before:` with an entity's key. */
  readonly requests: ReadonlyMap<string, string>;
  /** Told whatever the answer says, by own ids: gaps that found no room, rules of which no claim tells what has to be told. */
  readonly always: readonly string[];
}

export interface KeptDetection {
  readonly rule: string;
  readonly title: string;
  readonly severity: Alert['severity'];
  /** Ids of the verified claims that tell of it, listed or not. */
  readonly claims: readonly string[];
}

export interface MadePacket {
  readonly packet: Packet;
  /** Its canonical bytes (RFC 8785) as text: what is sent. */
  readonly text: string;
  readonly digest: Digest;
  readonly key: PacketKey;
}

/**
 * Tells one incident in ids. The same incident gives the same packet, in whatever order its alerts stand.
 *
 * With names withheld every word in it is an id, a word of a closed list or a number of ours: who and what it was
 * stands in the key alone. Keys, tokens and passwords never stand in it. What has to be shown always finds room; of the
 * rest the most salient, and how many were left out is said.
 */
export function packetOf(input: PacketInput): MadePacket {
  const { packet, key } = packetRows(input, choosePacket(input));
  const text = canonical(packet as unknown as Closed);
  return { packet, text, digest: digestOfCanonical('countersign/packet/v1', text), key };
}
