import type { Dropped } from '../../../model/assist.ts';
import type { Mark } from '../../../model/explanation.ts';
import { readEnvelope } from '../assist/envelope.ts';
import type { RawAnswer } from '../assist/read-answer.ts';
import { BEHAVIOUR_IDS, BEHAVIOURS } from './behaviours.ts';
import { holdsBehaviour } from './explain.ts';

/** Marks of one text. */
export const MARKS_MAX = 24;

/** The form of an answer about one text: behaviours of the closed list, and where they stand. It can hold no word. */
export function markSchema(text: string): { readonly [key: string]: unknown } {
  const place = { type: 'integer', minimum: 0, maximum: text.length };
  const mark = {
    type: 'object',
    properties: { behaviour: { type: 'string', enum: BEHAVIOUR_IDS }, start: place, end: place },
    required: ['behaviour', 'start', 'end'],
    additionalProperties: false,
  };
  return {
    type: 'object',
    properties: { marks: { type: 'array', items: mark, maxItems: MARKS_MAX } },
    required: ['marks'],
    additionalProperties: false,
  };
}

export interface ReadMarks {
  /** Undefined where the answer was refused as a whole. */
  readonly marks: readonly Mark[] | undefined;
  readonly dropped: readonly Dropped[];
}

/**
 * The marks of an answer that hold: the span exists, and the behaviour's own signs are found in it. Total; nothing of the
 * answer's own words is kept.
 */
export function readMarks(
  answer: RawAnswer,
  text: string,
  limits: { readonly bytes: number; readonly latencyMs: number },
): ReadMarks {
  const refused = (code: Dropped['code']): ReadMarks => ({ marks: undefined, dropped: [{ code, pointer: '' }] });
  const envelope = readEnvelope(answer, limits);
  if (!envelope.ok) return refused(envelope.failure);
  let value: unknown;
  try {
    value = JSON.parse(envelope.value);
  } catch {
    return refused('parse.not_json');
  }
  const found = marksIn(value);
  if (found === undefined) return refused('schema.mismatch');
  const dropped: Dropped[] = [];
  const marks = found.flatMap((mark, at): readonly Mark[] => {
    const behaviour = BEHAVIOURS.find(one => one.id === mark.behaviour);
    if (behaviour !== undefined && holdsBehaviour(text, mark.behaviour, mark.start, mark.end))
      return [{ ...mark, text: behaviour.text, technique: behaviour.technique }];
    dropped.push({
      code: behaviour === undefined ? 'reference.unknown_id' : 'value.not_recomputed',
      pointer: `/marks/${at}`,
    });
    return [];
  });
  return { marks, dropped };
}

type Place = Pick<Mark, 'behaviour' | 'start' | 'end'>;

function marksIn(value: unknown): readonly Place[] | undefined {
  const { marks, ...more }: { marks?: unknown } = Object(value);
  if (!Array.isArray(marks) || marks.length > MARKS_MAX || Object.keys(more).length > 0) return undefined;
  return marks.every(isPlace) ? marks : undefined;
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false;
  const { behaviour, start, end }: { behaviour?: unknown; start?: unknown; end?: unknown } = value;
  return typeof behaviour === 'string' && Number.isSafeInteger(start) && Number.isSafeInteger(end);
}
