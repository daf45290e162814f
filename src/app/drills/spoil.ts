import type { DrillFeedback } from '../../model/api-proposals.ts';
import type { Citation } from '../../model/claim.ts';
import type { DrillFault } from '../../model/drill.ts';
import type { Draft } from '../proposals/draft.ts';

/** What a drill is made of: acts that are really offered. */
export interface Material {
  /** The act that is spoilt. */
  readonly base: Draft;
  /** Other acts that the same incident offers. */
  readonly beside: readonly Draft[];
  /** Acts that other incidents offer. */
  readonly elsewhere: readonly Draft[];
  /** Accounts of somebody else on another system, under the name of the target. */
  readonly namesakes: readonly { readonly responder: string; readonly system: string; readonly name: string }[];
}

/** A draft that is wrong, and where one sees it. */
export interface Spoilt {
  readonly draft: Draft;
  readonly places: DrillFeedback['places'];
}

const PLACES_MAX = 3;

/**
 * A draft that is wrong in this way and in nothing else, made of what the planner offers: every record is a real one, every citation
 * holds, the target stands in a cited field. Undefined where there is nothing to make it of. Pure.
 */
export function spoil(fault: DrillFault, material: Material): Spoilt | undefined {
  const spoilt = SPOILERS[fault](material);
  return spoilt === undefined ? undefined : { ...spoilt, draft: { ...spoilt.draft, drill: fault } };
}

const SPOILERS: { readonly [F in DrillFault]: (material: Material) => Spoilt | undefined } = {
  wrong_target({ base, beside }) {
    for (const other of beside) {
      const isAlike =
        other.responder === base.responder && other.system === base.system && other.operation === base.operation;
      const naming = namingOf(other);
      if (!isAlike || nameOf(other) === nameOf(base) || naming === undefined) continue;
      const about = base.citations.filter(({ value }) => value.toLowerCase() !== nameOf(other));
      if (about.length > 0) return told(other, naming, about, base);
    }
    return undefined;
  },
  namesake({ base, namesakes }) {
    const other = namesakes.find(({ system, name }) => system !== base.system && name.toLowerCase() === nameOf(base));
    if (other === undefined || base.origin.kind !== 'option' || namingOf(base) === undefined) return undefined;
    const { responder, system, name } = other;
    const option = `act:${responder}:${base.operation}:${system}:${name}`;
    return {
      draft: { ...base, responder, system, target: { name }, origin: { ...base.origin, option } },
      places: placesOf(base.citations),
    };
  },
  evidence_swapped({ base }) {
    const texts = [...new Set(base.citations.flatMap(citation => base.says.get(keyOf(citation)) ?? []))];
    if (texts.length < 2) return undefined;
    const next = new Map(texts.map((text, i) => [text, texts[(i + 1) % texts.length] ?? text]));
    return {
      draft: { ...base, says: new Map([...base.says].map(([key, text]) => [key, next.get(text) ?? text])) },
      places: placesOf(base.citations),
    };
  },
  another_incident({ base, elsewhere }) {
    const naming = namingOf(base);
    const own = new Set(base.citations.map(({ evidence }) => evidence));
    const other = elsewhere.find(
      one => nameOf(one) !== nameOf(base) && !one.citations.some(({ evidence }) => own.has(evidence)),
    );
    if (naming === undefined || other === undefined) return undefined;
    const { draft } = told(base, naming, other.citations, other);
    return { draft, places: placesOf(draft.citations.filter(one => keyOf(one) !== keyOf(naming))) };
  },
};

/**
 * An act on the records, and under the statements, of another act, with the record that names its target in the place of one
 * of them: as many records, and each statement as often, as the other act has.
 */
function told(act: Draft, naming: Citation, records: readonly Citation[], of: Draft): Spoilt {
  const place = records.length - 1;
  const replaced = records[place];
  const says = new Map(of.says);
  const said = replaced === undefined ? undefined : of.says.get(keyOf(replaced));
  if (said !== undefined) says.set(keyOf(naming), said);
  const citations = records.map((record, i) => (i === place ? naming : record));
  return { draft: { ...act, citations, says }, places: placesOf([naming]) };
}

function namingOf(draft: Draft): Citation | undefined {
  return draft.citations.find(({ value }) => value.toLowerCase() === nameOf(draft));
}

function nameOf({ target }: Draft): string {
  return ('name' in target ? target.name : target.immutableId).toLowerCase();
}

function keyOf({ evidence, pointer }: Citation): string {
  return `${evidence}${pointer}`;
}

function placesOf(citations: readonly Citation[]): Spoilt['places'] {
  return citations.slice(0, PLACES_MAX).map(({ evidence, pointer }) => ({ evidence, pointer }));
}
