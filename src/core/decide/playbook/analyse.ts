import {
  type Bypass,
  MAIN,
  type Playbook,
  type PlaybookFile,
  type PlaybookProblem,
  type PlaybookVerdict,
} from '../../../model/playbook.ts';
import {
  type EffectSet,
  type GraphEdge,
  type GraphNode,
  graphOf,
  type Join,
  type PlaybookGraph,
  waysOut,
} from './graph.ts';
import { chainTier, reachedFrom, startedBy } from './tiers.ts';
import { type PathStep, pathTo } from './witness.ts';

/** For each node, which effects are released on every way to it; undefined where no way leads there. */
export type Released = readonly (EffectSet | undefined)[];

/**
 * Proves that no way through a file reaches an effect of T1 or more without a human step that was for that very effect, was not
 * used before, and still stands when it gets there; or names a way that does. It assumes that every condition may come out
 * either way each time, that every step may fail or be late, and that what runs at once may run in any order.
 *
 * A playbook that another one runs has to hold by itself: nothing that was released outside counts in it. So each is looked at
 * once, and those that run themselves too.
 */
export function analysePlaybook(file: PlaybookFile): PlaybookVerdict {
  const reached = reachedFrom(file, MAIN);
  const graphs = reached.map(playbook => graphOf(file, playbook));
  const released = new Map(graphs.map(graph => [graph, releasedAt(graph)]));
  const bypasses = graphs.flatMap(graph => bypassesOf(file, graph, released.get(graph) ?? []));
  const gated = graphs.flatMap(graph => graph.nodes.filter(isGated));
  return {
    bypasses,
    tier: chainTier(file),
    effects: gated.length,
    humanSteps: graphs.reduce((sum, { nodes }) => sum + nodes.filter(node => node.kind === 'ask').length, 0),
    warnings: warningsOf(file, released, reached),
  };
}

function bypassesOf(file: PlaybookFile, graph: PlaybookGraph, released: Released): readonly Bypass[] {
  return graph.nodes.flatMap(node => {
    const state = released[node.id];
    const { effect } = node;
    if (!isGated(node) || effect === undefined || effect.tier === 'inert' || state === undefined) return [];
    if ((state & (1n << BigInt(effect.index))) !== 0n) return [];
    const path = [...callsTo(file, graph.playbook), ...pathTo(graph, released, node.id, effect.index).map(said)];
    const tier = effect.tier;
    return [
      {
        playbook: graph.playbook,
        step: node.step,
        tier,
        path,
        text: `\`${node.step}\` takes ${tier} and is reached without a human step of its own: ${path.join(' → ')}`,
      },
    ];
  });
}

/** Whether a node changes something that a person has to be asked about. */
export function isGated(node: GraphNode): boolean {
  return node.effect !== undefined && node.effect.tier !== 'inert';
}

function said({ step, left }: PathStep): string {
  return left === undefined || left === 'next' || left === 'approved' ? step : `${step} (${left})`;
}

/**
 * The largest solution of: released at a node is what is released on all ways into it. Computed by going round until nothing
 * changes; a state only ever shrinks, so it ends.
 */
export function releasedAt(graph: PlaybookGraph): Released {
  const out = waysOut(graph);
  const order = orderOf(graph, out);
  const all = (1n << BigInt(graph.effects.length)) - 1n;
  const states: (EffectSet | undefined)[] = graph.nodes.map(() => undefined);
  states[graph.start] = 0n;
  const isOpen = graph.nodes.map(({ id }) => id === graph.start);
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const id of order) {
      if (isOpen[id] !== true) continue;
      isOpen[id] = false;
      for (const edge of out[id] ?? []) {
        const join = graph.joins.get(edge.to);
        const next = join === undefined ? meet(states[edge.to], along(graph, states, edge), all) : joined(states, join);
        if (next === states[edge.to]) continue;
        states[edge.to] = next;
        isOpen[edge.to] = true;
        hasChanged = true;
      }
    }
  }
  return states;
}

/** Nodes before those that follow them, but for the way back of a loop: so that one round settles most. */
function orderOf({ nodes, start }: PlaybookGraph, out: readonly (readonly GraphEdge[])[]): readonly number[] {
  const seen = nodes.map(() => false);
  const after: number[] = [];
  const open: { readonly id: number; at: number }[] = [{ id: start, at: 0 }];
  seen[start] = true;
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const edge = out[top.id]?.[top.at];
    top.at += 1;
    if (edge === undefined) {
      after.push(top.id);
      open.pop();
    } else if (seen[edge.to] !== true) {
      seen[edge.to] = true;
      open.push({ id: edge.to, at: 0 });
    }
  }
  return after.reverse();
}

function meet(a: EffectSet | undefined, b: EffectSet | undefined, all: EffectSet): EffectSet | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? all) & (b ?? all);
}

/** What is still released at the end of a way; undefined where it is not reached. */
function along(
  { nodes }: PlaybookGraph,
  states: readonly (EffectSet | undefined)[],
  edge: GraphEdge,
): EffectSet | undefined {
  const before = states[edge.from];
  const ends = (nodes[edge.from]?.ends ?? 0n) | edge.ends;
  return before === undefined ? undefined : ((before & ~ends) | edge.releases) & ~edge.unsure;
}

/**
 * What is released where branches come together: of `all`, what any of them ends with released; of `first`, what each of them
 * would. What another branch may have ended meanwhile is in no branch's state (see `unsure`).
 */
function joined(states: readonly (EffectSet | undefined)[], { join, branches }: Join): EffectSet | undefined {
  const ends = branches.map(branch => states[branch.end]);
  if (join === 'all')
    return ends.includes(undefined) ? undefined : ends.reduce<EffectSet>((set, state) => set | (state ?? 0n), 0n);
  return ends.reduce((set, state) => (set === undefined || state === undefined ? (set ?? state) : set & state));
}

/** The playbooks through which this one is reached from the main one, itself last; empty for the main one. */
function callsTo(file: PlaybookFile, name: string): readonly string[] {
  const before = new Map<string, string>([[MAIN, '']]);
  const open = [MAIN];
  for (let at = open.shift(); at !== undefined && at !== name; at = open.shift()) {
    const caller: string = at;
    const playbook = file.playbooks.find(one => one.name === caller);
    for (const next of playbook === undefined ? [] : startedBy(file, playbook)) {
      if (before.has(next)) continue;
      before.set(next, caller);
      open.push(next);
    }
  }
  const calls: string[] = [];
  for (let at = name; at !== MAIN && at !== ''; at = before.get(at) ?? '') calls.unshift(`[${at}]`);
  return calls;
}

/** What is no bypass, and that an author wants to know. */
function warningsOf(
  file: PlaybookFile,
  analysed: ReadonlyMap<PlaybookGraph, Released>,
  reached: readonly Playbook[],
): readonly PlaybookProblem[] {
  const idle = file.playbooks.filter(one => !reached.includes(one));
  return [
    ...idle.map(({ name }) => ({ at: name, text: 'no step of the main playbook leads to it' })),
    ...[...analysed].flatMap(([graph, released]) => {
      return graph.nodes
        .filter(node => node.step !== '' && node.kind !== 'through' && node.kind !== 'join')
        .filter(node => released[node.id] === undefined)
        .map(node => ({ at: node.step, text: 'no way leads to it' }));
    }),
  ];
}
