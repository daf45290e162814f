import type { Id } from '../base/id.ts';
import { type Correlator, createCorrelator } from '../core/intake/correlate.ts';
import { DEFAULT_FINGERPRINT, type FingerprintRule } from '../core/intake/dedupe.ts';
import { type Cluster, rootOf } from '../core/intake/group.ts';
import { type CorrelationInput, DEFAULT_SETTINGS, type OverCommon } from '../core/intake/placement.ts';
import { type Pending, Reorder, type Replaced } from '../core/intake/reorder.ts';
import { type Alert, activityTime } from '../model/alert.ts';
import type { IncidentEvent, JoinReason } from '../model/incident.ts';
import type { ServerContext } from './context.ts';
import { readFingerprints } from './fingerprints.ts';
import type { Placement, Placer, Placing, Replacement } from './placer.ts';
import { type PeoplesChange, readPeoplesChanges, readReplay } from './replay.ts';

/** What the database has of an alert whose place may still change. */
interface Kept {
  /** The incident that it opened. */
  opened: Id<'incident'> | undefined;
  /** Incidents that its placing merged, and into which. */
  readonly merged: readonly { readonly from: Id<'incident'>; readonly into: Id<'incident'> }[];
}

/**
 * The correlator with the incidents of the database: its clusters live as long as the process, incidents for ever.
 * What people merged, split off or detached are constraints: alerts that a person moved stay, what joins them follows,
 * and what was parted is not joined again.
 */
export class CorrelatingPlacer implements Placer {
  private correlator: Correlator = this.newCorrelator();
  private reorder = new Reorder(this.correlator);
  private kept = new WeakMap<Pending, Kept>();
  private readonly mergedInto = new Map<Id<'incident'>, Id<'incident'>>();
  /** Where people put alerts, and the clusters that stand for these incidents. */
  private readonly pins = new Map<Id<'alert'>, Id<'incident'>>();
  private readonly homes = new Map<Id<'incident'>, Cluster>();
  private readonly apart = new Map<Id<'incident'>, Set<Id<'incident'>>>();
  private fingerprints: ReadonlyMap<string, FingerprintRule> = new Map();
  private readonly context: ServerContext;

  constructor(context: ServerContext) {
    this.context = context;
  }

  /** Values that join nothing for now, and why. */
  overCommon(limit: number): readonly OverCommon[] {
    return this.correlator.overCommon(limit);
  }

  /** Alerts whose place may still change. */
  get pending(): number {
    return this.reorder.size;
  }

  /** The rules by which duplicates are told, by source, from now on. */
  takeFingerprints(rules: ReadonlyMap<string, FingerprintRule>): void {
    this.fingerprints = rules;
  }

  place(alerts: readonly Alert[]): Placing {
    const replaced = this.reorder.place(alerts.map(alert => ({ input: inputOf(alert), heardAt: alert.receivedAt })));
    return new Reading(this, replaced).placing(alerts);
  }

  /** What a person's change did, once it is committed. Nothing may be placed meanwhile. */
  async peopleChanged(change: PeoplesChange): Promise<void> {
    switch (change.kind) {
      case 'merged':
        this.mergedInto.set(change.from, change.into);
        return;
      case 'parted':
        this.part(change.incident, change.into, change.alerts);
        this.correlator.reassign(new Set(change.alerts), this.homeOf(change.into));
        for (const one of this.reorder.pendingOnes()) {
          if (this.pins.get(one.input.id) === change.into) one.incident = change.into;
        }
        return;
      // What was joined since cannot be told apart here, but the database can.
      case 'undone':
        return this.reload();
    }
  }

  async reload(): Promise<void> {
    this.correlator = this.newCorrelator();
    this.reorder = new Reorder(this.correlator);
    this.kept = new WeakMap();
    for (const map of [this.mergedInto, this.pins, this.homes, this.apart]) map.clear();
    const people = await readPeoplesChanges(this.context);
    for (const [from, into] of people.mergedInto) this.mergedInto.set(from, into);
    for (const { incident, into, alerts } of people.parted) this.part(incident, into, alerts);
    // While it is replayed every alert stands where the database has it; afterwards only what people pinned is pinned.
    const pinned = new Map(this.pins);
    const parted = new Set(this.homes.keys());
    const first = new Map<Id<'incident'>, Id<'alert'>>();
    for await (const page of readReplay(this.context)) {
      for (const { input, incident } of page) {
        this.pins.set(input.id, incident);
        if (!first.has(incident)) first.set(incident, input.id);
      }
      for (const one of this.reorder.place(page).placed) {
        const incident = this.pins.get(one.input.id);
        if (incident === undefined) continue;
        const opened = first.get(incident) === one.input.id ? incident : undefined;
        one.incident = incident;
        this.kept.set(one, { opened, merged: [] });
      }
    }
    this.pins.clear();
    for (const [alert, incident] of pinned) this.pins.set(alert, incident);
    for (const incident of this.homes.keys()) if (!parted.has(incident)) this.homes.delete(incident);
  }

  /** The incident that stands for this one after all merges. */
  standing(incident: Id<'incident'>): Id<'incident'> {
    let at = incident;
    for (let next = this.mergedInto.get(at); next !== undefined; next = this.mergedInto.get(at)) at = next;
    return at;
  }

  keptOf(one: Pending): Kept | undefined {
    return this.kept.get(one);
  }

  keep(one: Pending, kept: Kept): void {
    this.kept.set(one, kept);
  }

  /** Notes or forgets a merge of the correlator's. */
  mergedNow(from: Id<'incident'>, into: Id<'incident'> | undefined): void {
    if (into === undefined) this.mergedInto.delete(from);
    else this.mergedInto.set(from, into);
  }

  newIncident(): Id<'incident'> {
    return this.context.newId('incident');
  }

  private part(incident: Id<'incident'>, into: Id<'incident'>, alerts: readonly Id<'alert'>[]): void {
    for (const alert of alerts) this.pins.set(alert, into);
    for (const [a, b] of [
      [incident, into],
      [into, incident],
    ] as const) {
      const others = this.apart.get(a) ?? new Set();
      this.apart.set(a, others.add(b));
    }
    this.homeOf(into);
  }

  private homeOf(incident: Id<'incident'>): Cluster {
    const known = this.homes.get(incident);
    if (known !== undefined) return known;
    const made = this.correlator.newCluster();
    made.incident = incident;
    made.isNamed = true;
    this.homes.set(incident, made);
    return made;
  }

  private newCorrelator(): Correlator {
    return createCorrelator(DEFAULT_SETTINGS, {
      pinOf: alert => {
        const incident = this.pins.get(alert);
        return incident === undefined ? undefined : rootOf(this.homeOf(incident));
      },
      isApart: (a, b) => {
        if (a.incident === undefined || b.incident === undefined || this.apart.size === 0) return false;
        const [x, y] = [this.standing(a.incident), this.standing(b.incident)];
        for (const [one, others] of this.apart) {
          if (this.standing(one) !== x) continue;
          for (const other of others) if (this.standing(other) === y) return true;
        }
        return false;
      },
      fingerprintRuleOf: source => this.fingerprints.get(source) ?? DEFAULT_FINGERPRINT,
    });
  }
}

/** What placing a batch means for the incidents, read from the clusters after all of it was placed. */
class Reading {
  private readonly merges: IncidentEvent[] = [];
  private readonly events: IncidentEvent[] = [];
  private readonly replaced: Replacement[] = [];
  private readonly unmerged: { readonly incident: Id<'incident'>; readonly from: Id<'incident'> }[] = [];
  private readonly joined = new Map<Id<'incident'>, Id<'alert'>[]>();
  private readonly moved = new Map<string, Extract<IncidentEvent, { kind: 'moved' }> & { alerts: Id<'alert'>[] }>();
  private readonly mergesBack: Kept['merged'][number][] = [];
  private readonly mergedBy = new Map<Pending, Kept['merged'][number][]>();
  private readonly openedBy = new Map<Pending, Id<'incident'>>();
  /** Alerts that an `opened` names. */
  private readonly opened = new Set<Id<'alert'>>();
  private readonly placer: CorrelatingPlacer;
  private readonly result: Replaced;

  constructor(placer: CorrelatingPlacer, result: Replaced) {
    this.placer = placer;
    this.result = result;
  }

  placing(alerts: readonly Alert[]): Placing {
    this.takeMergesBack();
    this.name();
    for (const one of this.result.placed) this.readMerges(one);
    this.settleMergesBack();
    const placed = new Map(this.result.placed.map(one => [one.input.id, this.read(one)]));
    for (const [incident, ids] of this.joined) this.events.push({ kind: 'joined', incident, alerts: ids });
    this.events.push(...this.moved.values());
    return {
      placed: alerts.map(({ id }) => {
        const placement = placed.get(id);
        if (placement === undefined) throw new RangeError('every alert is placed');
        return placement;
      }),
      replaced: this.replaced,
      unmerged: this.unmerged,
      events: [...this.merges, ...this.events],
    };
  }

  private *takenBack(): Generator<Kept> {
    for (const one of this.result.before.keys()) {
      const kept = this.placer.keptOf(one);
      if (kept !== undefined) yield kept;
    }
  }

  /**
   * What was merged by a placing that was taken back stands alone until it is found to be merged again. Only what was
   * there before: an incident whose own opening was taken back too stays merged, and its alerts go one by one.
   */
  private takeMergesBack(): void {
    const opened = new Set([...this.takenBack()].map(one => one.opened));
    for (const { merged } of this.takenBack())
      for (const merge of merged) if (!opened.has(merge.from)) this.mergesBack.push(merge);
    for (const { from } of this.mergesBack) this.placer.mergedNow(from, undefined);
  }

  /** Gives clusters that are new an incident: one whose opening was taken back where there is one, else a new one. */
  private name(): void {
    const free = new Set<Id<'incident'>>();
    for (const { opened } of this.takenBack()) if (opened !== undefined) free.add(opened);
    for (const { merged } of this.takenBack()) for (const { from } of merged) free.delete(from);
    const unnamed = new Map<Cluster, Pending[]>();
    for (const one of this.result.placed) {
      const root = rootOf(one.placement.home);
      if (root.isNamed) continue;
      const members = unnamed.get(root);
      if (members === undefined) unnamed.set(root, [one]);
      else members.push(one);
    }
    for (const [root, members] of unnamed) {
      const known = members.map(one => one.incident).find(id => id !== undefined && free.has(id));
      if (known !== undefined) free.delete(known);
      root.incident = known ?? this.placer.newIncident();
      root.isNamed = true;
      const [first] = members;
      if (first === undefined) continue;
      this.openedBy.set(first, root.incident);
      if (known !== undefined) continue;
      this.opened.add(first.input.id);
      this.events.push({ kind: 'opened', incident: root.incident, alert: first.input.id });
    }
  }

  private readMerges(one: Pending): void {
    for (const child of one.placement.merged ?? []) {
      const root = rootOf(child);
      if (!child.isNamed || child.incident === undefined || root.incident === undefined) continue;
      const [from, into] = [this.placer.standing(child.incident), this.placer.standing(root.incident)];
      if (from === into) continue;
      this.placer.mergedNow(from, into);
      const because =
        one.placement.because.find(reason => reason.to !== undefined)?.text ?? 'one alert belongs to both';
      this.mergedBy.set(one, [...(this.mergedBy.get(one) ?? []), { from, into }]);
      if (!this.wasMerged(from, into))
        this.merges.push({ kind: 'merged', incident: into, from, because, by: 'correlator' });
    }
  }

  private wasMerged(from: Id<'incident'>, into: Id<'incident'>): boolean {
    return this.mergesBack.some(before => before.from === from && this.placer.standing(before.into) === into);
  }

  /** Merges that were taken back and not made again. */
  private settleMergesBack(): void {
    for (const { from, into } of this.mergesBack) {
      if (this.placer.standing(from) !== this.placer.standing(into)) this.unmerged.push({ incident: into, from });
    }
  }

  /** Where an alert stands now, and what to write where that differs from what is written. */
  private read(one: Pending): Placement {
    const { placement, input } = one;
    const root = rootOf(placement.home);
    if (root.incident === undefined) throw new RangeError('every cluster has its incident by now');
    const incident = this.placer.standing(root.incident);
    const because: readonly JoinReason[] = [...placement.because, ...placement.notJoined];
    const before = one.incident;
    const opened = this.openedBy.get(one);
    one.incident = incident;
    this.placer.keep(one, { opened, merged: this.mergedBy.get(one) ?? [] });
    if (before === undefined) {
      if (!this.opened.has(input.id)) {
        const ids = this.joined.get(incident);
        if (ids === undefined) this.joined.set(incident, [input.id]);
        else ids.push(input.id);
      }
      return { incident, duplicateOf: placement.duplicateOf, because };
    }
    const wasDuplicateOf = this.result.before.get(one)?.duplicateOf;
    const from = this.placer.standing(before);
    if (from !== incident) this.move(from, incident, input.id);
    if (from !== incident || wasDuplicateOf !== placement.duplicateOf)
      this.replaced.push({ alert: input.id, incident, duplicateOf: placement.duplicateOf, wasDuplicateOf, because });
    return { incident, duplicateOf: placement.duplicateOf, because };
  }

  private move(from: Id<'incident'>, incident: Id<'incident'>, alert: Id<'alert'>): void {
    const key = `${from} ${incident}`;
    const known = this.moved.get(key);
    if (known !== undefined) known.alerts.push(alert);
    else
      this.moved.set(key, {
        kind: 'moved',
        incident,
        from,
        alerts: [alert],
        because: 'in the light of an alert that came late',
        by: 'correlator',
      });
  }
}

function inputOf(alert: Alert): CorrelationInput {
  const { id, source, title, rule, entities, tactics, vendorLinks } = alert;
  return { id, source, title, rule, at: activityTime(alert), entities, tactics, vendorLinks };
}

/** A placer that knows what the database knows. */
export async function createPlacer(context: ServerContext): Promise<CorrelatingPlacer> {
  const placer = new CorrelatingPlacer(context);
  placer.takeFingerprints(await readFingerprints(context));
  await placer.reload();
  return placer;
}
