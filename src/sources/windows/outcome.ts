import { type At, each, textAt } from '../shared/at.ts';
import type { Meaning } from './meaning.ts';
import type { WindowsEvent } from './shape.ts';

type Outcome = 'success' | 'failure' | undefined;

/** What an audit says of itself; where its id says it or a status code does, that counts first. */
export function outcomeOf(event: WindowsEvent, meaning: Meaning | undefined): readonly [Outcome, (At | undefined)?] {
  if (meaning?.outcome === 'status') {
    const status = event.data('Status');
    const text = textAt(status);
    if (status !== undefined && text !== undefined) return [/^0x0+$|^0$/i.test(text) ? 'success' : 'failure', status];
  } else if (meaning?.outcome !== undefined) return [meaning.outcome, event.id];
  for (const at of each(event.keywords)) {
    const outcome = outcomeOfKeyword(textAt(at));
    if (outcome !== undefined) return [outcome, at];
  }
  const stated = textAt(event.outcome);
  return stated === 'success' || stated === 'failure' ? [stated, event.outcome] : [undefined];
}

/** Bits 53 and 52 of an event's keywords are audit success and audit failure (winmeta.xml). */
const FAILURE_BIT = 2 ** 52;

function outcomeOfKeyword(text: string | undefined): Outcome {
  if (text === undefined) return undefined;
  if (/^audit[ _]success$/i.test(text)) return 'success';
  if (/^audit[ _]failure$/i.test(text)) return 'failure';
  const mask = /^0x80([12])0[0-9a-f]{12}$/i.exec(text)?.[1];
  if (mask !== undefined) return mask === '2' ? 'success' : 'failure';
  // NXLog writes the 64 bits as a signed number.
  if (!/^-9\d{18}$/.test(text)) return undefined;
  const audit = Math.floor((Number(text) + 2 ** 63) / FAILURE_BIT) & 3;
  return audit === 2 ? 'success' : audit === 1 ? 'failure' : undefined;
}
