import type { Meaning } from './dictionary.ts';

/**
 * A key's path, once for all records: what it means is the same in each, so it is worked out once. Only paths of keys,
 * without list indexes.
 */
export interface PathNode {
  readonly path: readonly string[];
  readonly below: Map<string, PathNode>;
  /** Worked out when it is first asked for. */
  meaning: PathMeaning | undefined;
  /** Whether its value may be a whole log line, likewise. */
  mayBeText: boolean | undefined;
  /** What its value says of the record itself, likewise. */
  ownNames: readonly OwnName[] | undefined;
}

export type OwnName = 'title' | 'rule' | 'product' | 'vendor' | 'kind' | 'said';

export interface PathMeaning {
  readonly meanings: readonly Meaning[];
  readonly isOfActor: boolean;
}

/** Paths that are remembered: keys are the sender's to choose, so one may send others without end. */
const NODES_MAX = 20_000;

function createNode(path: readonly string[]): PathNode {
  return { path, below: new Map(), meaning: undefined, mayBeText: undefined, ownNames: undefined };
}

let root = createNode([]);
let nodes = 0;

/** The node of the whole record. Forgets every path where there are too many: those in use live as long as they are. */
export function rootPath(): PathNode {
  if (nodes > NODES_MAX) {
    root = createNode([]);
    nodes = 0;
  }
  return root;
}

export function pathBelow(node: PathNode, key: string): PathNode {
  const known = node.below.get(key);
  if (known !== undefined) return known;
  const made = createNode([...node.path, key]);
  nodes += 1;
  // A record of very many keys must not fill the memory either.
  if (nodes <= NODES_MAX) node.below.set(key, made);
  return made;
}
