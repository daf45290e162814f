import type { AlertField } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { isMachineAccount, normaliseIp, splitEndpoint } from '../shared/values.ts';
import { readTime } from '../shared/when.ts';
import { ENTITY_OF_FIELD, type Meaning, meaningsOf, wordsOf } from './dictionary.ts';
import type { Leaf } from './leaves.ts';
import { outcomeOf, shapeOf } from './shapes.ts';
import { SYSLOG_PROGRAM } from './text.ts';

export interface Chosen {
  readonly time: At | undefined;
  readonly title: string | undefined;
  /** What a text inside the record says in a pair of its own. */
  readonly said: string | undefined;
  /** The key and value that say what kind of record it is. */
  readonly kind: string | undefined;
  readonly rule: string | undefined;
  readonly product: string | undefined;
  readonly vendor: string | undefined;
}

interface Candidate {
  readonly rank: number;
  readonly at: At;
  readonly part: string;
  readonly isLogger: boolean;
}

/** What a path means is the same in each record, so it is worked out once. Bounded: keys are the sender's to choose. */
const meanings = new Map<string, readonly Meaning[]>();
const MEANINGS_MAX = 20_000;

function meaningsOfPath(path: readonly string[]): readonly Meaning[] {
  const key = path.join('\u0000');
  const known = meanings.get(key);
  if (known !== undefined) return known;
  if (meanings.size >= MEANINGS_MAX) meanings.clear();
  const found = meaningsOf(path);
  meanings.set(key, found);
  return found;
}

/** Fills fields and entities with the best leaf for each, by its key and by whether its value has the field's shape. */
export function chooseFields(draft: Draft, leaves: readonly Leaf[]): Chosen {
  const best = new Map<AlertField, Candidate>();
  for (const leaf of leaves) {
    const text = textAt(leaf.at);
    if (text === undefined) continue;
    for (const { field, rank } of meaningsOfPath(leaf.path)) {
      const earlier = best.get(field);
      if (earlier !== undefined && earlier.rank <= rank) continue;
      const part = shapeOf(field, text);
      if (part !== undefined) best.set(field, { rank, at: leaf.at, part, isLogger: leaf.path[0] === SYSLOG_PROGRAM });
    }
  }
  putBest(draft, best);
  const named = namesOf(leaves);
  return { time: best.get('time')?.at, ...named };
}

function putBest(draft: Draft, best: ReadonlyMap<AlertField, Candidate>): void {
  for (const [field, { at, part, isLogger }] of best) {
    if (field === 'time') continue;
    if (field === 'outcome') {
      putOutcome(draft, outcomeOf(part), at);
      continue;
    }
    putField(draft, field, at, part);
    const entity = ENTITY_OF_FIELD.get(field);
    // The program that wrote a syslog line is not what acted.
    if (entity === undefined || isLogger) continue;
    const [kind, role] = entity;
    if (kind === 'host' && normaliseIp(part) !== undefined) putEntity(draft, 'ip', role, at, { part });
    else if (kind === 'user' && isMachineAccount(part)) putEntity(draft, 'nhi', role, at, { part });
    else putEntity(draft, kind, role, at, { part });
    const port = field === 'src_ip' || field === 'dst_ip' ? splitEndpoint(textAt(at) ?? '')?.port : undefined;
    if (port !== undefined) putField(draft, field === 'src_ip' ? 'src_port' : 'dst_port', at, port);
  }
}

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
  if (names.size >= MEANINGS_MAX) names.clear();
  const name = wordsOf([key]).join('');
  names.set(key, name);
  return name;
}

const WORDS_OF_TEXT = /^(?:msg|message|messagetitle|logdesc|reason|description)$/;

/** The record's own title, rule, product and vendor: only from its top level, where they are about the record. */
function namesOf(leaves: readonly Leaf[]): Omit<Chosen, 'time'> {
  const found = new Map<string, string>();
  for (const leaf of leaves) {
    const [key] = leaf.path;
    if (leaf.path.length !== 1 || key === undefined) continue;
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
