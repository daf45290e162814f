import type { UnixMs } from '../../../base/time.ts';
import type { Alert, EntityHit } from '../../../model/alert.ts';
import { clockFault } from '../order.ts';
import type { Fact } from './kind.ts';

/** One entity in one alert, at a time that the record itself states. */
export interface Seen {
  readonly alert: Alert;
  readonly hit: EntityHit;
  readonly at: UnixMs;
}

export interface SeenSpan {
  readonly first: Seen;
  readonly last: Seen;
}

/** The facts of one incident by what they name. Made once, for all claims that are recomputed from it. */
export interface FactIndex {
  /** By activity time. */
  readonly facts: readonly Fact[];
  /** The facts in which a value fills a role. */
  with(role: string, value: string): readonly Fact[];
  alertOf(fact: Pick<Fact, 'evidence'>): Alert | undefined;
  /** The first and the last time that a name stands in a record which says when; its case is none of its own. */
  spanOf(kind: string, label: string): SeenSpan | undefined;
  /** All names that stand in such a record, once each. */
  readonly spans: () => readonly SeenSpan[];
  /** The first record of each name under which a product's own id of something stands. */
  readonly namesOf: (kind: string, vendorId: string) => readonly Seen[];
}

const NONE: readonly never[] = [];

export function createFactIndex(alerts: readonly Alert[], facts: readonly Fact[]): FactIndex {
  const byEvidence = new Map(alerts.map(alert => [alert.evidence, alert]));
  const byRole = new Map<string, Fact[]>();
  for (const fact of facts) for (const { role, value } of fact.roles) push(byRole, `${role} ${value}`, fact);
  let entities: Entities | undefined;
  const known = (): Entities => {
    entities ??= entitiesOf(facts.flatMap(fact => byEvidence.get(fact.evidence) ?? []));
    return entities;
  };
  return {
    facts,
    with: (role, value) => byRole.get(`${role} ${value}`) ?? NONE,
    alertOf: ({ evidence }) => byEvidence.get(evidence),
    spanOf: (kind, label) => known().spans.get(nameKey({ kind, label })),
    spans: () => [...known().spans.values()],
    namesOf: (kind, vendorId) => [...(known().names.get(`${kind} ${vendorId}`)?.values() ?? NONE)],
  };
}

interface Entities {
  readonly spans: Map<string, SeenSpan>;
  readonly names: Map<string, Map<string, Seen>>;
}

function entitiesOf(alerts: readonly Alert[]): Entities {
  const entities: Entities = { spans: new Map(), names: new Map() };
  for (const alert of alerts) {
    const at = alert.occurredAt;
    if (at === undefined || clockFault(at, alert.receivedAt)?.isOffAxis === true) continue;
    for (const hit of alert.entities) {
      if (hit.label === '') continue;
      const key = nameKey(hit);
      const seen: Seen = { alert, hit, at };
      const span = entities.spans.get(key);
      // By activity time, which is the stated one here; of one moment the first alert stands.
      if (span === undefined) entities.spans.set(key, { first: seen, last: seen });
      else if (at > span.last.at) entities.spans.set(key, { ...span, last: seen });
      if (hit.vendorId === undefined) continue;
      const id = `${hit.kind} ${hit.vendorId}`;
      const names = entities.names.get(id) ?? new Map<string, Seen>();
      entities.names.set(id, names);
      if (!names.has(hit.value)) names.set(hit.value, seen);
    }
  }
  return entities;
}

function nameKey({ kind, label }: { readonly kind: string; readonly label: string }): string {
  return `${kind} ${label.toLowerCase()}`;
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}
