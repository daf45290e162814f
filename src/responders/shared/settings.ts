import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';

/** Addresses of this machine itself, on which nothing has to be encrypted. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const PORT_MAX = 65_535;

/** One setting that a responder takes. */
export interface Setting {
  /** Undefined: it has to be given. */
  readonly usual?: string;
  /** Why a value cannot be used; undefined where it can. */
  readonly fault: (value: string) => string | undefined;
}

/** Every value may stand there. */
export const ANY_TEXT = (): undefined => undefined;
export const NOT_EMPTY = (value: string) => (value === '' ? 'it is missing' : undefined);
export const A_PORT = (value: string) =>
  /^[1-9]\d{0,4}$/.test(value) && Number(value) <= PORT_MAX ? undefined : `it is not from 1 to ${PORT_MAX}`;
export const ONE_OF =
  (...words: readonly string[]) =>
  (value: string) =>
    words.includes(value) ? undefined : `it is none of ${words.join(', ')}`;

/** The names in a setting that lists them, with commas between. */
export function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '');
}

const CONSUMERS_MAX = 50;
/** Who reads a file of ours, as the operator said. Empty where nobody did. */
export const CONSUMERS: Setting & { readonly usual: string } = {
  usual: '',
  fault: value => (value.split(',').length > CONSUMERS_MAX ? `it names more than ${CONSUMERS_MAX}` : undefined),
};

/**
 * The settings of a system, held against a responder's table: all of them spelled out, defaults included. The failure
 * names the setting that is wrong; one that is not in the table is refused, so that no typing error is passed over.
 */
export function settingsOf<N extends string>(
  responder: string,
  table: { readonly [K in N]: Setting },
  given: { readonly [name: string]: string },
): Result<{ readonly [K in N]: string }, Failure> {
  const rows = Object.entries<Setting>(table);
  for (const name of Object.keys(given)) {
    if (!rows.some(([known]) => known === name)) return wrong(responder, name, 'there is no such setting');
  }
  const values = new Map(Object.entries(given));
  const read: { [name: string]: string } = {};
  for (const [name, { usual, fault }] of rows) {
    const value = values.get(name) ?? usual ?? '';
    const why = fault(value);
    if (why !== undefined) return wrong(responder, name, why);
    read[name] = value;
  }
  // Every row of the table has its value by now.
  return ok(read as { readonly [K in N]: string });
}

/** That `tls` is off only for a server on this machine. */
export function tlsFault(settings: { readonly host: string; readonly tls: string }): string | undefined {
  return settings.tls === 'off' && !LOOPBACK.has(settings.host)
    ? '`off` is for a server on this machine only'
    : undefined;
}

/** The failure of one setting. */
export function wrong(responder: string, name: string, why: string): Result<never, Failure> {
  return fail(failureOf('responder.not_configured', `${responder}: setting \`${name}\`: ${why}`));
}
