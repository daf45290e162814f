import { textAt } from '../shared/at.ts';
import { readTime } from '../shared/when.ts';
import { wordsOf } from './dictionary.ts';
import type { Leaf } from './leaves.ts';

/** What a record says about itself. */
export interface OwnNames {
  readonly title: string | undefined;
  /** What a text inside the record says in a pair of its own. */
  readonly said: string | undefined;
  /** The key and value that say what kind of record it is. */
  readonly kind: string | undefined;
  readonly rule: string | undefined;
  readonly product: string | undefined;
  readonly vendor: string | undefined;
}

/** Names of keys that are remembered. Bounded: keys are the sender's to choose. */
const NAMES_MAX = 20_000;

const TITLE = /^(?:title|displayname|name|summary|description|displaymessage|shortmessage|message|msg)$/;
const RULE = /^(?:ruleid|signatureid|alertid|detectionid|checkid|detectorid|generatorid)$/;
const PRODUCT = /^(?:product|productname|deviceproduct|sourcesystem|providername|logsource|sourcename)$/;
const VENDOR = /^(?:vendor|vendorname|devicevendor|companyname)$/;

/** Keys that say what kind of record it is, for one that has no name: `EventID 4688`, `_path dns`. */
const KIND_CHARS_MAX = 80;
const KIND = /^(?:eventid|eventcode|path|logtype|logname|sourcetype|category|kind|channel|subtype)$/;

const NAME_PATTERNS = [
  ['title', TITLE],
  ['rule', RULE],
  ['product', PRODUCT],
  ['vendor', VENDOR],
] as const;

const names = new Map<string, string>();

function nameOfKey(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  if (names.size >= NAMES_MAX) names.clear();
  const name = wordsOf([key]).join('');
  names.set(key, name);
  return name;
}

const WORDS_OF_TEXT = /^(?:msg|message|messagetitle|logdesc|reason|description)$/;

/** The record's own title, rule, product and vendor: only from its top level, where they are about the record. */
export function namesOf(leaves: readonly Leaf[]): OwnNames {
  const found = new Map<string, string>();
  for (const leaf of leaves) {
    const [key] = leaf.path.path;
    if (leaf.path.path.length !== 1 || key === undefined) continue;
    const name = nameOfKey(key);
    const text = textAt(leaf.at);
    if (text === undefined) continue;
    if (leaf.at.isInText === true) {
      if (WORDS_OF_TEXT.test(name) && text.includes(' ') && !found.has('said')) found.set('said', text);
      continue;
    }
    if (KIND.test(name) && !found.has('kind') && text.length <= KIND_CHARS_MAX) found.set('kind', `${key} ${text}`);
    for (const [what, pattern] of NAME_PATTERNS) {
      if (pattern.test(name) && !found.has(what) && readTime(text) === undefined) found.set(what, text);
    }
  }
  return {
    title: found.get('title'),
    said: found.get('said'),
    kind: found.get('kind'),
    rule: found.get('rule'),
    product: found.get('product'),
    vendor: found.get('vendor'),
  };
}
