/** Letters and digits that a reason has at the least, and how many of them are different. */
export const REASON_CHARS_MIN = 8;
const REASON_DISTINCT_MIN = 4;

/** What people write who have nothing to say. Compared without case, spaces and signs. */
const BOILERPLATE = new Set(
  [
    'approved',
    'looks good',
    'looks good to me',
    'lgtm',
    'all good',
    'no issues',
    'see above',
    'as discussed',
    'emergency',
    'urgent',
    'not needed',
    'because',
    'test test',
    'okay okay',
  ].map(plain),
);

/**
 * Whether a reason says nothing: too short without what cannot be seen, one letter over and over, or words that fit
 * everything. Whether it is a good one nobody can say. Pure and total.
 */
export function isBoilerplate(reason: string): boolean {
  const said = plain(reason);
  return said.length < REASON_CHARS_MIN || new Set(said).size < REASON_DISTINCT_MIN || BOILERPLATE.has(said);
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}
