import type { Decoded, Explanation, Seen } from '../../../model/explanation.ts';
import { BEHAVIOURS } from './behaviours.ts';
import { CHARS_MAX, decode } from './decode.ts';

/** Explains one text by decoding it and by the signs of {@link BEHAVIOURS}. Pure, total and deterministic. */
export function explain(text: string): Explanation {
  const decoded = decode(text);
  const parts = [text.slice(0, CHARS_MAX), ...decoded.map(part => part.text)];
  const seen = parts.flatMap((part, place) => behavioursIn(part).map(one => ({ ...one, part: place - 1 })));
  return { decoded, seen, text: sentenceOf(seen, decoded), isCut: text.length > CHARS_MAX };
}

function behavioursIn(text: string): readonly Omit<Seen, 'part'>[] {
  const seen = BEHAVIOURS.flatMap(behaviour => {
    const [first] = behaviour.signs
      .map(sign => sign.exec(text))
      .filter(found => found !== null)
      .map(found => ({ start: found.index, end: found.index + found[0].length }))
      .sort((a, b) => a.start - b.start);
    return first === undefined
      ? []
      : [
          {
            behaviour: behaviour.id,
            text: behaviour.text,
            technique: behaviour.technique,
            start: first.start,
            end: first.end,
          },
        ];
  });
  return seen.sort((a, b) => a.start - b.start || (a.behaviour < b.behaviour ? -1 : 1));
}

/** Whether a behaviour's own signs match within this span of the text: what a model marks has to hold this. */
export function holdsBehaviour(text: string, id: string, start: number, end: number): boolean {
  const behaviour = BEHAVIOURS.find(one => one.id === id);
  if (behaviour === undefined || start < 0 || end > text.length || start >= end) return false;
  const span = text.slice(start, end);
  return behaviour.signs.some(sign => sign.test(span));
}

function sentenceOf(seen: readonly Omit<Seen, 'start' | 'end'>[], decoded: readonly Decoded[]): string {
  const told = [...new Set(seen.map(one => one.text))];
  const layers =
    decoded.length === 0 ? '' : ` ${decoded.length === 1 ? 'One part was' : `${decoded.length} parts were`} decoded.`;
  if (told.length === 0) return `No behaviour was recognised, which does not say that it is harmless.${layers}`;
  const list = told.length === 1 ? told[0] : `${told.slice(0, -1).join(', ')} and ${told.at(-1)}`;
  return `It ${list}.${layers}`;
}
