import type { Id } from '../base/id.ts';
import { type EnrichmentData, offlineFacts, prevalenceFact, techniqueFact } from '../core/study/enrich/facts.ts';
import { type Gate, ownNames, withheldBecause } from '../core/study/enrich/gate.ts';
import { isNewHere, notableFacts, stricter } from '../core/study/enrich/notable.ts';
import { LOOK_UPS } from '../look-ups/index.ts';
import { type Alert, type EntityHit, type EntityKind, entityKey } from '../model/alert.ts';
import type { EnrichmentHealth, EnrichmentView, LookUpPlan } from '../model/api.ts';
import type { EnrichmentFact, Tlp } from '../model/enrichment.ts';
import type { ConnectedLookUp } from '../ports/look-up.ts';
import type { ServerContext } from './context.ts';
import type { OfflineData } from './enrichment-data.ts';
import { matchIndicators } from './indicators.ts';
import { readAnswers, sourceText } from './look-up-answers.ts';
import type { LookUpSettings } from './look-up-store.ts';
import { type LookUps, ORDER_MAX } from './look-ups.ts';
import { countAlerts, readSightings, storedKey } from './sightings.ts';
import { signedInventory } from './signed-inventory.ts';
import type { Study } from './study.ts';

/** Values of one incident that are enriched: those of most alerts. What is beyond is counted. */
const VALUES_MAX = 80;
const TECHNIQUES_MAX = 40;
const WITHHELD_SHOWN_MAX = 30;
const NEW_SHOWN_MAX = 6;

/** Kinds that something can be said of beside the alerts; the order is that of the list. */
const KINDS: readonly EntityKind[] = [
  'ip',
  'domain',
  'url',
  'hash',
  'mailbox',
  'user',
  'nhi',
  'host',
  'access_key',
  'database',
  'service',
  'cloud_account',
  'cloud_resource',
];

interface Value {
  readonly kind: EntityKind;
  readonly value: string;
  readonly label: string;
  alertCount: number;
  readonly sources: Set<string>;
}

/**
 * Enrichment of incidents, when somebody looks at one: nothing of it is in the way of intake, and nothing of it is kept
 * but the answers of look-ups. Offline facts are recomputed each time, so they are never older than their data.
 */
export class Enrichment {
  private readonly context: ServerContext;
  private readonly study: Pick<Study, 'alertsOf'>;
  private readonly data: OfflineData;
  private readonly lookUps: LookUps;
  private readonly lag: () => number;

  constructor(
    context: ServerContext,
    study: Pick<Study, 'alertsOf'>,
    data: OfflineData,
    lookUps: LookUps,
    lag: () => number,
  ) {
    this.context = context;
    this.study = study;
    this.data = data;
    this.lookUps = lookUps;
    this.lag = lag;
  }

  /** What is known of the values of an incident, and what each look-up could be asked. Asks nobody. */
  async view(incident: Id<'incident'>): Promise<EnrichmentView> {
    const { context } = this;
    const now = context.now();
    const alerts = await this.study.alertsOf(incident);
    const values = valuesOf(alerts);
    const shown = values.slice(0, VALUES_MAX);
    const keys = shown.map(storedKey);
    const data = await this.data.read();
    const { settings } = await this.lookUps.settings();
    const titles = new Map(
      settings.lookUps.flatMap(({ config }) => {
        const manifest = LOOK_UPS.get(config.kind)?.manifest;
        return manifest === undefined ? [] : [[config.name, sourceText(manifest, config)] as const];
      }),
    );
    const [sightings, all, answers, indicators, tlp] = await Promise.all([
      readSightings(context, keys),
      countAlerts(context),
      readAnswers(context, [...titles.keys()], keys),
      matchIndicators(context, keys, titles),
      this.tlpOf(incident, settings),
    ]);
    const isComplete = this.lag() === 0;
    const entities = shown.map(value => {
      const key = storedKey(value);
      const facts = [
        ...(answers.get(key) ?? []),
        ...(indicators.get(key) ?? []),
        ...offlineFacts(value, data, now),
        prevalenceFact(key, sightings.get(key), all, isComplete, now),
      ];
      return { key: entityKey(value), kind: value.kind, label: value.label, facts };
    });
    const labels = new Map<EnrichmentFact, string>();
    for (const { label, facts } of entities) for (const fact of facts) labels.set(fact, label);
    const newHere = entities.filter(({ facts }) => facts.some(isNewHere)).map(({ label }) => label);
    return {
      entities,
      techniques: techniquesOf(alerts).flatMap(id => techniqueFact(id, now) ?? []),
      notable: notableFacts([...labels.keys()]).map(fact => ({ label: labels.get(fact) ?? '', fact })),
      newHere: { labels: newHere.slice(0, NEW_SHOWN_MAX), total: newHere.length },
      omitted: values.length - shown.length,
      tlp,
      lookUps: await this.plans(shown, data, settings, tlp.value, answers),
    };
  }

  /** Asks one look-up about what may be sent to it; returns how many values that are. `undefined`: none of this name. */
  async ask(incident: Id<'incident'>, name: string, by: string): Promise<number | undefined> {
    const { settings } = await this.lookUps.settings();
    const at = settings.lookUps.find(({ config }) => config.name === name);
    const lookUp = at === undefined ? undefined : LOOK_UPS.get(at.config.kind);
    if (at === undefined || lookUp === undefined || !('ask' in lookUp)) return undefined;
    const alerts = await this.study.alertsOf(incident);
    const shown = valuesOf(alerts).slice(0, VALUES_MAX);
    const { value } = await this.tlpOf(incident, settings);
    const { send } = await this.sort(at, shown, await this.data.read(), settings, value);
    this.lookUps.order(at, send.slice(0, ORDER_MAX), incident, by);
    return Math.min(send.length, ORDER_MAX);
  }

  /** Marks how far an incident may go. What was sent before stays sent. */
  async mark(incident: Id<'incident'>, tlp: Tlp, by: string): Promise<void> {
    const { context } = this;
    await context.pool.query(
      'INSERT INTO incident_tlp (tenant_id, incident_id, tlp, by, at) VALUES ($1, $2, $3, $4, $5)',
      [context.tenant, incident, tlp, by, new Date(context.now())],
    );
    context.live.publish({ kind: 'incident', id: incident });
  }

  async health(): Promise<EnrichmentHealth> {
    const [sets, lookUps] = await Promise.all([this.data.sets(this.context.now()), this.lookUps.health()]);
    return { sets, lookUps };
  }

  /** The mark of the incident itself and of those that were merged into it, the strictest; else the usual one. */
  private async tlpOf(incident: Id<'incident'>, settings: LookUpSettings): Promise<EnrichmentView['tlp']> {
    const { rows } = await this.context.pool.query<{ tlp: Tlp }>(
      `SELECT DISTINCT ON (m.incident_id) m.tlp FROM incident_tlp m JOIN incident i ON i.tenant_id = m.tenant_id AND i.id = m.incident_id
        WHERE m.tenant_id = $1 AND (i.id = $2 OR i.merged_into = $2) ORDER BY m.incident_id, m.seq DESC`,
      [this.context.tenant, incident],
    );
    const marks = rows.map(({ tlp }) => tlp);
    const [first, ...others] = marks;
    return first === undefined
      ? { value: settings.usualTlp, because: 'nobody marked it, so the usual one counts' }
      : { value: others.reduce(stricter, first), because: 'marked by a person' };
  }

  private async plans(
    values: readonly Value[],
    data: EnrichmentData,
    settings: LookUpSettings,
    tlp: Tlp,
    answers: ReadonlyMap<string, readonly EnrichmentFact[]>,
  ): Promise<readonly LookUpPlan[]> {
    const health = new Map((await this.lookUps.health()).map(one => [one.name, one]));
    const plans = settings.lookUps.map(async (at): Promise<LookUpPlan | undefined> => {
      const { config } = at;
      const manifest = LOOK_UPS.get(config.kind)?.manifest;
      if (manifest === undefined) return undefined;
      const { send, withheld } = await this.sort(at, values, data, settings, tlp);
      const source = sourceText(manifest, config);
      const isAnswered = (value: Value) =>
        (answers.get(storedKey(value)) ?? []).some(
          fact => fact.source === source && fact.status !== 'stale' && fact.status !== 'failed',
        );
      return {
        name: config.name,
        title: manifest.title,
        sends: manifest.sends,
        maxTlp: config.maxTlp,
        send: send.filter(value => !isAnswered(value)).map(({ kind, value }) => ({ kind, value })),
        withheld: withheld.slice(0, WITHHELD_SHOWN_MAX),
        withheldTotal: withheld.length,
        fresh: send.filter(isAnswered).length,
        leftToday: health.get(config.name)?.leftToday ?? 0,
        pending: this.lookUps.pending(config.name),
      };
    });
    return (await Promise.all(plans)).filter(plan => plan !== undefined);
  }

  /** What may be sent to one look-up, and what may not, each with the reason. */
  private async sort(
    at: ConnectedLookUp,
    values: readonly Value[],
    data: EnrichmentData,
    settings: LookUpSettings,
    incidentTlp: Tlp,
  ): Promise<{ readonly send: readonly Value[]; readonly withheld: LookUpPlan['withheld'] }> {
    const lookUp = LOOK_UPS.get(at.config.kind);
    // Nothing is sent to a collection: everything is compared here.
    if (lookUp === undefined || !('ask' in lookUp)) return { send: [], withheld: [] };
    const suffixes = data.suffixes.ok ? data.suffixes.data : undefined;
    const none = () => ({ registrable: undefined, suffix: undefined, kind: 'none' }) as const;
    const own = ownNames(await signedInventory(this.context), settings.ownDomains, suffixes ?? none);
    const asked = values.filter(({ kind }) => lookUp.manifest.answers.includes(kind));
    const elsewhere = await this.marksElsewhere(asked.map(storedKey), settings);
    const send: Value[] = [];
    const withheld: { kind: string; value: string; because: string }[] = [];
    for (const value of asked) {
      const marks = [...value.sources].map(source => settings.sourceTlp.get(source) ?? 'clear');
      const tlp = [...marks, elsewhere.get(storedKey(value)) ?? 'clear'].reduce(stricter, incidentTlp);
      const gate: Gate = { tlp, maxTlp: at.config.maxTlp, own, suffixes };
      const because = withheldBecause(value, gate);
      if (because === undefined) send.push(value);
      else withheld.push({ kind: value.kind, value: value.label, because });
    }
    return { send, withheld };
  }

  /** The strictest mark of any other incident or source that a value stands in: a mark is about the value, not the page. */
  private async marksElsewhere(keys: readonly string[], settings: LookUpSettings): Promise<ReadonlyMap<string, Tlp>> {
    const { context } = this;
    const [incidents, sources] = await Promise.all([
      context.pool.query<{ entity_key: string; tlp: Tlp }>(
        `WITH latest AS (SELECT DISTINCT ON (incident_id) incident_id, tlp FROM incident_tlp WHERE tenant_id = $1 ORDER BY incident_id, seq DESC)
         SELECT DISTINCT e.entity_key, l.tlp FROM latest l JOIN entity_incident e ON e.tenant_id = $1 AND e.incident_id = l.incident_id
          WHERE e.entity_key = ANY($2) AND l.tlp IN ('red', 'amber')`,
        [context.tenant, keys],
      ),
      settings.sourceTlp.size === 0
        ? { rows: [] }
        : context.pool.query<{ entity_key: string; source: string }>(
            'SELECT entity_key, unnest(sources) AS source FROM entity_seen WHERE tenant_id = $1 AND entity_key = ANY($2) AND sources && $3',
            [context.tenant, keys, [...settings.sourceTlp.keys()]],
          ),
    ]);
    const strictest = new Map<string, Tlp>();
    const add = (key: string, tlp: Tlp) => strictest.set(key, stricter(strictest.get(key) ?? 'clear', tlp));
    for (const { entity_key, tlp } of incidents.rows) add(entity_key, tlp);
    for (const { entity_key, source } of sources.rows) add(entity_key, settings.sourceTlp.get(source) ?? 'clear');
    return strictest;
  }
}

/** The distinct values of the alerts, those of most alerts first within what can be looked up. */
function valuesOf(alerts: readonly Alert[]): readonly Value[] {
  const all = new Map<string, Value>();
  for (const alert of alerts) {
    const counted = new Set<string>();
    for (const { kind, value, label } of alert.entities as readonly EntityHit[]) {
      if (!KINDS.includes(kind)) continue;
      const key = entityKey({ kind, value });
      const known = all.get(key) ?? { kind, value, label, alertCount: 0, sources: new Set<string>() };
      all.set(key, known);
      known.sources.add(alert.source);
      if (!counted.has(key)) known.alertCount++;
      counted.add(key);
    }
  }
  return [...all.values()].sort(
    (a, b) =>
      b.alertCount - a.alertCount || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.value < b.value ? -1 : 1),
  );
}

function techniquesOf(alerts: readonly Alert[]): readonly string[] {
  const ids = new Set(alerts.flatMap(alert => alert.techniques));
  return [...ids].sort().slice(0, TECHNIQUES_MAX);
}
