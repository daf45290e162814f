import { decodeLabel } from './punycode.ts';

/** What the Public Suffix List says of a host name. */
export interface SuffixAnswer {
  /** The name that somebody can register; undefined where the whole name is a suffix. */
  readonly registrable: string | undefined;
  readonly suffix: string | undefined;
  /** `icann`: a registry's. `private`: a company hands out names below it. `none`: no such suffix is on the list. */
  readonly kind: 'icann' | 'private' | 'none';
}

export type PublicSuffixes = (hostname: string) => SuffixAnswer;

/** A name that nobody outside can look up: it says something of our own network. */
const INTERNAL_SUFFIXES: readonly string[] = [
  'local',
  'localhost',
  'localdomain',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'test',
  'invalid',
  'onion',
  'home.arpa',
  'in-addr.arpa',
  'ip6.arpa',
];

/** Whether a name can mean something on the internet at all: it has a suffix of the list, and is not kept for inside. */
export function isPublicName(hostname: string, suffixes: PublicSuffixes): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  if (!name.includes('.') || name.length > NAME_CHARS_MAX) return false;
  if (INTERNAL_SUFFIXES.some(suffix => name === suffix || name.endsWith(`.${suffix}`))) return false;
  const answer = suffixes(name);
  return answer.kind !== 'none' && answer.registrable !== undefined;
}

const NAME_CHARS_MAX = 253;
const LABELS_MAX = 127;

/** A name that is not plain ASCII, or stands for one that is not. */
export interface Internationalised {
  readonly unicode: string;
  /** Labels that mix scripts which nobody writes together, such as Latin and Cyrillic. */
  readonly mixed: readonly { readonly label: string; readonly scripts: readonly string[] }[];
  /** `xn--` labels that decode to nothing. */
  readonly broken: readonly string[];
}

/** The Unicode form of a name, and whether its labels mix scripts; undefined for a plain name. */
export function internationalised(hostname: string): Internationalised | undefined {
  if (hostname.length > NAME_CHARS_MAX) return undefined;
  const labels = hostname.split('.', LABELS_MAX + 1);
  if (labels.length > LABELS_MAX) return undefined;
  const isPlain = labels.every(label => !/^xn--/i.test(label) && /^\p{ASCII}*$/u.test(label));
  if (isPlain) return undefined;
  const broken: string[] = [];
  const unicode = labels.map(label => {
    if (!/^xn--/i.test(label)) return label;
    const decoded = decodeLabel(label);
    if (decoded === undefined) broken.push(label);
    return decoded ?? label;
  });
  const mixed = unicode.flatMap(label => {
    const scripts = scriptsOf(label);
    return isMixed(scripts) ? [{ label, scripts }] : [];
  });
  return { unicode: unicode.join('.'), mixed, broken };
}

const SCRIPTS: readonly (readonly [name: string, is: RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Han', /\p{Script=Han}/u],
  ['Hiragana', /\p{Script=Hiragana}/u],
  ['Katakana', /\p{Script=Katakana}/u],
  ['Bopomofo', /\p{Script=Bopomofo}/u],
  ['Hangul', /\p{Script=Hangul}/u],
];
/** Common to all scripts, such as digits and hyphens, or taking on the script before it. */
const ANY_SCRIPT = /[\p{Script=Common}\p{Script=Inherited}]/u;

function scriptsOf(label: string): readonly string[] {
  const found = new Set<string>();
  for (const character of label) {
    if (ANY_SCRIPT.test(character)) continue;
    found.add(SCRIPTS.find(([, is]) => is.test(character))?.[0] ?? 'another script');
  }
  return [...found];
}

/** Scripts that one language writes together (UTS 39, "highly restrictive"). */
const TOGETHER: readonly ReadonlySet<string>[] = [
  new Set(['Latin', 'Han', 'Hiragana', 'Katakana']),
  new Set(['Latin', 'Han', 'Bopomofo']),
  new Set(['Latin', 'Han', 'Hangul']),
];

function isMixed(scripts: readonly string[]): boolean {
  return scripts.length > 1 && !TOGETHER.some(set => scripts.every(script => set.has(script)));
}
