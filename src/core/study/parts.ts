import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityHit, type EntityKind, entityKey, type MachineKind } from '../../model/alert.ts';
import { addressScope } from './address-scope.ts';

/** Who or what people ask about first. Kinds that are not here stand in the alerts, not among the involved. */
export const KINDS: readonly EntityKind[] = [
  'user',
  'nhi',
  'host',
  'mailbox',
  'access_key',
  'database',
  'service',
  'cloud_account',
  'cloud_resource',
  'ip',
  'domain',
];
/** Kinds that act or are acted on; the others carry what was done. */
export const PARTIES: ReadonlySet<EntityKind> = new Set(KINDS.filter(kind => kind !== 'ip' && kind !== 'domain'));
/** Stages whose target is what the attack was for. */
export const LATE_TACTICS: readonly string[] = ['credential-access', 'collection', 'exfiltration', 'impact'];

const INVOLVED: ReadonlySet<EntityKind> = new Set(KINDS);

/** One entity's part in one alert, however many of its fields name it. */
export interface Part {
  readonly key: string;
  readonly kind: EntityKind;
  /** Of its labels the first by code unit. */
  readonly label: string;
  readonly machine: MachineKind | undefined;
  readonly roles: ReadonlySet<EntityHit['role']>;
  /** Some other party is acted on. */
  readonly hasOthers: boolean;
}

/** What says of a whole alert that the attack came in with it: the stronger the lower the rank. */
export interface ArrivalSign {
  readonly rank: number;
  readonly says: string;
}

/** What one alert says of everybody in it, whatever else is known of them. */
export interface Parts {
  /** In the order in which the alert names them. */
  readonly parts: readonly Part[];
  readonly lateTactics: readonly string[];
  /** Counts for whoever acts or is acted on. */
  readonly arrival: ArrivalSign | undefined;
  /** An arrival by mail counts for who receives it only. */
  readonly isMail: boolean;
}

/** What an alert says never changes, so it is worked out once for as long as the alert is kept. */
export const partsIn = oncePer((alert: Alert): Parts => {
  const hits = new Map<string, EntityHit[]>();
  for (const hit of alert.entities) {
    if (!INVOLVED.has(hit.kind)) continue;
    const key = entityKey(hit);
    const known = hits.get(key);
    if (known === undefined) hits.set(key, [hit]);
    else known.push(hit);
  }
  const targets = new Set(
    alert.entities.filter(({ role, kind }) => role === 'target' && PARTIES.has(kind)).map(entityKey),
  );
  return {
    parts: [...hits].map(([key, own]) => partOf(key, own, targets)),
    lateTactics: alert.tactics.filter(tactic => LATE_TACTICS.includes(tactic)),
    arrival: arrivalIn(alert),
    isMail: alert.entities.some(({ kind }) => kind === 'message') || alert.fields.email_from !== undefined,
  };
});

function partOf(key: string, hits: readonly EntityHit[], targets: ReadonlySet<string>): Part {
  const [kind, ...labels] = [hits[0]?.kind ?? 'user', ...hits.map(({ label }) => label)] as const;
  return {
    key,
    kind,
    label: labels.reduce((a, b) => (b < a ? b : a)),
    machine: hits.map(hit => hit.machine).reduce(surerKind),
    roles: new Set(hits.map(({ role }) => role)),
    hasOthers: targets.size > (targets.has(key) ? 1 : 0),
  };
}

/** Of two words on what a machine is the one that says something, and of two such the first by name. */
export function surerKind(a: MachineKind | undefined, b: MachineKind | undefined): MachineKind | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a === 'unknown' || b === 'unknown') return a === 'unknown' ? b : a;
  return a < b ? a : b;
}

function arrivalIn({ tactics, entities }: Alert): ArrivalSign | undefined {
  if (tactics.includes('initial-access')) return { rank: 0, says: 'in an alert of initial access' };
  const outside = entities.find(
    ({ kind, role, value }) => kind === 'ip' && role === 'actor' && addressScope(value) === 'outside',
  );
  return outside === undefined ? undefined : { rank: 1, says: `with the outside address ${outside.label} acting` };
}
