import type { Packet } from '../../../model/packet.ts';

/** The part of JSON Schema that providers' constrained decoders all know, and that {@link compileSchema} checks. */
export type JsonSchema =
  | {
      readonly type: 'object';
      readonly properties: { readonly [name: string]: JsonSchema };
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | { readonly type: 'array'; readonly items: JsonSchema; readonly maxItems: number }
  | { readonly type: 'string'; readonly enum: readonly string[] }
  | { readonly type: 'string'; readonly pattern: string };

/** The form in which this packet has to be answered. Every id and word that it allows is one of this packet's. */
export function answerSchema(packet: Packet): JsonSchema {
  const ids: JsonSchema = { type: 'string', enum: packet.candidates.map(({ id }) => id) };
  return {
    type: 'object',
    properties: { ranking: { type: 'array', items: ids, maxItems: packet.candidates.length } },
    required: ['ranking'],
    additionalProperties: false,
  };
}
