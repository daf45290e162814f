import {
  type Handler,
  MAIN,
  type Playbook,
  type PlaybookFile,
  type PlaybookProblem,
  type Step,
  type Steps,
} from '../../../model/playbook.ts';
import { type EffectTier, effectTier } from './tiers.ts';
import { allSteps, listOf, listsIn } from './walk.ts';

/** A set of effects of one playbook, a bit each. */
export type EffectSet = bigint;

export type NodeKind =
  | 'start'
  | 'end'
  | 'stopped'
  | 'failed'
  | 'ask'
  | 'effect'
  | 'read'
  | 'enrich'
  | 'branch'
  | 'loop'
  | 'fork'
  | 'join'
  | 'through'
  | 'run'
  | 'notify'
  | 'stop';

export interface GraphNode {
  readonly id: number;
  readonly kind: NodeKind;
  /** The step that it is of; empty for the ends of a playbook. */
  readonly step: string;
  /** The effect that it carries out: its number and its tier. */
  readonly effect: { readonly index: number; readonly tier: EffectTier } | undefined;
  /** Releases that end when it is reached: what it uses up, asks anew, or puts another name on. */
  readonly ends: EffectSet;
}

/** How a step is left. */
export type EdgeLabel =
  | 'next'
  | 'approved'
  | 'rejected'
  | 'time-out'
  | 'error'
  | 'yes'
  | 'no'
  | 'turn'
  | 'done'
  | 'branch';

export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly label: EdgeLabel;
  /** The effect that a person releases on this way. */
  readonly releases: EffectSet;
  /** Releases that do not last on this way. */
  readonly ends: EffectSet;
  /** What steps that run at the same time may end at any moment: never released here, even when just asked for. */
  readonly unsure: EffectSet;
}

/** Where branches that run at once come together again. */
export interface Join {
  readonly node: number;
  readonly join: 'all' | 'first';
  /** For each branch: where it ends. */
  readonly branches: readonly { readonly end: number }[];
}

/** One playbook as a graph: every way through it, with those that errors and time-outs take. */
export interface PlaybookGraph {
  readonly playbook: string;
  readonly start: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly joins: ReadonlyMap<number, Join>;
  /** Names of the steps that change something, in the order of their numbers. */
  readonly effects: readonly string[];
  readonly problems: readonly PlaybookProblem[];
}

/** Compiles one playbook of a file. Every step is a node, or two where branches come together. */
export function graphOf(file: PlaybookFile, playbook: Playbook): PlaybookGraph {
  return new Compiler(file, playbook).compiled();
}

/** The ways out of each node, by its number. */
export function waysOut({ nodes, edges }: PlaybookGraph): readonly (readonly GraphEdge[])[] {
  const out: GraphEdge[][] = nodes.map(() => []);
  for (const edge of edges) out[edge.from]?.push(edge);
  return out;
}

/** Problems that only the graph shows: steps that go where they cannot. */
export function graphProblems(file: PlaybookFile): readonly PlaybookProblem[] {
  return file.playbooks.flatMap(playbook =>
    graphOf(file, playbook).problems.map(({ at, text }) => ({
      at: playbook.name === MAIN ? at : `${playbook.name}.${at}`,
      text,
    })),
  );
}

/** What is around a list of steps. */
interface Around {
  /** Where it goes on after the last step. */
  readonly next: number;
  /** Where an error goes that no step handles. */
  readonly error: number;
  /** Later steps that may be gone to. Steps of another branch that runs at once are not among them. */
  readonly later: ReadonlyMap<string, number>;
}

class Compiler {
  readonly #playbook: Playbook;
  readonly #nodes: GraphNode[] = [];
  readonly #edges: GraphEdge[] = [];
  readonly #joins = new Map<number, Join>();
  readonly #problems: PlaybookProblem[] = [];
  readonly #effects = new Map<string, { readonly index: number; readonly tier: EffectTier; readonly name: string }>();
  readonly #stopped: number;

  constructor(file: PlaybookFile, playbook: Playbook) {
    this.#playbook = playbook;
    for (const step of allSteps([playbook.steps, ...listOf(playbook.onError)])) {
      if (step.type !== 'effect') continue;
      const { effect } = step;
      const name = effect.writes === 'act' && effect.on.from === 'name' ? effect.on.name : '';
      this.#effects.set(step.name, { index: this.#effects.size, tier: effectTier(file, effect), name });
    }
    this.#stopped = this.#node('stopped', '');
  }

  compiled(): PlaybookGraph {
    const failed = this.#node('failed', '');
    const end = this.#node('end', '');
    const error = this.#handler(this.#playbook.onError, { next: end, error: failed, later: new Map() });
    const first = this.#list(this.#playbook.steps, { next: end, error: error ?? failed, later: new Map() });
    const start = this.#node('start', '');
    this.#edge(start, first, 'next');
    return {
      playbook: this.#playbook.name,
      start,
      nodes: this.#nodes,
      edges: this.#edges,
      joins: this.#joins,
      effects: [...this.#effects.keys()],
      problems: this.#problems,
    };
  }

  #node(kind: NodeKind, step: string, more: Partial<Pick<GraphNode, 'effect' | 'ends'>> = {}): number {
    const id = this.#nodes.length;
    this.#nodes.push({ id, kind, step, effect: more.effect, ends: more.ends ?? 0n });
    return id;
  }

  #edge(from: number, to: number, label: EdgeLabel, more: Partial<Pick<GraphEdge, 'releases' | 'ends'>> = {}): void {
    this.#edges.push({ from, to, label, releases: more.releases ?? 0n, ends: more.ends ?? 0n, unsure: 0n });
  }

  /** From the last step to the first, so that what a step may go to is there already. Returns where the list begins. */
  #list(steps: Steps, around: Around): number {
    const later = new Map(around.later);
    let next = around.next;
    for (const step of [...steps].reverse()) {
      next = this.#step(step, { next, error: around.error, later: new Map(later) });
      later.set(step.name, next);
    }
    return next;
  }

  /** Where a handler begins; undefined where there is none. */
  #handler(handler: Handler | undefined, around: Around): number | undefined {
    if (handler === undefined) return undefined;
    if (handler === 'stop') return this.#stopped;
    return handler === 'continue' ? around.next : this.#list(handler, around);
  }

  /** Adds a step with all ways out of it. Returns the node by which it is entered. */
  #step(step: Step, outer: Around): number {
    const next = step.goto === undefined ? outer.next : this.#goto(step.name, step.goto, outer);
    const around = { ...outer, next };
    const error = this.#handler(step.onError, around) ?? outer.error;
    switch (step.type) {
      case 'effect':
        return this.#effect(step, around, error);
      case 'ask':
        return this.#ask(step, around, error);
      case 'branch':
        return this.#branch(step, around, error);
      case 'loop':
        return this.#loop(step, around, error);
      case 'parallel':
        return this.#parallel(step, around, error);
      case 'stop':
        return this.#plain('stop', step, this.#stopped, undefined);
      case 'read':
        return this.#plain('read', step, next, error, this.#actingOn(step.as));
      default:
        return this.#plain(step.type, step, next, error);
    }
  }

  #goto(from: string, name: string, { later, next }: Around): number {
    const to = later.get(name);
    if (to === undefined)
      this.#problems.push({ at: from, text: `goes to \`${name}\`, which is no later step around it` });
    return to ?? next;
  }

  #plain(kind: NodeKind, { name }: Step, next: number, error: number | undefined, ends: EffectSet = 0n): number {
    const node = this.#node(kind, name, { ends });
    this.#edge(node, next, 'next');
    if (error !== undefined) this.#edge(node, error, 'error');
    return node;
  }

  #effect(step: Extract<Step, { type: 'effect' }>, around: Around, error: number): number {
    const { index = 0, tier = 'TX' } = this.#effects.get(step.name) ?? {};
    const late = this.#handler(step.onTimeout, around);
    const node = this.#node('effect', step.name, { effect: { index, tier }, ends: bit(index) });
    this.#edge(node, around.next, 'next');
    this.#edge(node, error, 'error');
    if (step.timeoutMs !== undefined) this.#edge(node, late ?? error, 'time-out');
    return node;
  }

  #ask(step: Extract<Step, { type: 'ask' }>, around: Around, error: number): number {
    const released = this.#effects.get(step.releases);
    const releases = released === undefined ? 0n : bit(released.index);
    const rejected = this.#handler(step.onRejected, around) ?? this.#stopped;
    const late = this.#handler(step.onTimeout, around) ?? this.#stopped;
    // Asking again takes back what was said before: who rejects the second time has rejected.
    const node = this.#node('ask', step.name, { ends: releases });
    this.#edge(node, around.next, 'approved', { releases });
    this.#edge(node, rejected, 'rejected');
    // A proposal expires by itself, whether or not a time-out is written.
    this.#edge(node, late, 'time-out');
    this.#edge(node, error, 'error');
    return node;
  }

  #branch(step: Extract<Step, { type: 'branch' }>, around: Around, error: number): number {
    const yes = this.#list(step.yes, { ...around, error });
    const no = step.no.length === 0 ? around.next : this.#list(step.no, { ...around, error });
    const node = this.#node('branch', step.name);
    this.#edge(node, yes, 'yes');
    this.#edge(node, no, 'no');
    return node;
  }

  #loop(step: Extract<Step, { type: 'loop' }>, around: Around, error: number): number {
    const node = this.#node('loop', step.name);
    const body = this.#list(step.body, { next: node, error, later: around.later });
    const inside = this.#inside([step.body], () => true);
    const named = step.over.kind === 'each' ? step.over.as : undefined;
    const ofTurn = named === undefined ? 0n : this.#inside(listsIn(step), name => name === named);
    // What was released before a turn is not released in it.
    this.#edge(node, body, 'turn', { ends: inside | ofTurn });
    this.#edge(node, around.next, 'done');
    return node;
  }

  #parallel(step: Extract<Step, { type: 'parallel' }>, around: Around, error: number): number {
    const late = step.timeoutMs === undefined ? undefined : (this.#handler(step.onTimeout, around) ?? error);
    const join = this.#node('join', step.name);
    this.#edge(join, around.next, 'next');
    const branches = step.branches.map(branch => {
      const from = this.#nodes.length;
      const edgesFrom = this.#edges.length;
      const end = this.#node('through', step.name);
      this.#edge(end, join, 'next');
      const first = this.#list(branch, { next: end, error, later: new Map() });
      const nodes = this.#nodes.slice(from).reduce((ends, node) => ends | node.ends, 0n);
      const ends = this.#edges.slice(edgesFrom).reduce((all, edge) => all | edge.ends, nodes);
      return { end, first, ends, edges: [edgesFrom, this.#edges.length] as const };
    });
    this.#joins.set(join, { node: join, join: step.join, branches });
    const fork = this.#node('fork', step.name);
    branches.forEach(({ first, edges }, index) => {
      const others = branches.reduce((ends, other, at) => (at === index ? ends : ends | other.ends), 0n);
      this.#edge(fork, first, 'branch', { ends: others });
      for (let at = edges[0]; at < edges[1]; at++) {
        const edge = this.#edges[at];
        if (edge !== undefined) this.#edges[at] = { ...edge, unsure: edge.unsure | others };
      }
    });
    const all = branches.reduce((ends, branch) => ends | branch.ends, 0n);
    if (late !== undefined) this.#edge(fork, late, 'time-out', { ends: all });
    return fork;
  }

  /** Effects that act on what stands under a name. */
  #actingOn(name: string): EffectSet {
    return [...this.#effects.values()].reduce((set, one) => (one.name === name ? set | bit(one.index) : set), 0n);
  }

  #inside(lists: readonly Steps[], isMeant: (name: string) => boolean): EffectSet {
    return allSteps(lists).reduce((set, step) => {
      const effect = step.type === 'effect' ? this.#effects.get(step.name) : undefined;
      return effect !== undefined && isMeant(effect.name) ? set | bit(effect.index) : set;
    }, 0n);
  }
}

function bit(index: number): EffectSet {
  return 1n << BigInt(index);
}
