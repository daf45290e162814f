import { type PacketString, STRING_CHARS_MAX } from '../../../model/packet.ts';
import type { Choice } from './choose-packet.ts';
import type { PacketInput } from './packet.ts';
import { scrubSecrets } from './secrets.ts';
import type { WeighedRule } from './weigh-facts.ts';
import type { Withholding } from './withheld.ts';

export interface PacketStrings {
  readonly rows: readonly PacketString[];
  /** Of a detection the id of the string that is its title. */
  readonly titleOf: ReadonlyMap<string, string>;
  readonly leftOut: number;
}

/** Bytes of a row beside its text, about. */
const ROW_BYTES = 80;
/** Texts of alerts that go along beside titles. */
const TEXTS_MAX = 12;

/** What a row holds of a text before it is cut: quarantine is for reading, not for copying. */
interface Quarantined {
  readonly field: string;
  readonly text: string;
  readonly detection?: string;
}

/**
 * Titles of the listed detections, then command lines of their alerts, as far as there is room. Boxed: a text stands in
 * a field of its own, without control and direction characters, and is data to whoever reads it.
 */
export function packetStrings(
  input: PacketInput,
  choice: Choice,
  withholding: Withholding,
  rules: readonly (readonly [string, WeighedRule])[],
): PacketStrings {
  if (input.strings !== true) return { rows: [], titleOf: new Map(), leftOut: 0 };
  const titles = rules.map(([id, { title }]): Quarantined => ({ field: 'title', text: title, detection: id }));
  const all = [...titles, ...commandLines(input, choice)].filter(({ text }) => text !== '');
  const rows: PacketString[] = [];
  const titleOf = new Map<string, string>();
  let left = choice.bytesLeft;
  for (const { field, text, detection } of all) {
    const told = input.namesWithheld
      ? withholding.text(text.slice(0, READ_CHARS_MAX))
      : shownText(text, READ_CHARS_MAX, true);
    const cut = cutText(told, STRING_CHARS_MAX);
    const bytes = ROW_BYTES + cut.length;
    if (bytes > left) continue;
    left -= bytes;
    const id = `S${rows.length + 1}`;
    if (detection !== undefined) titleOf.set(detection, id);
    rows.push({ id, field, length: String(text.length), flags: flagsOf(text, told, cut, input), text: cut });
  }
  return { rows, titleOf, leftOut: all.length - rows.length };
}

/** Of one text no more is read. */
const READ_CHARS_MAX = 4_096;

function commandLines({ alerts }: PacketInput, { facts }: Choice): readonly Quarantined[] {
  const listed = new Set(facts.flatMap(({ claim }) => claim.citations.map(({ evidence }) => evidence)));
  const texts = new Set<string>();
  for (const { evidence, fields } of alerts)
    if (fields.command_line !== undefined && listed.has(evidence)) texts.add(fields.command_line);
  return [...texts]
    .sort()
    .slice(0, TEXTS_MAX)
    .map(text => ({ field: 'command_line', text }));
}

const HIDDEN = /[\p{Cc}\p{Cf}\u{E0000}-\u{E007F}]/gu;
const FLAG = /^[a-z][a-z_]{0,31}$/;
const FLAGS_MAX = 8;

function flagsOf(text: string, told: string, cut: string, { namesWithheld, flagsOf }: PacketInput): readonly string[] {
  const flags = new Set((flagsOf?.(text) ?? []).filter(flag => FLAG.test(flag)));
  if (cut !== told || text.length > READ_CHARS_MAX) flags.add('cut');
  if (namesWithheld) flags.add('words_withheld');
  if (text.search(HIDDEN) >= 0) flags.add('hidden_characters');
  if (/[A-Za-z0-9+/=]{60,}/.test(text)) flags.add('encoded');
  return [...flags].sort().slice(0, FLAGS_MAX);
}

/** A name or a text as it may be told where names are: without what hides in it, and without secrets. */
export function shownText(text: string, max: number, isScrubbed: boolean): string {
  const whole = text.slice(0, READ_CHARS_MAX).toWellFormed();
  const clean = isScrubbed ? scrubSecrets(whole) : whole;
  return cutText(clean.replace(HIDDEN, '\uFFFD'), max);
}

function cutText(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max).toWellFormed();
}
