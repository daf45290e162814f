/** How a part of a text was written so that it does not read as what it is. */
export type Encoding =
  | 'base64'
  | 'base64_utf16'
  | 'hex'
  | 'escapes'
  | 'url'
  | 'char_codes'
  | 'concatenation'
  | 'obfuscation';

/** A part of a text, decoded. Its text is what an attacker may have written: shown inert, never followed. */
export interface Decoded {
  /** Which text it stands in: the place of another one in the list, or -1 for the text itself. */
  readonly parent: number;
  readonly encoding: Encoding;
  /** Where it stands in that text, in UTF-16 units; the end is the first that is not of it. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A behaviour where it was seen: in the text itself or in one of its decoded parts. */
export interface Seen {
  readonly behaviour: string;
  /** What it does, as a clause: "downloads a file". */
  readonly text: string;
  /** ATT&CK technique. */
  readonly technique: string;
  /** The decoded part, by its place in the list; -1 for the text itself. */
  readonly part: number;
  readonly start: number;
  readonly end: number;
}

/** What a command line, a script or an address is seen to do, without a model. */
export interface Explanation {
  readonly decoded: readonly Decoded[];
  /** The text first, then its parts; each behaviour once in each. */
  readonly seen: readonly Seen[];
  /** One sentence: what it does, or that nothing was recognised, which does not say that it is harmless. */
  readonly text: string;
  /** The text is longer than what was looked at. */
  readonly isCut: boolean;
}

/** A field of a record, explained. */
export interface ExplainedField {
  /** Our field, or the record's own name for it. */
  readonly field: string;
  /** RFC 6901 into the record. */
  readonly pointer: string;
  readonly value: string;
  readonly explanation: Explanation;
}

/** A behaviour where a model marked it, once its own signs were found there. */
export interface Mark {
  readonly behaviour: string;
  readonly text: string;
  readonly technique: string;
  readonly start: number;
  readonly end: number;
}
