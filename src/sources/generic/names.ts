import { textAt } from '../shared/at.ts';
import { readTime } from '../shared/when.ts';
import { wordsOf } from './dictionary.ts';
import type { Leaf } from './leaves.ts';
import type { OwnName, PathNode } from './path.ts';

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

const TITLE = /^(?:title|displayname|name|summary|description|displaymessage|shortmessage|message|msg)$/;
const RULE = /^(?:ruleid|signatureid|alertid|detectionid|checkid|detectorid|generatorid)$/;
const PRODUCT = /^(?:product|productname|deviceproduct|sourcesystem|providername|logsource|sourcename)$/;
const VENDOR = /^(?:vendor|vendorname|devicevendor|companyname)$/;

/** Keys that say what kind of record it is, for one that has no name: `EventID 4688`, `_path dns`. */
const KIND_CHARS_MAX = 80;
const KIND = /^(?:eventid|eventcode|path|logtype|logname|sourcetype|category|kind|channel|subtype)$/;

const WORDS_OF_TEXT = /^(?:msg|message|messagetitle|logdesc|reason|description)$/;

const NAME_PATTERNS = [
  ['title', TITLE],
  ['rule', RULE],
  ['product', PRODUCT],
  ['vendor', VENDOR],
  ['kind', KIND],
  ['said', WORDS_OF_TEXT],
] as const;

function ownNamesOf({ path }: PathNode): readonly OwnName[] {
  if (path.length !== 1) return [];
  const name = wordsOf(path).join('');
  return NAME_PATTERNS.flatMap(([what, pattern]) => (pattern.test(name) ? [what] : []));
}

/** The record's own title, rule, product and vendor: only from its top level, where they are about the record. */
export function namesOf(leaves: readonly Leaf[]): OwnNames {
  const found = new Map<OwnName, string>();
  for (const { path, at } of leaves) {
    path.ownNames ??= ownNamesOf(path);
    for (const what of path.ownNames) {
      if (found.has(what) || (what === 'said') !== (at.isInText === true)) continue;
      const text = textAt(at);
      if (text === undefined) continue;
      if (what === 'kind') {
        if (text.length <= KIND_CHARS_MAX) found.set(what, `${path.path[0]} ${text}`);
      } else if (what === 'said' ? text.includes(' ') : readTime(text) === undefined) found.set(what, text);
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
