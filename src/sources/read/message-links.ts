const LINKS_MAX = 256;
const LINK_CHARS_MAX = 2_048;

const IN_TEXT = /\bhttps?:\/\/[^\s<>"'`{}|\\^]{1,2048}/gi;
const HREF = /\bhref\s{0,8}=\s{0,8}(?:"([^"]{1,2048})"|'([^']{1,2048})'|([^\s"'<>]{1,2048}))/gi;

/** Addresses of the web that a message leads to, each once: where links of its HTML lead, then those in its text. */
export function linksOf(text: string | undefined, html: string | undefined): readonly string[] {
  const found = new Set<string>();
  for (const [, double, single, bare] of (html ?? '').matchAll(HREF)) {
    const link = unescaped(double ?? single ?? bare ?? '').trim();
    if (/^https?:\/\//i.test(link)) found.add(link.slice(0, LINK_CHARS_MAX));
    if (found.size >= LINKS_MAX) break;
  }
  for (const [match] of (text ?? '').matchAll(IN_TEXT)) {
    if (found.size >= LINKS_MAX) break;
    // What ends a sentence ends no address.
    found.add(match.replace(/[.,;:!?)\]]{1,8}$/, ''));
  }
  return [...found].map(link => link.toWellFormed());
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['colon', ':'],
  ['sol', '/'],
  ['period', '.'],
]);

/** Character references as they stand in attributes; one that is not known stays as it is. */
function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    const code = decimal === undefined ? (hex === undefined ? undefined : Number.parseInt(hex, 16)) : Number(decimal);
    if (code === undefined) return NAMED.get(String(name).toLowerCase()) ?? whole;
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
