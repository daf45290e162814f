import { type Closed, canonical, type Digest, digestOfCanonical } from '../../../base/canonical.ts';
import type { Alert } from '../../../model/alert.ts';
import type { Claim, Gap, ResponseOption, Summary } from '../../../model/claim.ts';
import type { Coverage } from '../../../model/coverage.ts';
import type { Inventory } from '../../../model/inventory.ts';
import type { Packet } from '../../../model/packet.ts';
import type { Tier } from '../../../model/proposal.ts';

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
  /** What the packet may take, where what has to be shown leaves the choice. */
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
}

export interface KeptDetection {
  readonly rule: string;
  readonly title: string;
  readonly severity: Alert['severity'];
  /** Ids of the verified claims that tell of it. */
  readonly claims: readonly string[];
}

export interface MadePacket {
  readonly packet: Packet;
  /** Its canonical bytes (RFC 8785) as text: what is sent. */
  readonly text: string;
  readonly digest: Digest;
  readonly key: PacketKey;
}

/** The id by which an assist refers to a gap of the summary. */
export function gapId({ stream, from, to }: Pick<Gap, 'stream' | 'from' | 'to'>): string {
  return `gap:${stream}:${from}:${to}`;
}

/** The id by which an assist refers to a rule that fired. */
export function ruleId(rule: string): string {
  return `rule:${rule}`;
}

/** Tells one incident in ids. The same incident gives the same packet, in whatever order its alerts stand. */
export function packetOf(input: PacketInput): MadePacket {
  const none = '0';
  const packet: Packet = {
    v: '1',
    incident: input.nonce,
    namesWithheld: input.namesWithheld ? 'yes' : 'no',
    coverage: input.coverage.verdict,
    entities: [],
    facts: [],
    detections: [],
    gaps: [],
    candidates: input.options.map((option, index) => ({
      id: `A${index + 1}`,
      kind: option.operation ?? option.kind,
      target: '',
      tier: input.candidates?.get(option.id)?.tier ?? '',
      reversibility: input.candidates?.get(option.id)?.reversibility ?? 'unknown',
      rests: [],
    })),
    techniques: [],
    requests: [],
    strings: [],
    mustShow: [],
    leftOut: { entities: none, facts: String(input.claims.length), detections: none, gaps: none, strings: none },
  };
  const text = canonical(packet as unknown as Closed);
  const options = new Map(input.options.map((option, index) => [`A${index + 1}`, option]));
  return {
    packet,
    text,
    digest: digestOfCanonical('countersign/packet/v1', text),
    key: {
      entities: new Map(),
      facts: new Map(),
      detections: new Map(),
      gaps: new Map(),
      options,
      requests: new Map(),
    },
  };
}
