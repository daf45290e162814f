/** What stands in place of a secret. */
export const SECRET_MARK = '<secret>';

/** Forms in which keys, tokens and passwords are written, as their makers document them. `$1` is kept. */
const SHAPES: readonly RegExp[] = [
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /()\b(?:A3T[A-Z0-9]|AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b/g,
  /()\b(?:gh[oprsu]_|github_pat_|glpat-|npm_|hf_|dop_v1_|shpat_|xox[abeprs]-|xapp-|sk-|sk_live_|rk_live_|pk_live_|SG\.|AIza|ya29\.|EAAC)[A-Za-z0-9._-]{10,}/g,
  /()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?/g,
  /(\b(?:bearer|basic|negotiate|digest)\s+)[A-Za-z0-9+/._~=-]{6,}/gi,
  /(:\/\/[^\s:/@]{0,64}:)[^\s/@]{1,256}(?=@)/g,
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret|private[_-]?key|authorization|credential|sas|sig|signature)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"'&,;]{1,512}/gi,
  /((?:^|\s)(?:--?|\/)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api-?key|key)[\s:=]\s{0,4})["']?[^\s"']{1,512}/gi,
];

/** Runs of characters in which keys are written. */
const RUN = /[A-Za-z0-9+/_=-]{20,}/g;
const HEX = /^[0-9a-f]{32,}$/i;
/** Bits for each character above which a run of mixed letters and digits is no word. */
const ENTROPY_BITS_MIN = 4.2;
/** Of what a run of its length could hold at most. */
const ENTROPY_SHARE_MIN = 0.85;

/** The text without keys, tokens and passwords: by their forms, and by how little a run of characters repeats itself. */
export function scrubSecrets(text: string): string {
  let clean = text;
  for (const shape of SHAPES) clean = clean.replace(shape, (_, kept: string) => `${kept}${SECRET_MARK}`);
  return clean.replace(RUN, run => (looksRandom(run) ? SECRET_MARK : run));
}

function looksRandom(run: string): boolean {
  if (HEX.test(run)) return true;
  if (!/[a-z]/.test(run) || !/[A-Z]/.test(run) || !/\d/.test(run)) return false;
  return entropyBits(run) >= Math.min(ENTROPY_BITS_MIN, ENTROPY_SHARE_MIN * Math.log2(run.length));
}

function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
