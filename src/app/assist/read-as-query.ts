import { type Closed, canonical, digestOfCanonical } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import { rfc3339, type UnixMs } from '../../base/time.ts';
import { pickListsOf, withIds } from '../../core/study/ask/pick-lists.ts';
import { type PickLists, pickSchema, readPicked } from '../../core/study/ask/query-pick.ts';
import { readEnvelope } from '../../core/study/assist/envelope.ts';
import { fromBegun } from '../../core/study/assist/from-begun.ts';
import { scrubSecrets } from '../../core/study/assist/secrets.ts';
import { createWithholding } from '../../core/study/assist/withheld.ts';
import type { Dropped, WithoutModel } from '../../model/assist.ts';
import type { Query, Vocabulary } from '../../model/query.ts';
import { ANSWER_BYTES_MAX } from '../../ports/model.ts';
import { printShown } from './print-shown.ts';
import type { Prompt } from './prompts.ts';
import type { Asked, Question } from './question.ts';

/** How a model read a question. It is shown, and not run before a person runs it. */
export interface ReadAsQuery {
  readonly without: WithoutModel | undefined;
  /** Made of ids of this incident alone; undefined where there is none. */
  readonly query: Query | undefined;
  readonly dropped: readonly Dropped[];
  readonly record: Id<'ai_record'> | undefined;
}

/** A question of a person about an incident, and what can be named in it. */
export interface Wording {
  readonly incident: Id<'incident'>;
  readonly text: string;
  readonly vocabulary: Vocabulary;
  /** What "yesterday" is counted from. */
  readonly now: UnixMs;
}

/** What an answer is read by: kept beside the record, so that a replay reads it by the same. */
interface KeptWording {
  readonly v: 1;
  readonly packet: Closed;
  readonly lists: PickLists;
}

/** Somebody stands there and waits for it. */
const URGENCY = 5;

/** A question in words, to be read as a query by a model that gives ids back and no words. */
export function queryQuestion(
  wording: Wording,
  prompt: Prompt,
  { by, nonce }: { readonly by: string; readonly nonce: string },
): Question<ReadAsQuery> {
  return {
    task: 'ask',
    incident: wording.incident,
    incidentVersion: '',
    by,
    urgency: URGENCY,
    prompt,
    holdsNames: false,
    asked: namesWithheld => queryAsked(JSON.stringify(wordingToKeep(wording, nonce, namesWithheld))),
  };
}

function wordingToKeep({ text, vocabulary, now }: Wording, salt: string, namesWithheld: boolean): KeptWording {
  const lists = pickListsOf(text, vocabulary, now);
  const tell = namesWithheld ? withholdingOf(vocabulary) : scrubSecrets;
  const named = (id: string, name: string): Closed => ({ id, ...(namesWithheld ? {} : { name: tell(name) }) });
  const labels = new Map(vocabulary.entities.map(({ key, label }) => [key, label]));
  const titles = new Map(vocabulary.rules.map(({ rule, title }) => [rule, title]));
  const packet = {
    v: '1',
    salt,
    question: namesWithheld ? withIds(text, vocabulary, lists, tell) : tell(text),
    entities: lists.entities.map(({ id, key }) => ({
      kind: key.slice(0, key.indexOf(':')),
      ...(named(id, labels.get(key) ?? '') as object),
    })),
    // A rule says what it found in words of our list; who and where it found it is left out.
    rules: lists.rules.map(({ id, rule }) => ({ id, name: tell(titles.get(rule) ?? '') })),
    products: lists.products.map(({ id, product }) => ({ id, name: tell(product) })),
    streams: lists.streams.map(({ id, stream }) => named(id, stream)),
    times: lists.times.map(({ id, at }) => ({
      id,
      at: namesWithheld ? fromBegun(at, vocabulary.window.from) : rfc3339(at),
    })),
    techniques: lists.techniques,
  };
  return { v: 1, packet: packet as unknown as Closed, lists };
}

function withholdingOf({ entities, streams }: Vocabulary): (text: string) => string {
  const known = [
    ...entities.flatMap(({ key, label }) => [label, key.slice(key.indexOf(':') + 1)]),
    ...streams.map(stream => stream.slice(0, stream.indexOf('|'))),
  ];
  return createWithholding(new Map(), known).text;
}

/** The same from what was kept. */
export function queryAsked(ground: string): Asked<ReadAsQuery> {
  const { packet: closed, lists }: KeptWording = JSON.parse(ground);
  const packet = canonical(closed);
  const limits = { bytes: ANSWER_BYTES_MAX, latencyMs: Number.MAX_SAFE_INTEGER };
  return {
    packet,
    packetSha256: digestOfCanonical('countersign/packet/v1', packet),
    schema: pickSchema(lists),
    ground,
    read: answer => {
      const envelope = readEnvelope(answer, limits);
      const picked = envelope.ok
        ? readPicked(envelope.value, lists)
        : { kind: 'refused' as const, dropped: [{ code: envelope.failure, pointer: '' }] };
      const query = picked.kind === 'query' ? picked.query : undefined;
      const dropped = picked.kind === 'refused' ? picked.dropped : [];
      return {
        kind: picked.kind === 'query' ? 'used' : picked.kind === 'none' ? 'abstained' : 'rejected',
        verified: query === undefined ? 0 : 1,
        dropped,
        shown: record => ({ without: undefined, query, dropped, record }),
      };
    },
    without: (because, record, dropped) => ({ without: because, query: undefined, dropped, record }),
    print: printShown,
  };
}
