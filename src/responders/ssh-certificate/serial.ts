/** A serial as sshd writes it, never zero: that is the one of every certificate that was given none. */
export const SERIAL = /^[1-9][0-9]{0,19}$/;
const SERIAL_MAX = 2n ** 64n - 1n;
/** `SHA256:…` of a CA's key. */
const PRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** The text of a serial, exactly as sshd would write it; undefined for whatever else. */
export function serialIn(text: string): string | undefined {
  return SERIAL.test(text) && BigInt(text) <= SERIAL_MAX ? text : undefined;
}

/** A certificate, by who issued it and under which number. */
export interface Certificate {
  readonly ca: string;
  readonly serial: string;
}

/** `SHA256:…#5`. Undefined for what can be none. */
export function certificateIn(id: string): Certificate | undefined {
  const at = id.indexOf('#');
  const [ca, serial] = [id.slice(0, Math.max(at, 0)), serialIn(id.slice(at + 1))];
  return PRINT.test(ca) && serial !== undefined ? { ca, serial } : undefined;
}

/** The inverse of {@link certificateIn}. */
export function idOf({ ca, serial }: Certificate): string {
  return `${ca}#${serial}`;
}
