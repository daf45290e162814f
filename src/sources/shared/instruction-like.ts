import type { InstructionLike } from '../../model/alert.ts';
import { token } from './at.ts';
import { LEAVES_MAX } from './bounds.ts';
import { INSTRUCTION_FORMS } from './instruction-forms.ts';
import { viewsOf } from './instruction-views.ts';

const FOUND_MAX = 16;
/** Shorter texts hold no sentence that could instruct anybody. */
const SENTENCE_CHARS_MIN = 12;

/**
 * Texts in a record that read like an instruction to an AI or a person. A badge on the page and nothing else: no
 * tier, rank, cluster or decision depends on it, so an attacker gains and stops nothing by it.
 */
export function instructionLike(record: unknown): readonly InstructionLike[] {
  const found: InstructionLike[] = [];
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value: record, pointer: '' }];
  let looked = 0;
  for (
    let node = open.pop();
    node !== undefined && looked < LEAVES_MAX && found.length < FOUND_MAX;
    node = open.pop()
  ) {
    looked += 1;
    const { value, pointer } = node;
    if (typeof value === 'string') {
      const why = whyOf(value);
      if (why !== undefined) found.push({ pointer, why });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value).reverse())
        open.push({ value: member, pointer: `${pointer}/${token(key)}` });
    }
  }
  return found;
}

/** Text is looked at in its first part: a pattern's cost must not grow with what an attacker writes. */
const LOOKED_AT_CHARS = 8_192;

function whyOf(text: string): string | undefined {
  if (text.length < SENTENCE_CHARS_MIN) return undefined;
  for (const view of viewsOf(text.slice(0, LOOKED_AT_CHARS))) {
    const found = INSTRUCTION_FORMS.find(([form]) => form.test(view));
    if (found !== undefined) return found[1];
  }
  return undefined;
}
