/** One word of a question, with where it stands. `isQuoted`: the person marked it as a name, so it is no grammar. */
export interface Token {
  readonly text: string;
  readonly lower: string;
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

/** Words that are read of a question, of a text of a record, and characters of one word. */
const TOKENS_MAX = 200;
export const WORDS_OF_TEXT_MAX = 60;
const WORD_CHARS_MAX = 64;

const EDGE = /^[\s"'`“”‘’.,;:!?()[\]{}<>]+|[\s"'`“”‘’.,;:!?()[\]{}<>]+$/g;
const PIECE = /["“`]([^"”`]{1,200})["”`]|\S+/g;

/** The question in words. What stands in quotes is one word. Total: any text gives tokens, so many at most. */
export function tokensOf(question: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of question.matchAll(PIECE)) {
    if (tokens.length >= TOKENS_MAX) break;
    const quoted = match[1];
    const piece = quoted ?? match[0];
    const text = piece.replace(EDGE, '').replace(/['’]s$/, '');
    if (text === '') continue;
    const start = match.index + match[0].indexOf(text);
    tokens.push({ text, lower: text.toLowerCase(), start, end: start + text.length, isQuoted: quoted !== undefined });
  }
  return tokens;
}

/** The form of a word under which it is compared: lower case, without the commonest endings. */
export function stemOf(word: string): string {
  const lower = word.toLowerCase();
  if (lower.length < 5 || /\d/.test(lower)) return lower;
  const cut = lower
    .replace(/ies$/, 'y')
    .replace(/(?<=[^s])s$/, '')
    .replace(/(?:ing|ed|er|ion|e)$/, '');
  return cut.length < 3 ? lower : cut.replace(/([bdgklmnprt])\1$/, '$1');
}

/** The words of a text, as they are compared. Names of files and hosts give their parts, and stay whole too. */
export function wordsIn(text: string): readonly string[] {
  const words = new Set<string>();
  for (const [whole] of text.slice(0, 2_000).matchAll(/[\p{L}\p{N}._@-]+/gu)) {
    if (words.size >= WORDS_OF_TEXT_MAX) break;
    const trimmed = whole.replace(/^[._@-]+|[._@-]+$/g, '');
    const parts = trimmed.split(/[^\p{L}\p{N}]+/u);
    for (const part of [trimmed, ...parts]) {
      if (part.length > 1 && part.length <= WORD_CHARS_MAX) words.add(stemOf(part));
    }
  }
  return [...words];
}

/** Words that carry no meaning in a question about an incident. */
const STOP = new Set(
  `a an the this that these those it its i we us you me my our your is are was were be been being am do does did done
   has have had having can could would should will may might must of in on at to for from by with about into onto upon
   over under as and or if so then than there here all any some every each please tell show give get find list name
   identify provide explain let know related relation regarding associated connected connection involved involving
   incident alert alerts event events activity activities occurred happened happen happening took place during within
   recent security investigation also other another same particular specific certain used using use via via which what
   who whom whose when where why how one two not no yes us observed detected seen found reported linked belonging being
   just only still ever really actually potentially possible possibly following case question answer information detail
   details data like most first last before after between per across along against through out up down off again more
   anything anyone anybody something someone somebody everything everyone everybody nothing`
    .split(/\s+/)
    .map(word => word.trim()),
);

export function isStopWord(lower: string): boolean {
  return STOP.has(lower);
}
