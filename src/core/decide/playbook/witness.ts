import { type EffectSet, type GraphEdge, type PlaybookGraph, waysOut } from './graph.ts';

/** One step of a way, and how it was left; undefined for the last. */
export interface PathStep {
  readonly step: string;
  readonly left: GraphEdge['label'] | undefined;
}

/**
 * A shortest way from the start to an effect on which nobody released it. Called only where the analysis found that there is
 * one. Where branches come together it follows one of them, and believes the analysis on what the others released.
 */
export function pathTo(
  graph: PlaybookGraph,
  released: readonly (EffectSet | undefined)[],
  goal: number,
  effect: number,
): readonly PathStep[] {
  const bit = 1n << BigInt(effect);
  const out = waysOut(graph);
  // A place on the way: a node, and whether the effect is released there.
  const key = (node: number, isReleased: boolean) => node * 2 + (isReleased ? 1 : 0);
  const before = new Map<number, { readonly key: number; readonly edge: GraphEdge }>();
  const open = [key(graph.start, false)];
  const seen = new Set(open);
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at === key(goal, false)) return stepsTo(graph, before, at);
    const [node, isReleased] = [Math.floor(at / 2), at % 2 === 1];
    for (const edge of out[node] ?? []) {
      if (released[edge.to] === undefined) continue;
      const ends = (graph.nodes[node]?.ends ?? 0n) | edge.ends;
      const walked =
        ((isReleased && (ends & bit) === 0n) || (edge.releases & bit) !== 0n) && (edge.unsure & bit) === 0n;
      const isTogether = graph.joins.has(edge.to) && ((released[edge.to] ?? 0n) & bit) !== 0n;
      const after = walked || isTogether;
      const next = key(edge.to, after);
      if (seen.has(next)) continue;
      seen.add(next);
      before.set(next, { key: at, edge });
      open.push(next);
    }
  }
  return [{ step: graph.nodes[goal]?.step ?? '', left: undefined }];
}

function stepsTo(
  graph: PlaybookGraph,
  before: ReadonlyMap<number, { readonly key: number; readonly edge: GraphEdge }>,
  goal: number,
): readonly PathStep[] {
  const steps: PathStep[] = [{ step: graph.nodes[Math.floor(goal / 2)]?.step ?? '', left: undefined }];
  for (let at = before.get(goal); at !== undefined; at = before.get(at.key)) {
    const node = graph.nodes[at.edge.from];
    const isPassed = node === undefined || node.step === '' || node.kind === 'through' || node.kind === 'join';
    if (!isPassed) steps.unshift({ step: node.step, left: at.edge.label });
  }
  return steps;
}
