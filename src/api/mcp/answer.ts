import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { inertText } from '../../base/inert.ts';
import { FAILURES, type Failure } from '../../model/failure.ts';

/** Longer answers are cut, and say so: what an agent reads is bounded, however much there is. */
export const ANSWER_CHARS_MAX = 60_000;

/**
 * What a tool hands back: data, and never an instruction. One JSON document in which nothing is hidden (each character that a
 * person would not see is written as its escape), so that text of an attacker stays a string in it.
 */
export function dataAnswer(value: unknown): CallToolResult {
  const text = inertText(JSON.stringify(value));
  if (text.length <= ANSWER_CHARS_MAX) return { content: [{ type: 'text', text }] };
  const cut = { isWhole: false, chars: text.length, begins: text.slice(0, ANSWER_CHARS_MAX / 2) };
  return { content: [{ type: 'text', text: JSON.stringify(cut) }] };
}

/** The failure, by its code. Of these the reason stands with it: whoever asked reads the same records anyway. */
const TOLD: readonly Failure['code'][] = ['proposal.not_explained', 'proposal.throttled', 'proposal.duplicate'];

export function failureAnswer({ code, detail }: Failure): CallToolResult {
  const because = TOLD.includes(code) ? { because: detail } : {};
  return { ...dataAnswer({ code, shown: FAILURES[code].shown, ...because }), isError: true };
}
