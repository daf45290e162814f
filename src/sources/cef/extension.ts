import type { At } from '../shared/at.ts';

const PAIRS_MAX = 512;
const KEY = /(?:^|\s)([A-Za-z0-9_.[\]-]{1,64})=/g;

/** The `key=value` pairs of a line. Each leads to the line, because RFC 6901 goes no deeper. */
export class Extension {
  private readonly pairs: ReadonlyMap<string, string>;
  private readonly pointer: string;
  /** True where the line has more pairs than are looked at. */
  readonly isCut: boolean;

  constructor(pairs: ReadonlyMap<string, string>, pointer: string, isCut: boolean) {
    this.pairs = pairs;
    this.pointer = pointer;
    this.isCut = isCut;
  }

  get(key: string): At | undefined {
    const value = this.pairs.get(key);
    return value === undefined || value === '' ? undefined : { value, pointer: this.pointer, isInText: true };
  }

  /** Values of custom keys (`cs1`, `deviceCustomDate1`) whose label says what they are, and of keys that are called so. */
  labelled(name: RegExp): readonly At[] {
    const found: At[] = [];
    for (const [key, value] of this.pairs) {
      const label = key.endsWith('Label') ? value : key;
      const at = name.test(label) ? this.get(key.replace(/Label$/, '')) : undefined;
      if (at !== undefined) found.push(at);
    }
    return found;
  }
}

/**
 * Reads an extension (CEF revision 25). A value runs to the next key that is not escaped, so it may hold spaces.
 * Found by the keys, so that no value costs more than its length; the first of two keys of one name counts.
 */
export function extensionOf(text: string, pointer: string): Extension {
  const pairs = new Map<string, string>();
  let open: { readonly key: string; readonly from: number } | undefined;
  const close = (until: number): void => {
    if (open === undefined || pairs.has(open.key)) return;
    pairs.set(
      open.key,
      text
        .slice(open.from, until)
        .replace(/\\([=\\|])/g, '$1')
        .trim(),
    );
  };
  let isCut = false;
  for (const match of text.matchAll(KEY)) {
    close(match.index);
    open = { key: match[1] ?? '', from: match.index + match[0].length };
    if (pairs.size >= PAIRS_MAX) {
      isCut = true;
      open = undefined;
      break;
    }
  }
  close(text.length);
  return new Extension(pairs, pointer, isCut);
}
