/** How well predicted clusters agree with true incidents. `-` is noise: a truth of its own for each alert. */
export interface ClusterScore {
  /** Mean over incidents, so that a flood does not drown an incident of five alerts (Bagga and Baldwin 1998, macro-averaged). */
  readonly macroBCubedF1: number;
  /** Over pairs of attack alerts. */
  readonly pairF1: number;
  /** Share of incidents that share a cluster with another. */
  readonly overMerged: number;
  /** Share of noise in clusters that hold attack alerts. */
  readonly contamination: number;
}

const NOISE = '-';
const pairs = (n: number): number => (n * (n - 1)) / 2;
const harmonic = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b));

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function scoreClusters(truth: readonly string[], clusters: readonly number[]): ClusterScore {
  const trueSizes = new Map<string, number>();
  const sizes = new Map<number, number>();
  const joint = new Map<number, Map<string, number>>();
  for (const [index, incident] of truth.entries()) {
    const cluster = clusters[index] ?? -1 - index;
    add(trueSizes, incident);
    add(sizes, cluster);
    const members = joint.get(cluster) ?? new Map<string, number>();
    joint.set(cluster, members);
    add(members, incident);
  }
  const incidents = [...trueSizes].filter(([incident]) => incident !== NOISE);
  let precision = 0;
  let recall = 0;
  for (const [incident, total] of incidents) {
    for (const [cluster, members] of joint) {
      const both = members.get(incident) ?? 0;
      precision += (both * both) / (sizes.get(cluster) ?? 1) / total / incidents.length;
      recall += (both * both) / total / total / incidents.length;
    }
  }
  return { macroBCubedF1: harmonic(precision, recall), ...attackOnly(incidents, joint) };
}

function attackOnly(
  incidents: readonly (readonly [string, number])[],
  joint: ReadonlyMap<number, ReadonlyMap<string, number>>,
): Pick<ClusterScore, 'pairF1' | 'overMerged' | 'contamination'> {
  const merged = new Set<string>();
  let [right, predicted, held, noise] = [0, 0, 0, 0];
  for (const members of joint.values()) {
    const attacks = [...members].filter(([incident]) => incident !== NOISE);
    if (attacks.length === 0) continue;
    const size = attacks.reduce((sum, [, count]) => sum + count, 0);
    for (const [incident, count] of attacks) {
      right += pairs(count);
      if (attacks.length > 1) merged.add(incident);
    }
    predicted += pairs(size);
    held += size + (members.get(NOISE) ?? 0);
    noise += members.get(NOISE) ?? 0;
  }
  const possible = incidents.reduce((sum, [, count]) => sum + pairs(count), 0);
  return {
    pairF1: harmonic(predicted === 0 ? 1 : right / predicted, possible === 0 ? 1 : right / possible),
    overMerged: incidents.length === 0 ? 0 : merged.size / incidents.length,
    contamination: held === 0 ? 0 : noise / held,
  };
}
