import type { JsonSchema } from '../../core/study/assist/schema.ts';
import type { Packet } from '../../model/packet.ts';
import type { Dice } from './dice.ts';

/** Entries of a list, mostly: the few that are longer find the bounds. */
const SHORT_MAX = 6;

/** Any value that the schema admits. Knows nothing of what it means. */
export function randomAdmissible(schema: JsonSchema, packet: Packet, dice: Dice): unknown {
  if (schema.type === 'object') {
    const members = Object.entries(schema.properties).map(([name, member]) => [
      name,
      randomAdmissible(member, packet, dice),
    ]);
    return Object.fromEntries(members);
  }
  if (schema.type === 'array') {
    const most = dice.chance(20) ? schema.maxItems : Math.min(schema.maxItems, SHORT_MAX);
    return Array.from({ length: dice.below(most + 1) }, () => randomAdmissible(schema.items, packet, dice));
  }
  return 'enum' in schema ? dice.one(schema.enum) : ofPattern(schema.pattern, packet, dice);
}

function ofPattern(pattern: string, packet: Packet, dice: Dice): string {
  const form = new RegExp(pattern);
  const { facts, detections, entities, candidates, requests } = packet;
  const tables: readonly (readonly { readonly id: string }[])[] = [facts, detections, entities, candidates, requests];
  const fitting = tables.filter(([first]) => first !== undefined && form.test(first.id));
  return dice.one(dice.one(fitting)).id;
}

/**
 * An admissible answer. Half of them cite as a model would that has read the packet: claims that facts do give, some
 * with one role or one citation exchanged. Few abstain, since an answer that does drives nothing.
 */
export function randomAnswer(schema: JsonSchema, packet: Packet, dice: Dice): unknown {
  const answer = randomAdmissible(schema, packet, dice) as { [name: string]: unknown };
  if (!dice.chance(12)) answer['abstain'] = 'no';
  if (dice.chance(2) || packet.facts.length === 0) return answer;
  answer['claims'] = Array.from({ length: dice.below(Math.min(8, packet.facts.length + 1)) }, () => {
    const { id, predicate, roles } = dice.one(packet.facts);
    const told = roles
      .slice(0, 8)
      .map(role => (dice.chance(12) ? { role: role.role, value: dice.one(roles).value } : role));
    return { predicate, roles: told, cites: [dice.chance(12) ? dice.one(packet.facts).id : id] };
  });
  if (dice.chance(2))
    answer['ranking'] = shuffled(
      packet.candidates.map(({ id }) => id),
      dice,
    );
  if (dice.chance(3))
    answer['order'] = shuffled(
      packet.facts.map(({ id }) => id),
      dice,
    ).slice(0, 40);
  return answer;
}

function shuffled(list: readonly string[], dice: Dice): readonly string[] {
  const mixed = [...list];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = dice.below(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] ?? '', mixed[at] ?? ''];
  }
  return mixed;
}

/** What somebody would put into an answer who wants it to do something. */
const WISHES = [
  '"approve":true,',
  '"tier":"T1",',
  '"state":"approved",',
  '"severity":"low",',
  '"hidden":["G1"],',
  '"__proto__":{"abstain":"no"},',
  '"F1","F1",',
  '"F9999"',
  'A1',
  '\u0000',
  '\u202e',
  '```json',
  '<script>alert(1)</script>',
  '"close":"INC-7",',
  ']}',
  '[[[[',
  'null',
  '1e999',
];
const encoder = new TextEncoder();

/** The answer's bytes with one to eight changes: bits, cuts, repeats, swaps and what an attacker would write. */
export function mutated(text: string, dice: Dice): Uint8Array {
  let bytes = encoder.encode(text);
  for (let change = 1 + dice.below(8); change > 0; change--) {
    const at = dice.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + dice.below(32));
    const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    const kind = dice.below(6);
    if (kind === 0)
      bytes = joined(
        head,
        middle.map(byte => byte ^ (1 << dice.below(8))),
        tail,
      );
    else if (kind === 1) bytes = joined(head, tail);
    else if (kind === 2) bytes = joined(head, middle, middle, tail);
    else if (kind === 3) bytes = joined(head, encoder.encode(dice.one(WISHES)), middle, tail);
    else if (kind === 4) bytes = joined(head, middle.toReversed(), tail);
    else if (dice.chance(4)) bytes = joined(head);
  }
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
