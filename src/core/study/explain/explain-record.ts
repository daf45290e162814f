import type { Alert } from '../../../model/alert.ts';
import type { ExplainedField } from '../../../model/explanation.ts';
import { explain } from './explain.ts';

/** Fields of an alert that may hold something to be run or fetched. */
const MAPPED = ['command_line', 'url', 'file_path'] as const;
/** Names under which records hold commands, scripts and requests. */
const TELLING = /command|cmd|script|args|argument|payload|query|url|uri|request|body|exec/i;
/** Texts of a record that are explained, and how deep it is looked into. */
const FIELDS_MAX = 12;
const DEPTH_MAX = 12;
const CHARS_MIN = 8;

/**
 * What the command lines, scripts and addresses of a record do: those that its alerts map, then others whose name says
 * that they hold such. A field is told where something in it was decoded or recognised, and a mapped command line always.
 */
export function explainRecord(
  record: unknown,
  alerts: readonly Pick<Alert, 'fields' | 'pointers'>[],
): readonly ExplainedField[] {
  const texts = new Map<string, { readonly field: string; readonly text: string }>();
  for (const { fields, pointers } of alerts) {
    for (const field of MAPPED) {
      const [text, pointer] = [fields[field], pointers[field]];
      if (text !== undefined && pointer !== undefined) texts.set(pointer, { field, text });
    }
  }
  for (const { pointer, text } of telling(record, '', 0)) {
    if (!texts.has(pointer)) texts.set(pointer, { field: pointer.slice(pointer.lastIndexOf('/') + 1), text });
  }
  return [...texts]
    .map(([pointer, { field, text }]) => ({ field, pointer, value: text, explanation: explain(text) }))
    .filter(
      ({ field, explanation }) =>
        field === 'command_line' || explanation.seen.length > 0 || explanation.decoded.length > 0,
    )
    .slice(0, FIELDS_MAX);
}

function* telling(
  value: unknown,
  pointer: string,
  depth: number,
): Generator<{ readonly pointer: string; readonly text: string }> {
  if (typeof value === 'string') {
    const name = pointer.slice(pointer.lastIndexOf('/') + 1);
    if (value.length >= CHARS_MIN && TELLING.test(name)) yield { pointer, text: value };
    return;
  }
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
  for (const [key, member] of Object.entries(value))
    yield* telling(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
}
