import type { AnswerRefusal } from '../../../model/assist.ts';
import type { Claim } from '../../../model/claim.ts';
import type { Selection } from '../../../model/packet.ts';
import { inconsistencies } from '../claims/consistency.ts';
import type { FactView } from './fact-view.ts';
import type { Prepared, VerifiedSelection } from './read-answer.ts';

/** A part of an answer that stands or falls by itself. */
export type Part = {
  /** RFC 6901 into the answer. */
  readonly pointer: string;
  /** What it rests on. */
  readonly facts: readonly FactView[];
} & (
  | {
      readonly kind: 'claim';
      readonly claim: Selection['claims'][number];
      /** Why it and another claim of the answer cannot both be true. */
      readonly excluded: AnswerRefusal | undefined;
    }
  | { readonly kind: 'technique'; readonly technique: string; readonly isRepeated: boolean }
  /** One id of a list in which each stands once. */
  | { readonly kind: 'order' | 'ranking'; readonly id: string; readonly isRepeated: boolean }
  | { readonly kind: 'request'; readonly id: string }
  | {
      readonly kind: 'supports' | 'contradicts';
      readonly id: string;
      /** Which of the answer's explanations. */
      readonly of: number;
      /** It stands on the other side, too, or the explanation was told before. */
      readonly isContradicted: boolean;
    }
);

/** The answer in parts. Of a list that may name a thing once, a second time is a part that the verifier drops. */
export function partsOf(selection: Selection, { facts, factsOf }: Prepared): readonly Part[] {
  const viewsOf = (ids: readonly string[]): readonly FactView[] => ids.flatMap(id => facts.get(id) ?? []);
  const parts: Part[] = [];
  const stated = selection.claims.map(claim => ({ claim, facts: viewsOf(claim.cites) }));
  const codes = exclusionsAmong(
    stated.flatMap(({ claim, facts }) => facts.filter(fact => says(fact, claim)).flatMap(fact => fact.claim ?? [])),
  );
  for (const [index, { claim, facts }] of stated.entries()) {
    const excluded = facts.map(fact => codes.get(fact.claim?.id ?? '')).find(code => code !== undefined);
    parts.push({ kind: 'claim', pointer: `/claims/${index}`, facts, claim, excluded });
  }
  const ordered = new Set<string>();
  for (const [index, id] of selection.order.entries()) {
    const own = viewsOf(factsOf.get(id) ?? [id]);
    parts.push({ kind: 'order', pointer: `/order/${index}`, facts: own, id, isRepeated: ordered.has(id) });
    ordered.add(id);
  }
  parts.push(...relatedParts(selection, viewsOf));
  const techniques = new Set<string>();
  for (const [index, { technique, cites }] of selection.techniques.entries()) {
    const isRepeated = techniques.has(technique);
    parts.push({ kind: 'technique', pointer: `/techniques/${index}`, facts: viewsOf(cites), technique, isRepeated });
    techniques.add(technique);
  }
  const ranked = new Set<string>();
  for (const [index, id] of selection.ranking.entries()) {
    parts.push({ kind: 'ranking', pointer: `/ranking/${index}`, facts: [], id, isRepeated: ranked.has(id) });
    ranked.add(id);
  }
  for (const [index, id] of selection.requests.entries())
    parts.push({ kind: 'request', pointer: `/requests/${index}`, facts: [], id });
  return parts;
}

function relatedParts(selection: Selection, viewsOf: (ids: readonly string[]) => readonly FactView[]): readonly Part[] {
  const parts: Part[] = [];
  const kinds = new Set<string>();
  for (const [of, { kind, supports, contradicts }] of selection.hypotheses.entries()) {
    const isRepeated = kinds.has(kind);
    kinds.add(kind);
    for (const [side, ids, others] of [
      ['supports', supports, contradicts],
      ['contradicts', contradicts, supports],
    ] as const)
      for (const [index, id] of ids.entries()) {
        const pointer = `/hypotheses/${of}/${side}/${index}`;
        parts.push({
          kind: side,
          pointer,
          facts: viewsOf([id]),
          id,
          of,
          isContradicted: isRepeated || others.includes(id),
        });
      }
  }
  return parts;
}

function exclusionsAmong(claims: readonly Claim[]): ReadonlyMap<string, AnswerRefusal> {
  return new Map(inconsistencies(claims).flatMap(({ code, claims: ids }) => ids.map(id => [id, code] as const)));
}

/** The selection that the parts make that were kept, with what of the packet's must-show they leave unsaid (V9). */
export function selectionOf(answer: Selection, kept: readonly Part[], prepared: Prepared): VerifiedSelection {
  const claims = new Map<string, Selection['claims'][number]>();
  const order: string[] = [];
  const techniques: { technique: string; cites: readonly string[] }[] = [];
  const ranking: string[] = [];
  const requests = new Set<string>();
  const hypotheses = answer.hypotheses.map(({ kind }) => ({
    kind,
    supports: new Set<string>(),
    contradicts: new Set<string>(),
  }));
  for (const part of kept) {
    if (part.kind === 'claim') {
      // Only the facts that say it; a claim that two parts make is one.
      const cites = part.facts.filter(fact => says(fact, part.claim)).map(({ row }) => row.id);
      claims.set(JSON.stringify([part.claim, cites]), { ...part.claim, cites: [...new Set(cites)] });
    } else if (part.kind === 'order') order.push(part.id);
    else if (part.kind === 'ranking') ranking.push(part.id);
    else if (part.kind === 'request') requests.add(part.id);
    else if (part.kind === 'technique') {
      const { technique } = part;
      const cites = part.facts.filter(({ row }) => row.techniques.includes(technique)).map(({ row }) => row.id);
      techniques.push({ technique, cites: [...new Set(cites)] });
    } else if (part.kind === 'supports' || part.kind === 'contradicts') hypotheses[part.of]?.[part.kind].add(part.id);
  }
  const selection = {
    claims: [...claims.values()],
    order,
    hypotheses: hypotheses
      .filter(({ supports, contradicts }) => supports.size + contradicts.size > 0)
      .map(({ kind, supports, contradicts }) => ({ kind, supports: [...supports], contradicts: [...contradicts] })),
    techniques,
    ranking,
    requests: [...requests],
    abstain: answer.abstain,
  };
  return { ...selection, verifiedFor: prepared.made.digest, omitted: omittedOf(selection, prepared) };
}

/** Whether the fact says this: the predicate, and every role that is claimed with the value that is claimed. */
export function says({ row, roles }: FactView, claim: Selection['claims'][number]): boolean {
  return row.predicate === claim.predicate && claim.roles.every(({ role, value }) => roles.get(role) === value);
}

/**
 * V9. A fact is named in the order or by a claim, a detection also by one of its facts, a gap by asking for what is
 * missing. A fact that is no longer recomputed is not told: its detection is. What whoever asks may not read is not.
 */
function omittedOf(
  { claims, order, requests }: Pick<Selection, 'claims' | 'order' | 'requests'>,
  { made: { packet }, facts, factsOf }: Prepared,
): readonly string[] {
  const told = new Set(claims.flatMap(({ cites }) => cites));
  for (const id of order) for (const fact of factsOf.get(id) ?? [id]) told.add(fact);
  const asked = new Set(packet.requests.filter(({ id }) => requests.includes(id)).map(({ what }) => what));
  const omitted = new Set<string>();
  for (const id of packet.mustShow) {
    const own = (factsOf.get(id) ?? [id]).flatMap(fact => facts.get(fact) ?? []);
    const isTold = own.some(({ row }) => told.has(row.id)) || asked.has(`records:${id}`);
    const isHidden = own.length > 0 && !own.some(fact => fact.isReadable());
    if (isTold || isHidden) continue;
    const fact = facts.get(id);
    const toTell = fact === undefined || fact.isRecomputed() ? id : fact.roles.get('rule');
    if (toTell !== undefined) omitted.add(toTell);
  }
  return [...omitted];
}
