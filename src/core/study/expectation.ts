import { oncePer } from '../../base/once.ts';
import { type EntityHit, entityKey } from '../../model/alert.ts';
import type { Expectation, StreamCoverage, StreamStatus } from '../../model/coverage.ts';
import type { Inventory } from '../../model/inventory.ts';
import {
  type EntityClass,
  EXPECTED_OF,
  TELEMETRY_TEXT,
  type TelemetryKind,
  telemetryOf,
} from '../../model/telemetry.ts';

/** An entity of an incident of which we expect telemetry. */
export interface InvolvedEntity {
  readonly key: string;
  readonly label: string;
  readonly entityClass: Exclude<EntityClass, 'host' | 'critical_host'>;
}

/** Entities whose expectations are worked out; an incident with more is read by its first. */
const ENTITIES_MAX = 64;
/** Streams that are named beside one expectation. */
const STREAMS_NAMED_MAX = 8;
/** A sensor of these kinds hears other machines too, and a cloud's or a directory's log has no host. */
const HEARD_ELSEWHERE: ReadonlySet<TelemetryKind> = new Set([
  'network',
  'dns',
  'cloud_audit',
  'identity_provider',
  'database_audit',
  'mail',
  'cluster_audit',
]);
/** Where several streams give a kind, the one that is best off says whether it was heard. */
const BEST_FIRST: readonly StreamStatus[] = ['heard', 'degraded', 'late', 'silent', 'cannot_tell', 'never'];

/** The class of an entity other than a host; undefined where we expect nothing of it. */
export function involvedOf(entity: EntityHit): InvolvedEntity | undefined {
  const entityClass = classOf(entity);
  return entityClass === undefined ? undefined : { key: entityKey(entity), label: entity.label, entityClass };
}

function classOf({ kind, machine }: EntityHit): InvolvedEntity['entityClass'] | undefined {
  switch (kind) {
    case 'user':
      return 'identity';
    case 'cloud_account':
    case 'access_key':
      return 'cloud_principal';
    case 'nhi':
      return machine === 'role' || machine === 'key' || machine === 'service_principal' ? 'cloud_principal' : undefined;
    case 'database':
      return 'database';
    case 'mailbox':
      return 'mailbox';
    default:
      return undefined;
  }
}

/**
 * What each host and each other entity of the question should have, by its class, and how it stood in the window.
 * `unheard` are streams of no host that are too sparse to judge and said nothing in it: silent, where nothing else gives the kind.
 */
export function expectationsOf(
  question: { readonly hosts: ReadonlySet<string>; readonly entities?: ReadonlyMap<string, InvolvedEntity> },
  streams: readonly StreamCoverage[],
  unheard: readonly StreamCoverage[],
  inventory: Inventory | undefined,
  [from, to]: readonly [number, number],
): readonly Expectation[] {
  const inWindow = [...streams.filter(one => one.from <= to && one.to >= from), ...unheard];
  const given = new Map<TelemetryKind, StreamCoverage[]>();
  for (const one of inWindow) {
    for (const kind of kindsOf(one)) {
      const known = given.get(kind);
      if (known === undefined) given.set(kind, [one]);
      else known.push(one);
    }
  }
  const graded = gradedHosts(inventory);
  const entities = [
    ...[...question.hosts]
      .sort()
      .map(host => ({ label: host, host, entityClass: graded.get(host) ?? ('host' as const) })),
    ...[...(question.entities?.values() ?? [])].map(one => ({ ...one, host: undefined })),
  ].slice(0, ENTITIES_MAX);
  return entities.flatMap(({ label, host, entityClass }) =>
    EXPECTED_OF[entityClass].map(kind =>
      standing(label, entityClass, kind, ofEntity(given.get(kind) ?? [], kind, host)),
    ),
  );
}

/** What a stream gives, by its product; asked of tens of thousands for each study. */
const kindsOf = oncePer((one: StreamCoverage): readonly TelemetryKind[] => telemetryOf(productOf(one.stream)) ?? []);

const productOf = (stream: string): string => stream.slice(stream.indexOf('|') + 1);
const hostOf = (stream: string): string => stream.slice(0, stream.indexOf('|')).toLowerCase();

function ofEntity(
  streams: readonly StreamCoverage[],
  kind: TelemetryKind,
  host: string | undefined,
): readonly StreamCoverage[] {
  if (host === undefined) return streams;
  const own = streams.filter(one => hostOf(one.stream) === host);
  return own.length > 0 || !HEARD_ELSEWHERE.has(kind) ? own : streams;
}

function gradedHosts(inventory: Inventory | undefined): ReadonlyMap<string, 'host' | 'critical_host'> {
  const graded = new Map<string, 'host' | 'critical_host'>();
  for (const record of inventory?.records ?? []) {
    if (record.kind !== 'host') continue;
    const isCritical = record.criticality === 'high' || record.criticality === 'critical';
    for (const name of [record.name, ...record.aliases.map(alias => alias.replace(/^host:/, ''))])
      graded.set(name.toLowerCase(), isCritical ? 'critical_host' : 'host');
  }
  return graded;
}

/** How much a finding on a stream says against it. */
const amount = ({ status }: StreamCoverage): number => (status === 'heard' ? 0 : status === 'cannot_tell' ? 1 : 2);

function standing(
  entity: string,
  entityClass: EntityClass,
  kind: TelemetryKind,
  streams: readonly StreamCoverage[],
): Expectation {
  // Of one stream its gaps speak, of several the one that is best off.
  const worst = new Map<string, StreamCoverage>();
  for (const one of streams) {
    const known = worst.get(one.stream);
    if (known === undefined || amount(one) > amount(known)) worst.set(one.stream, one);
  }
  const best = [...worst.values()].sort((a, b) => BEST_FIRST.indexOf(a.status) - BEST_FIRST.indexOf(b.status))[0];
  return {
    entity,
    entityClass,
    kind,
    status: best?.status ?? 'never',
    streams: [...worst.keys()].slice(0, STREAMS_NAMED_MAX),
    because: best?.because ?? `no stream that gives a ${TELEMETRY_TEXT[kind]} was ever heard for it`,
  };
}
