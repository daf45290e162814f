import { canonical, digestOfCanonical } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import { scrubSecrets } from '../../core/study/assist/secrets.ts';
import { markSchema, readMarks } from '../../core/study/explain/mark.ts';
import type { Dropped, WithoutModel } from '../../model/assist.ts';
import type { Mark } from '../../model/explanation.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import { printShown } from './print-shown.ts';
import type { Prompt } from './prompts.ts';
import type { Asked, Question } from './question.ts';

/** What a model marked in one text, after the signs of each behaviour were looked for in its span. */
export interface Marked {
  /** What was sent; the marks count in it. */
  readonly text: string;
  readonly without: WithoutModel | undefined;
  readonly marks: readonly Mark[];
  readonly dropped: readonly Dropped[];
  readonly record: Id<'ai_record'> | undefined;
}

/** A longer text is cut: a command line of more is a script, and rules read all of it. */
const MARKED_CHARS_MAX = 4_096;
/** Somebody stands there and waits for it. */
const URGENCY = 5;

/** One string in, behaviours of a closed list with spans out. A command line holds names, so who is sent none is not asked. */
export function markQuestion(
  text: string,
  prompt: Prompt,
  { by, nonce }: { readonly by: string; readonly nonce: string },
): Question<Marked> {
  const sent = sentText(text);
  // The digest of a packet stands in the log: without this, whoever guesses a command line could check the guess.
  const asked = markAsked(JSON.stringify({ v: 1, text: sent, salt: nonce }));
  return {
    task: 'explain',
    incident: undefined,
    incidentVersion: '',
    by,
    urgency: URGENCY,
    prompt,
    holdsNames: true,
    asked: () => asked,
  };
}

const sentText = (text: string): string => scrubSecrets(text.toWellFormed()).slice(0, MARKED_CHARS_MAX).toWellFormed();

export function nothingMarked(text: string, without: WithoutModel): Marked {
  return { text: sentText(text), without, marks: [], dropped: [], record: undefined };
}

export function markAsked(ground: string): Asked<Marked> {
  const { text, salt }: { readonly text: string; readonly salt: string } = JSON.parse(ground);
  const packet = canonical({ v: '1', salt, text });
  const limits = { bytes: ANSWER_BYTES_MAX, latencyMs: Number.MAX_SAFE_INTEGER };
  return {
    packet,
    packetSha256: digestOfCanonical('countersign/packet/v1', packet),
    schema: markSchema(text),
    ground,
    read: answer => {
      const { marks, dropped } = readMarks(answer, text, limits);
      return {
        kind: marks === undefined ? 'rejected' : 'used',
        verified: marks?.length ?? 0,
        dropped,
        shown: record => ({ text, without: undefined, marks: marks ?? [], dropped, record }),
      };
    },
    without: (because, record, dropped) => ({ text, without: because, marks: [], dropped, record }),
    print: printShown,
  };
}
