import { fail, ok, type Result } from '../../../base/result.ts';
import type { AnswerRefusal } from '../../../model/assist.ts';
import type { RawAnswer } from './read-answer.ts';

/** An answer's text, or why it is not read at all. Only a model that stopped by itself has said all that it had to say. */
export function readEnvelope(
  { text, bytes, finish, latencyMs }: Omit<RawAnswer, 'packet'>,
  limits: { readonly bytes: number; readonly latencyMs: number },
): Result<string, AnswerRefusal> {
  if (latencyMs > limits.latencyMs) return fail('envelope.late');
  if (bytes > limits.bytes || (text?.length ?? 0) > limits.bytes) return fail('envelope.too_large');
  if (text?.isWellFormed() !== true) return fail('envelope.not_utf8');
  return finish === 'stop' ? ok(text) : fail('envelope.cut');
}
